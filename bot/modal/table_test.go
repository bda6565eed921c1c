package modal_test

import (
	"os"
	"strings"
	"testing"

	"foghorn/bot/modal"
)

func TestTable_Golden(t *testing.T) {
	table := modal.Table()
	if *update {
		if err := os.WriteFile("testdata/table.md", []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/table.md")
	if err != nil {
		t.Fatal(err)
	}
	if table != string(want) {
		t.Errorf("another table (-update writes it anew):\n%s", table)
	}
	for line := range strings.Lines(table) {
		if strings.Count(line, "|") != 4 {
			t.Errorf("not three columns: %s", line)
		}
	}
}
