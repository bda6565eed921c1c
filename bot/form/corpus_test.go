package form

import (
	"os"
	"path/filepath"
	"testing"
)

// corpus holds definitions that Port publishes. It is not part of this repository.
const corpus = "../../../shared/corpus/actions"

func TestCompile_PublishedActions(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(corpus, "*.json"))
	if len(files) == 0 {
		t.Logf("no definitions in %s: nothing was checked", corpus)
		return
	}
	good := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Compile(data)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if len(f.Problems) == 0 {
			good++
			f.Resolve(t.Context(), EvalContext{}, Values{}).Validate(-1)
			continue
		}
		t.Logf("%s: %+v", filepath.Base(file), f.Problems)
	}
	if good*100 < len(files)*98 {
		t.Errorf("only %d of %d can be mirrored", good, len(files))
	}
}
