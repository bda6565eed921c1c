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
		"type": "modal", "title": plainTextJSON(title), "submit": plainTextJSON("Go"), "notify_on_close": true,
		"blocks": []any{map[string]any{
			"type": "input", "block_id": "b", "label": plainTextJSON("Name"), "element": map[string]any{"type": "plain_text_input", "action_id": "a"},
		}},
	}
	for k, x := range more {
		v[k] = x
	}
	return v
}

func plainTextJSON(s string) map[string]any { return map[string]any{"type": "plain_text", "text": s} }

// recorderEnv is an app that acks everything empty and lets the test see what came.
type recorderEnv struct {
	*env
	commands     chan slack.SlashCommand
	interactions chan slack.InteractionCallback
	respond      func(slack.InteractionCallback) any // nil: empty
}

func newRecorderEnv(t *testing.T, cfg slacktest.Config) *recorderEnv {
	a := &recorderEnv{commands: make(chan slack.SlashCommand, 10), interactions: make(chan slack.InteractionCallback, 10)}
	a.env = newEnv(t, cfg, func(_ *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			a.commands <- data
		case slack.InteractionCallback:
			a.interactions <- data
			if a.respond != nil {
				return a.respond(data)
			}
		}
		return nil
	})
	return a
}

// newTriggerID is a fresh trigger_id of alice.
func (a *recorderEnv) newTriggerID() string {
	a.t.Helper()
	_, err := a.alice.SlashCommand(a.ctx, a.channel.ID, "/x")
	a.noError(err)
	return (<-a.commands).TriggerID
}

// openModal opens a view before alice.
func (a *recorderEnv) openModal(view map[string]any) *slacktest.Modal {
	a.t.Helper()
	a.expectError(a.call("views.open", map[string]any{"trigger_id": a.newTriggerID(), "view": view}), "")
	m, err := a.alice.WaitTopModal(a.ctx)
	a.noError(err)
	return m
}

func TestViews_Triggers(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{TriggerLife: 100 * time.Millisecond})
	open := func(trigger string) response {
		return a.call("views.open", map[string]any{"trigger_id": trigger, "view": viewJSON("One", nil)})
	}
	id := a.newTriggerID()
	bad := a.call("views.open", map[string]any{"trigger_id": id, "view": viewJSON(strings.Repeat("x", 25), nil)})
	a.expectError(bad, "invalid_arguments")
	if got, want := bad.detailMessages(), "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"; got != want {
		t.Errorf("messages = %q, want %q", got, want)
	}
	a.expectError(open(id), "")
	a.expectError(open(id), "exchanged_trigger_id")
	a.expectError(open("1.2.x"), "invalid_trigger_id")
	id = a.newTriggerID()
	time.Sleep(150 * time.Millisecond) // the passing of the trigger's life is what is tested
	a.expectError(open(id), "expired_trigger_id")
	a.expectError(a.call("views.open", map[string]any{"view": viewJSON("One", nil)}), "invalid_arguments")
	a.expectError(a.call("views.open", map[string]any{"trigger_id": id}), "invalid_arguments")
}

func TestViews_Stack(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	a.openModal(viewJSON("One", nil))
	push := func(title string) response {
		return a.call("views.push", map[string]any{"trigger_id": a.newTriggerID(), "view": viewJSON(title, nil)})
	}
	two := push("Two")
	a.expectError(two, "")
	view, _ := two["view"].(map[string]any)
	if view["previous_view_id"] == nil || view["root_view_id"] != view["previous_view_id"] {
		t.Errorf("view = %v", view)
	}
	a.expectError(push("Three"), "")
	a.expectError(push("Four"), "push_limit_reached")
	m, err := a.alice.WaitTopModal(a.ctx)
	a.noError(err)
	if m.Title() != "Three" {
		t.Errorf("on top is %q", m.Title())
	}
	a.noError(m.Close(a.ctx))
	if cb := <-a.interactions; cb.Type != slack.InteractionTypeViewClosed || cb.View.Title.Text != "Three" || cb.IsCleared {
		t.Errorf("closed: %+v", cb)
	}
	m, err = a.alice.WaitTopModal(a.ctx)
	a.noError(err)
	a.noError(m.Dismiss(a.ctx))
	if cb := <-a.interactions; cb.View.Title.Text != "One" || !cb.IsCleared {
		t.Errorf("dismissed: %+v", cb)
	}
	if a.alice.TopModal() != nil {
		t.Error("a modal is open")
	}
	if err := m.Fill("Name", "x"); !errors.Is(err, slacktest.ErrNotOpen) {
		t.Errorf("error = %v", err)
	}
}

func TestViews_Update(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	m := a.openModal(viewJSON("One", map[string]any{"external_id": "ext"}))
	a.noError(m.Fill("Name", "kept"))
	update := func(args map[string]any) response { return a.call("views.update", args) }
	first := update(map[string]any{"external_id": "ext", "view": viewJSON("Two", map[string]any{"external_id": "ext"})})
	a.expectError(first, "")
	a.noError(m.WaitChanged(a.ctx))
	if value, err := m.Value("Name"); err != nil || m.Title() != "Two" || len(value) != 1 || value[0] != "kept" {
		t.Errorf("%q holds %q, %v", m.Title(), value, err)
	}
	hash := first["view"].(map[string]any)["hash"]
	a.expectError(update(map[string]any{"view_id": m.ID(), "hash": hash, "view": viewJSON("Three", nil)}), "")
	a.expectError(update(map[string]any{"view_id": m.ID(), "hash": hash, "view": viewJSON("Four", nil)}), "hash_conflict")
	a.expectError(update(map[string]any{"view_id": "V0", "view": viewJSON("Five", nil)}), "not_found")
	a.expectError(update(map[string]any{"view_id": "V0", "external_id": "ext", "view": viewJSON("Five", nil)}), "invalid_arguments")

	other := viewJSON("Six", nil)
	other["blocks"].([]any)[0].(map[string]any)["block_id"] = "other"
	a.expectError(update(map[string]any{"view_id": m.ID(), "view": other}), "")
	if value, err := m.Value("Name"); err != nil || len(value) != 0 {
		t.Errorf("another block holds %q, %v", value, err)
	}
	big := viewJSON("Seven", map[string]any{"private_metadata": strings.Repeat("x", slacktest.MaxViewSize)})
	a.expectError(update(map[string]any{"view_id": m.ID(), "view": big}), "view_too_large")
}

func TestViews_UniqueExternalIDs(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	view := viewJSON("One", map[string]any{"external_id": "ext"})
	a.openModal(view)
	a.expectError(a.call("views.push", map[string]any{"trigger_id": a.newTriggerID(), "view": view}), "duplicate_external_id")
}

func TestViews_Publish(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	home := map[string]any{"type": "home", "blocks": []any{map[string]any{"type": "divider"}}}
	a.expectError(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": home}), "")
	a.expectError(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": home, "hash": "old"}), "hash_conflict")
	a.expectError(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": viewJSON("One", nil)}), "invalid_arguments")
	a.expectError(a.call("views.publish", map[string]any{"user_id": "U0NOBODY", "view": home}), "invalid_arguments")
}

func TestSubmit_ResponseActions(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	for _, tc := range []struct {
		name   string
		answer any
		want   slacktest.Result
		reason string // part of Reason
	}{
		{"empty", nil, slacktest.Result{Closed: true}, ""},
		{"clear", map[string]any{"response_action": "clear"}, slacktest.Result{Closed: true}, ""},
		{"update", map[string]any{"response_action": "update", "view": viewJSON("Next", nil)}, slacktest.Result{Updated: true}, ""},
		{"push", map[string]any{"response_action": "push", "view": viewJSON("Next", nil)}, slacktest.Result{Pushed: true}, ""},
		{"errors", map[string]any{"response_action": "errors", "errors": map[string]string{"b": "no"}}, slacktest.Result{Errors: map[string]string{"Name": "no"}}, ""},
		{"errors for no input", map[string]any{"response_action": "errors", "errors": map[string]string{"c": "no"}}, slacktest.Result{}, "not an input block"},
		{"no errors", map[string]any{"response_action": "errors"}, slacktest.Result{}, "has no errors"},
		{"unknown action", map[string]any{"response_action": "explode"}, slacktest.Result{}, "unknown response_action"},
		{"a message", map[string]any{"text": "hi"}, slacktest.Result{}, "unknown response_action"},
		{"a list", []int{1}, slacktest.Result{}, "decode ack"},
		{"an invalid view", map[string]any{"response_action": "update", "view": viewJSON(strings.Repeat("x", 25), nil)}, slacktest.Result{}, "less than 25"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a.respond = func(slack.InteractionCallback) any { return tc.answer }
			m := a.openModal(viewJSON("First", nil))
			a.noError(m.Fill("Name", "x"))
			res, err := m.Submit(a.ctx)
			a.noError(err)
			<-a.interactions
			if !res.Sent || res.Closed != tc.want.Closed || res.Updated != tc.want.Updated || res.Pushed != tc.want.Pushed || res.Errors["Name"] != tc.want.Errors["Name"] {
				t.Errorf("result = %+v", res)
			}
			if (res.ConnectionError == "") != (tc.reason == "") || !strings.Contains(res.Reason, tc.reason) {
				t.Errorf("connection error = %q (%s)", res.ConnectionError, res.Reason)
			}
			if (m.JSON() != nil) == res.Closed {
				t.Errorf("open = %t", (m.JSON() != nil))
			}
			if res.Updated && m.Title() != "Next" {
				t.Errorf("title = %q", m.Title())
			}
		})
	}
}

func TestSubmit_LateAck(t *testing.T) {
	late := make(chan struct{})
	w := newEnv(t, slacktest.Config{AckTimeout: 300 * time.Millisecond}, func(w *env, evt socketmode.Event) any {
		if cmd, ok := evt.Data.(slack.SlashCommand); ok {
			_, _ = w.api.OpenViewContext(w.ctx, cmd.TriggerID, modalRequest("Declare"))
			return nil
		}
		<-late
		return nil
	})
	w.noError((<-w.sendAsync("/x")).err)
	m, err := w.alice.WaitTopModal(w.ctx)
	w.noError(err)
	w.noError(m.Fill("Name", "x"))
	w.noError(m.Fill("Severity", "Minor"))
	res, err := m.Submit(w.ctx)
	close(late)
	w.noError(err)
	if res.ConnectionError != slacktest.ConnectionErrorText || res.Reason != "operation_timeout" || !(m.JSON() != nil) {
		t.Errorf("result = %+v", res)
	}
}
