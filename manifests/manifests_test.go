package manifests_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/manifests"
)

func parseJSON(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRender_VerbatimIsGuide(t *testing.T) {
	verbatim, warnings := manifests.Render(unusualOrganization, manifests.Options{Verbatim: true, BotURL: "https://bot.example.com", Reporter: true})
	if d := cmp.Diff(manifests.Guide(), verbatim); d != "" || len(warnings) > 0 {
		t.Errorf("verbatim is not the guide: %s %q", d, warnings)
	}
}
