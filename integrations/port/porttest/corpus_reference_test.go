//go:build reference

package porttest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"foghorn/integrations/port/porttest"
)

// missingTarget matches the error for a relation to a blueprint that does not exist.
var missingTarget = regexp.MustCompile(`Blueprint with identifier "(.*)" was not found`)

// Most definitions that Port publishes are accepted. Those of the old style, and those with keys that
// Port's OpenAPI document does not have, are rejected by PutAction and accepted by PutActionUnchecked.
func TestReference_PutActionPublishedDefinitions(t *testing.T) {
	for _, kind := range []string{"actions", "automations", "blueprints"} {
		t.Run(kind, func(t *testing.T) {
			d := newFixture(t, porttest.Config{})
			files, err := filepath.Glob(filepath.Join(referencePath(t, "corpus"), kind, "*.json"))
			d.must(err)
			accepted := 0
			for _, f := range files {
				data, err := os.ReadFile(f)
				d.must(err)
				put := d.PutAction
				if kind == "blueprints" {
					put = d.PutBlueprint
				} else {
					d.must(d.PutActionUnchecked(data))
				}
				err = put(data)
				for missing := missingTarget.FindStringSubmatch(fmt.Sprint(err)); missing != nil; missing = missingTarget.FindStringSubmatch(fmt.Sprint(err)) {
					d.must(d.PutBlueprint(rawJSON(`{"identifier":%q,"schema":{"properties":{}}}`, missing[1])))
					err = put(data)
				}
				if err != nil {
					t.Logf("%s: %v", filepath.Base(f), err)
					continue
				}
				accepted++
			}
			if accepted == 0 || accepted < len(files)/2 {
				t.Errorf("%d of %d accepted", accepted, len(files))
			}
			d.expectStatus("GET", "/v1/actions", "", 200)
		})
	}
}
