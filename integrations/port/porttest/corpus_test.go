package porttest_test

import (
	"os"
	"path/filepath"
	"testing"

	"foghorn/integrations/port/porttest"
)

// corpusDir holds definitions that Port publishes. They are not part of this repository.
const corpusDir = "../../../../shared/corpus"

// TestPutAction_PublishedDefinitions puts what Port itself publishes. Definitions of the old style, and
// those with what Port's OpenAPI does not know, are refused and let in by the door of odd ones.
func TestPutAction_PublishedDefinitions(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	for _, kind := range []string{"actions", "automations", "blueprints"} {
		files, _ := filepath.Glob(filepath.Join(corpusDir, kind, "*.json"))
		if len(files) == 0 {
			t.Logf("no definitions in %s", corpusDir)
			return
		}
		accepted, refused := 0, map[string]int{}
		for _, f := range files {
			data, err := os.ReadFile(f)
			d.must(err)
			if kind == "blueprints" {
				err = d.PutBlueprint(data)
			} else {
				err = d.PutAction(data)
				d.must(d.PutActionUnchecked(data))
			}
			if err == nil {
				accepted++
				continue
			}
			refused[err.Error()]++
		}
		t.Logf("%s: %d of %d accepted", kind, accepted, len(files))
		for why, n := range refused {
			t.Logf("  %3d %s", n, why)
		}
		if accepted < len(files)/2 {
			t.Errorf("%s: only %d of %d accepted", kind, accepted, len(files))
		}
	}
	d.expectStatus("GET", "/v1/actions", "", 200)
}
