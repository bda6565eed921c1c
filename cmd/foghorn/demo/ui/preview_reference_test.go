//go:build reference

package ui

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The page renders every valid view and message of the reference material in REFERENCE_DIR.
func TestReference_PreviewBlockKitFixtures(t *testing.T) {
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "corpus/blockkit/fixtures/valid/*/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d fixtures in %s: %v", len(files), dir, err)
	}
	s, _ := newTestServer(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Base(filepath.Dir(file))
		switch folder {
		case "blocks", "rich_text":
			data = []byte(`{"blocks": [` + string(data) + `]}`)
		case "elements", "objects", "attachments":
			continue // parts of the others
		}
		m := s.newModalView(testNames, data, nil, time.UTC)
		html, err := s.renderTemplate("preview", preview{Modals: []modalView{m}})
		if err != nil || len(m.Blocks) == 0 && folder != "messages" {
			t.Errorf("%s: %v %s", file, err, html)
		}
	}
}
