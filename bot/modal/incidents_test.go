package modal_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
)

func TestShowIncidents_Golden(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"name":{"type":"string","title":"Name"}}}`))
	view := renderView(t, f.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{})
	checkGolden(t, "incidents.golden.json", modal.ShowIncidents(view, modal.RenderIncidents([]modal.Incident{
		{Reference: "INC-12", Name: "API is slow", Severity: "Major", Who: "declared by " + slacktext.User("U1"), Age: 4*time.Minute + 59*time.Second, URL: "https://app.incident.io/o/incidents/12"},
		{Reference: "INC-11", Age: -time.Minute},
	})))
	checkGolden(t, "incidents-markup.golden.json", modal.ShowIncidents(view, modal.RenderIncidents([]modal.Incident{
		{Reference: "INC-10", Name: "*bold* <!channel> @here :fire:\n> \u202eabc", Severity: "_high_", Age: 59 * time.Minute, URL: "https://app.incident.io/o/incidents/10"},
	})))
}

// TestShowIncidents_Replaces shows a list instead of the one before, none without incidents, and none in other views.
func TestShowIncidents_Replaces(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"a":{"type":"string"},"b":{"type":"string"}},"steps":[{"title":"1","order":["a"]},{"title":"2","order":["b"]}]}`))
	state := f.Resolve(t.Context(), form.EvalContext{}, nil)
	first := renderView(t, state, modal.Page{})
	count := func(v slack.ModalViewRequest) int { return strings.Count(encode(t, v), "foghorn_incidents") }
	one := modal.ShowIncidents(first, modal.RenderIncidents([]modal.Incident{{Reference: "INC-1"}}))
	two := modal.ShowIncidents(one, modal.RenderIncidents([]modal.Incident{{Reference: "INC-2"}}))
	if count(first) != 0 || count(one) != 1 || count(two) != 1 || strings.Contains(encode(t, two), "INC-1") {
		t.Errorf("%s", encode(t, two))
	}
	page, err := modal.DecodePage(two.PrivateMetadata)
	if err != nil || !page.Listed || count(modal.ShowIncidents(two, nil)) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
	second := renderView(t, state, modal.NextPage(state, page))
	for _, view := range []slack.ModalViewRequest{second, modal.Notice("x", "y")} {
		if count(modal.ShowIncidents(view, modal.RenderIncidents([]modal.Incident{{Reference: "INC-1"}}))) != 0 {
			t.Errorf("%s", encode(t, view))
		}
	}
}

// TestShowIncidents_Limits has texts of any length and script: the block stays small, and shows at least one incident.
func TestShowIncidents_Limits(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"name":{"type":"string"}}}`))
	view := renderView(t, f.Resolve(t.Context(), form.EvalContext{}, nil), modal.Page{})
	for _, text := range []string{"障", "&", "😀", "*a* ", "e\u0301\u0302\u0303", "\u0000", "<"} {
		long := strings.Repeat(text, 3000)
		var list []modal.Incident
		for range 5 {
			list = append(list, modal.Incident{Reference: long, Name: long, Severity: long, Who: slacktext.Literal(slacktext.Truncate(long, 40)), URL: "https://x/" + strings.Repeat("y", 490)})
		}
		got := modal.ShowIncidents(view, modal.RenderIncidents(list))
		block, err := json.Marshal(got.Blocks.BlockSet[0])
		requireValidView(t, got)
		if err != nil || len(block) > 6000 || got.Blocks.BlockSet[0].ID() != "foghorn_incidents" {
			t.Errorf("%q: %d bytes, %v", text, len(block), err)
		}
	}
}

func renderView(t *testing.T, s *form.State, p modal.Page) slack.ModalViewRequest {
	t.Helper()
	p.Action = "act"
	view, err := modal.Render(s, p)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

func encode(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
