package slacktest

import (
	"encoding/json"
	"os"
	"testing"
)

// TestValidate_AcceptsFixtures validates testdata/valid, which has every type of block and every
// element of an input block.
func TestValidate_AcceptsFixtures(t *testing.T) {
	for name, validate := range map[string]func(json.RawMessage) []Problem{
		"blocks.json": ValidateBlocks, "view.json": ValidateView, "message.json": ValidateMessage,
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range validate(readFixture(t, name)) {
				t.Error(p)
			}
		})
	}
	var fixture []struct{ Type string }
	if err := json.Unmarshal(readFixture(t, "blocks.json"), &fixture); err != nil {
		t.Fatal(err)
	}
	covered := map[string]bool{}
	for _, b := range fixture {
		covered[b.Type] = true
	}
	for kind := range blockRules("blocks") {
		if !covered[kind] {
			t.Errorf("blocks.json has no %s", kind)
		}
	}
}

func readFixture(t *testing.T, name string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile("testdata/valid/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
