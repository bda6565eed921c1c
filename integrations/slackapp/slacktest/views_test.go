package slacktest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// viewJSON is a modal with one text input.
func viewJSON(title string, more map[string]any) map[string]any {
	v := map[string]any{
		"type": "modal", "title": plainText(title), "submit": plainText("Go"), "notify_on_close": true,
		"blocks": []any{map[string]any{
			"type": "input", "block_id": "b", "label": plainText("Name"), "element": map[string]any{"type": "plain_text_input", "action_id": "a"},
		}},
	}
	for k, x := range more {
		v[k] = x
	}
	return v
}

func plainText(s string) map[string]any { return map[string]any{"type": "plain_text", "text": s} }

// tap is an app that acks everything empty and lets the test see what came.
type tap struct {
	*world
	commands     chan slack.SlashCommand
	interactions chan slack.InteractionCallback
	answer       func(slack.InteractionCallback) any // nil: empty
}

func tapped(t *testing.T, cfg slacktest.Config) *tap {
	a := &tap{commands: make(chan slack.SlashCommand, 10), interactions: make(chan slack.InteractionCallback, 10)}
	a.world = start(t, cfg, func(_ *world, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			a.commands <- data
		case slack.InteractionCallback:
			a.interactions <- data
			if a.answer != nil {
				return a.answer(data)
			}
		}
		return nil
	})
	return a
}

// trigger is a fresh trigger_id of alice.
func (a *tap) trigger() string {
	a.t.Helper()
	_, err := a.alice.SlashCommand(a.ctx, a.room.ID, "/x")
	a.must(err)
	return (<-a.commands).TriggerID
}

// open opens a view before alice.
func (a *tap) open(view map[string]any) *slacktest.Modal {
	a.t.Helper()
	a.wants(a.call("views.open", map[string]any{"trigger_id": a.trigger(), "view": view}), "")
	m, err := a.alice.WaitTopModal(a.ctx)
	a.must(err)
	return m
}

func TestTriggers(t *testing.T) {
	a := tapped(t, slacktest.Config{TriggerLife: 100 * time.Millisecond})
	open := func(trigger string) answer {
		return a.call("views.open", map[string]any{"trigger_id": trigger, "view": viewJSON("One", nil)})
	}
	id := a.trigger()
	bad := a.call("views.open", map[string]any{"trigger_id": id, "view": viewJSON(strings.Repeat("x", 25), nil)})
	a.wants(bad, "invalid_arguments")
	if got, want := bad.messages(), "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"; got != want {
		t.Errorf("messages = %q, want %q", got, want)
	}
	a.wants(open(id), "")
	a.wants(open(id), "exchanged_trigger_id")
	a.wants(open("1.2.x"), "invalid_trigger_id")
	id = a.trigger()
	time.Sleep(150 * time.Millisecond) // the passing of the trigger's life is what is tested
	a.wants(open(id), "expired_trigger_id")
	a.wants(a.call("views.open", map[string]any{"view": viewJSON("One", nil)}), "invalid_arguments")
	a.wants(a.call("views.open", map[string]any{"trigger_id": id}), "invalid_arguments")
}

func TestTheStack(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	a.open(viewJSON("One", nil))
	push := func(title string) answer {
		return a.call("views.push", map[string]any{"trigger_id": a.trigger(), "view": viewJSON(title, nil)})
	}
	two := push("Two")
	a.wants(two, "")
	view, _ := two["view"].(map[string]any)
	if view["previous_view_id"] == nil || view["root_view_id"] != view["previous_view_id"] {
		t.Errorf("view = %v", view)
	}
	a.wants(push("Three"), "")
	a.wants(push("Four"), "push_limit_reached")
	m, err := a.alice.WaitTopModal(a.ctx)
	a.must(err)
	if m.Title() != "Three" {
		t.Errorf("on top is %q", m.Title())
	}
	a.must(m.Close(a.ctx))
	if cb := <-a.interactions; cb.Type != slack.InteractionTypeViewClosed || cb.View.Title.Text != "Three" || cb.IsCleared {
		t.Errorf("closed: %+v", cb)
	}
	m, err = a.alice.WaitTopModal(a.ctx)
	a.must(err)
	a.must(m.Dismiss(a.ctx))
	if cb := <-a.interactions; cb.View.Title.Text != "One" || !cb.IsCleared {
		t.Errorf("dismissed: %+v", cb)
	}
	a.must(a.alice.WaitNoModal(a.ctx))
	if err := m.Fill("Name", "x"); !errors.Is(err, slacktest.ErrNotOpen) {
		t.Errorf("error = %v", err)
	}
}

func TestUpdate(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	m := a.open(viewJSON("One", map[string]any{"external_id": "ext"}))
	a.must(m.Fill("Name", "kept"))
	update := func(args map[string]any) answer { return a.call("views.update", args) }
	first := update(map[string]any{"external_id": "ext", "view": viewJSON("Two", map[string]any{"external_id": "ext"})})
	a.wants(first, "")
	a.must(m.WaitChanged(a.ctx))
	if value, err := m.Value("Name"); err != nil || m.Title() != "Two" || len(value) != 1 || value[0] != "kept" {
		t.Errorf("%q holds %q, %v", m.Title(), value, err)
	}
	hash := first["view"].(map[string]any)["hash"]
	a.wants(update(map[string]any{"view_id": m.ID(), "hash": hash, "view": viewJSON("Three", nil)}), "")
	a.wants(update(map[string]any{"view_id": m.ID(), "hash": hash, "view": viewJSON("Four", nil)}), "hash_conflict")
	a.wants(update(map[string]any{"view_id": "V0", "view": viewJSON("Five", nil)}), "not_found")
	a.wants(update(map[string]any{"view_id": "V0", "external_id": "ext", "view": viewJSON("Five", nil)}), "invalid_arguments")

	other := viewJSON("Six", nil)
	other["blocks"].([]any)[0].(map[string]any)["block_id"] = "other"
	a.wants(update(map[string]any{"view_id": m.ID(), "view": other}), "")
	if value, err := m.Value("Name"); err != nil || len(value) != 0 {
		t.Errorf("another block holds %q, %v", value, err)
	}
	big := viewJSON("Seven", map[string]any{"private_metadata": strings.Repeat("x", slacktest.MaxViewSize)})
	a.wants(update(map[string]any{"view_id": m.ID(), "view": big}), "view_too_large")
}

func TestExternalIDsAreUnique(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	view := viewJSON("One", map[string]any{"external_id": "ext"})
	a.open(view)
	a.wants(a.call("views.push", map[string]any{"trigger_id": a.trigger(), "view": view}), "duplicate_external_id")
}

func TestHome(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	home := map[string]any{"type": "home", "blocks": []any{map[string]any{"type": "divider"}}}
	a.wants(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": home}), "")
	a.wants(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": home, "hash": "old"}), "hash_conflict")
	a.wants(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": viewJSON("One", nil)}), "invalid_arguments")
	a.wants(a.call("views.publish", map[string]any{"user_id": "U0NOBODY", "view": home}), "invalid_arguments")
}

func TestAnswersToASubmission(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	for _, tc := range []struct {
		name    string
		answer  any
		want    slacktest.Result
		trouble string // part of Why
	}{
		{"empty", nil, slacktest.Result{Closed: true}, ""},
		{"clear", map[string]any{"response_action": "clear"}, slacktest.Result{Closed: true}, ""},
		{"update", map[string]any{"response_action": "update", "view": viewJSON("Next", nil)}, slacktest.Result{Updated: true}, ""},
		{"push", map[string]any{"response_action": "push", "view": viewJSON("Next", nil)}, slacktest.Result{Pushed: true}, ""},
		{"errors", map[string]any{"response_action": "errors", "errors": map[string]string{"b": "no"}}, slacktest.Result{Errors: map[string]string{"Name": "no"}}, ""},
		{"errors for no input", map[string]any{"response_action": "errors", "errors": map[string]string{"c": "no"}}, slacktest.Result{}, "no input block"},
		{"no errors", map[string]any{"response_action": "errors"}, slacktest.Result{}, "without errors"},
		{"unknown action", map[string]any{"response_action": "explode"}, slacktest.Result{}, "unknown response_action"},
		{"a message", map[string]any{"text": "hi"}, slacktest.Result{}, "unknown response_action"},
		{"a list", []int{1}, slacktest.Result{}, "read answer"},
		{"an invalid view", map[string]any{"response_action": "update", "view": viewJSON(strings.Repeat("x", 25), nil)}, slacktest.Result{}, "less than 25"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a.answer = func(slack.InteractionCallback) any { return tc.answer }
			m := a.open(viewJSON("First", nil))
			a.must(m.Fill("Name", "x"))
			res, err := m.Submit(a.ctx)
			a.must(err)
			<-a.interactions
			if !res.Sent || res.Closed != tc.want.Closed || res.Updated != tc.want.Updated || res.Pushed != tc.want.Pushed || res.Errors["Name"] != tc.want.Errors["Name"] {
				t.Errorf("result = %+v", res)
			}
			if (res.ConnectionError == "") != (tc.trouble == "") || !strings.Contains(res.Reason, tc.trouble) {
				t.Errorf("trouble = %q (%s)", res.ConnectionError, res.Reason)
			}
			if m.IsOpen() == res.Closed {
				t.Errorf("open = %t", m.IsOpen())
			}
			if res.Updated && m.Title() != "Next" {
				t.Errorf("title = %q", m.Title())
			}
		})
	}
}

func TestALateAnswer(t *testing.T) {
	late := make(chan struct{})
	w := start(t, slacktest.Config{AckTimeout: 300 * time.Millisecond}, func(w *world, evt socketmode.Event) any {
		if cmd, ok := evt.Data.(slack.SlashCommand); ok {
			_, _ = w.api.OpenViewContext(w.ctx, cmd.TriggerID, form("Declare"))
			return nil
		}
		<-late
		return nil
	})
	w.must((<-w.types("/x")).err)
	m, err := w.alice.WaitTopModal(w.ctx)
	w.must(err)
	w.must(m.Fill("Name", "x"))
	w.must(m.Fill("Severity", "Minor"))
	res, err := m.Submit(w.ctx)
	close(late)
	w.must(err)
	if res.ConnectionError != slacktest.ConnectionErrorText || res.Reason != "operation_timeout" || !m.IsOpen() {
		t.Errorf("result = %+v", res)
	}
}
