package slacktest_test

import (
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest"
)

func TestBlocks_Validate(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	divider := []any{map[string]any{"type": "divider"}}
	bad := []any{map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": ""}}}
	w.expectError(w.call("blocks.validate", map[string]any{"blocks": divider}), "")
	w.expectError(w.call("blocks.validate", map[string]any{"view": viewJSON("One", nil)}), "")
	w.expectError(w.call("blocks.validate", map[string]any{"message": map[string]any{"text": "x", "blocks": divider}}), "")
	w.expectError(w.call("blocks.validate", map[string]any{}), "invalid_arguments")
	w.expectError(w.call("blocks.validate", map[string]any{"blocks": divider, "message": map[string]any{}}), "invalid_arguments")
	w.expectError(w.call("blocks.validate", map[string]any{"view": viewJSON(strings.Repeat("x", 25), nil)}), "invalid_view")
	a := w.call("blocks.validate", map[string]any{"blocks": bad})
	w.expectError(a, "invalid_blocks")
	if e := a["errors"].([]any)[0].(map[string]any); e["pointer"] != "/0/text/text" || e["message"] != "must be more than 0 characters" {
		t.Errorf("errors = %v", a["errors"])
	}
	w.expectError(w.call("blocks.validate", map[string]any{"blocks": strings.Repeat("x", 10)}), "invalid_json")
}
