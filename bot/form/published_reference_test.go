//go:build reference

package form

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCompile_PublishedActions compiles the definitions that Port publishes. They are not part of this repository:
// REFERENCE_DIR is the folder with corpus/actions.
func TestCompile_PublishedActions(t *testing.T) {
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "corpus", "actions", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no definitions in %s: %v", dir, err)
	}
	supported := 0
	for _, file := range files {
		f := compileFile(t, file)
		if f == nil {
			continue
		}
		if len(f.Problems) == 0 {
			supported++
			f.Resolve(t.Context(), EvalContext{}, Values{}).Validate(-1)
			continue
		}
		t.Logf("%s: %+v", filepath.Base(file), f.Problems)
	}
	if supported*100 < len(files)*98 {
		t.Errorf("only %d of %d have a form", supported, len(files))
	}
}
