//go:build reference

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"foghorn/bot/form"
)

// referencePath returns the path of a file of the reference material, which is not part of the repository.
// REFERENCE_DIR is its folder.
func referencePath(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	return filepath.Join(dir, name)
}

// TestReference_PreviewOfPublishedActions previews the actions that Port publishes and validates their views.
func TestReference_PreviewOfPublishedActions(t *testing.T) {
	files, err := filepath.Glob(referencePath(t, "corpus/actions/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no definitions: %v", err)
	}
	rendered := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources, err := readActions(file, data)
		if err != nil || len(sources) != 1 {
			t.Errorf("%s: %d, %v", file, len(sources), err)
			continue
		}
		f, err := sources[0].compile()
		if err != nil {
			t.Error(err)
			continue
		}
		views, err := renderPages(f.Resolve(t.Context(), form.EvalContext{}, nil))
		if err != nil || len(views) == 0 {
			t.Logf("%s: %v %v", filepath.Base(file), err, f.Problems)
			continue
		}
		rendered++
		text, err := json.Marshal(views)
		if err != nil {
			t.Fatal(err)
		}
		result{stdout: string(text)}.views(t)
	}
	t.Logf("%d of %d preview", rendered, len(files))
	if rendered*100 < 98*len(files) {
		t.Errorf("only %d of %d preview", rendered, len(files))
	}
}
