package slacktest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

// prefilledView is a modal with elements that have initial values, and one that has none.
func prefilledView() map[string]any {
	view := viewJSON("Prefilled", nil)
	one := optionList("Red")[0]
	view["blocks"] = []any{
		inputBlock("text", map[string]any{"type": "plain_text_input", "initial_value": "x"}),
		inputBlock("date", map[string]any{"type": "datepicker", "initial_date": "2026-01-31"}, "optional"),
		inputBlock("one", map[string]any{"type": "static_select", "options": optionList("Red"), "initial_option": one}),
		inputBlock("several", map[string]any{"type": "checkboxes", "options": optionList("Red"), "initial_options": []any{one}}, "optional"),
		inputBlock("user", map[string]any{"type": "users_select", "initial_user": "U0ALICE"}),
		inputBlock("more", map[string]any{"type": "plain_text_input"}, "optional"),
		inputBlock("search", map[string]any{"type": "external_select", "min_query_length": 0}, "optional"),
	}
	return view
}

// stateBlocks are the blocks in a view's state.
func stateBlocks(v slack.View) map[string]bool {
	out := map[string]bool{}
	if v.State != nil {
		for block := range v.State.Values {
			out[block] = true
		}
	}
	return out
}

func TestModal_UntouchedState(t *testing.T) {
	for _, whole := range []bool{false, true} {
		a := newRecorderEnv(t, slacktest.Config{})
		a.Set(func(o *slacktest.Settings) { o.UntouchedState = whole })
		m := a.openModal(prefilledView())
		a.noError(m.Fill("text", "y"))
		res, err := m.Submit(a.ctx)
		a.noError(err)
		got := stateBlocks((<-a.interactions).View)
		if !res.Closed || !got["text"] || !got["more"] {
			t.Errorf("%+v, %v", res, got)
		}
		for _, block := range []string{"date", "one", "several", "user"} {
			if got[block] != whole {
				t.Errorf("with UntouchedState %t, %s is in the state: %t", whole, block, got[block])
			}
		}
	}
}

func TestModal_EmptiedState(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	m := a.openModal(prefilledView())
	a.noError(m.Fill("several", ""))
	if err := m.Fill("date", ""); err == nil {
		t.Error("a date was emptied, for which Slack has no way")
	}
	_, err := m.Submit(a.ctx)
	a.noError(err)
	if got := stateBlocks((<-a.interactions).View); !got["several"] || got["date"] {
		t.Errorf("the state has %v", got)
	}
}

func TestModal_SuggestionState(t *testing.T) {
	for _, sent := range []bool{false, true} {
		a := newRecorderEnv(t, slacktest.Config{})
		a.Set(func(o *slacktest.Settings) { o.SuggestionState = sent })
		a.respond = func(slack.InteractionCallback) any { return map[string]any{"options": optionList("Red")} }
		m := a.openModal(prefilledView())
		a.noError(m.Fill("text", "y"))
		_, err := m.SearchOptions(a.ctx, "search", "")
		a.noError(err)
		cb := <-a.interactions
		if (cb.View.State != nil) != sent || len(cb.View.Blocks.BlockSet) != 7 {
			t.Errorf("the state is %v", cb.View.State)
		}
	}
}

func TestModal_StaleState(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	next := viewJSON("Next", nil)
	next["blocks"] = []any{inputBlock("second", map[string]any{"type": "plain_text_input"})}
	a.respond = func(slack.InteractionCallback) any { return map[string]any{"response_action": "update", "view": next} }
	m := a.openModal(prefilledView())
	a.Set(func(o *slacktest.Settings) { o.StaleStates = 1 })
	for _, want := range []string{"more", "more", "second"} { // the second is stale
		if want == "second" || m.Title() == "Next" {
			a.noError(m.Fill("second", "x"))
		}
		_, err := m.Submit(a.ctx)
		a.noError(err)
		if cb := <-a.interactions; !stateBlocks(cb.View)[want] {
			data, _ := json.Marshal(cb.View.State)
			t.Errorf("want the state with %s: %s", want, data)
		}
	}
}

func TestControl_ViewState(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	m := a.openModal(prefilledView())
	for _, whole := range []bool{true, false} {
		a.control("modal/state", fmt.Sprintf(`{"untouched":%t,"suggestions":%t}`, whole, whole), 200)
		var view slack.View
		a.noError(json.Unmarshal(m.JSON(), &view))
		if got := stateBlocks(view)["text"]; got != whole {
			t.Errorf("the value that the user has not touched is in the state: %t", got)
		}
	}
}
