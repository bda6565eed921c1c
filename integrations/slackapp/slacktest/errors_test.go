package slacktest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

const tooLarge = "Max frame length of 20480 has been exceeded"

// expectClosed expects that a connection is closed because a frame was too large.
func (w *env) expectClosed(conn *websocket.Conn) {
	w.t.Helper()
	_, _, err := conn.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseMessageTooBig) || !strings.Contains(err.Error(), tooLarge) {
		w.t.Errorf("error of the connection: %v", err)
	}
}

// The text for a command without a connection, without an ack, and with an ack that is too large.
func TestErrors_Command(t *testing.T) {
	w := newEnv(t, slacktest.Config{AckTimeout: 150 * time.Millisecond}, nil)
	events := make(chan emulator.Event, 100)
	defer w.Subscribe(func(e emulator.Event) {
		if e.Kind == "error" {
			events <- e
		}
	})()
	wants := func(r result, word slacktest.Error, response string) {
		t.Helper()
		if r.err != word || r.ack.Err != word || r.ack.UserMessage() != response {
			t.Errorf("error %v, response %q; want %v, %q", r.err, r.ack.UserMessage(), word, response)
		}
		if e := <-events; e.Text != response || e.From != "slack" || e.To != "person" {
			t.Errorf("events %+v", e)
		}
	}
	wants(<-w.sendAsync("/incident now"), slacktest.ErrDispatchFailed, `/incident failed with the error "dispatch_failed"`)
	conn := w.dialHello()
	wants(<-w.sendAsync("/incident now"), slacktest.ErrOperationTimeout, `/incident failed with the error "operation_timeout"`)
	done := w.sendAsync("/incident now")
	w.readFrame(conn) // the first
	env := w.readFrame(conn)
	w.noError(conn.WriteJSON(map[string]any{"envelope_id": env["envelope_id"], "payload": map[string]any{"text": strings.Repeat("x", slacktest.MaxFrame)}}))
	w.expectClosed(conn)
	wants(<-done, slacktest.ErrOperationTimeout, `/incident failed with the error "operation_timeout"`)

	response := w.control("send", `{"user":"U0ALICE","channel":"C0OPS","text":"/incident"}`, 200)
	if response["error"] != "dispatch_failed" || response["user_message"] != `/incident failed with the error "dispatch_failed"` {
		t.Errorf("response of the control API: %v", response)
	}
}

// A submission whose answer is late or too large: the modal stays, and says so.
func TestErrors_Submission(t *testing.T) {
	w := newEnv(t, slacktest.Config{AckTimeout: time.Second}, nil)
	conn := w.dialHello()
	done := w.sendAsync("/incident")
	env := w.readFrame(conn)
	payload, _ := env["payload"].(map[string]any)
	w.expectError(w.call("views.open", map[string]any{"trigger_id": payload["trigger_id"], "view": viewJSON("Declare", nil)}), "")
	w.noError(conn.WriteJSON(map[string]any{"envelope_id": env["envelope_id"]}))
	w.noError((<-done).err)
	m, err := w.alice.WaitTopModal(w.ctx)
	w.noError(err)
	w.noError(m.Fill("Name", "x"))

	acked := make(chan struct{})
	go func() {
		defer close(acked)
		var env response
		if conn.ReadJSON(&env) != nil {
			return // Submit tells
		}
		_ = conn.WriteJSON(map[string]any{"envelope_id": env["envelope_id"], "payload": map[string]any{
			"response_action": "update", "view": viewJSON("Done", map[string]any{"private_metadata": strings.Repeat("x", slacktest.MaxFrame)}),
		}})
	}()
	res, err := m.Submit(w.ctx)
	<-acked
	w.noError(err)
	w.expectClosed(conn)
	if res.ConnectionError != "We had some trouble connecting. Try again?" || res.Ack.UserMessage() != res.ConnectionError || res.Closed || m.Title() != "Declare" {
		t.Errorf("result %+v, title %q", res, m.Title())
	}
}

// The exact errors of views.open for a view over the limits.
func TestErrors_View(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	options := func(n int, text string) []any {
		var out []any
		for range n {
			out = append(out, map[string]any{"text": plainTextJSON(text), "value": "v"})
		}
		return out
	}
	choice := func(options []any) map[string]any {
		return map[string]any{"blocks": []any{map[string]any{
			"type": "input", "label": plainTextJSON("Severity"), "element": map[string]any{"type": "static_select", "action_id": "a", "options": options},
		}}}
	}
	dividers := make([]any, 101)
	for i := range dividers {
		dividers[i] = map[string]any{"type": "divider"}
	}
	id := a.newTriggerID() // a refusal leaves it unused
	for _, tc := range []struct {
		name string
		more map[string]any
		want string
	}{
		{"title", map[string]any{"title": plainTextJSON(strings.Repeat("x", 25))}, "must be less than 25 characters [json-pointer:/view/title/text]"},
		{"submit", map[string]any{"submit": plainTextJSON(strings.Repeat("x", 25))}, "must be less than 25 characters [json-pointer:/view/submit/text]"},
		{"metadata", map[string]any{"private_metadata": strings.Repeat("x", 3001)}, "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"blocks", map[string]any{"blocks": dividers}, "no more than 100 items allowed [json-pointer:/view/blocks]"},
		{"options", choice(options(101, "x")), "no more than 100 items allowed [json-pointer:/view/blocks/0/element/options]"},
		{"no options", choice([]any{}), "must provide at least 1 items [json-pointer:/view/blocks/0/element/options]"},
		{"option", choice(options(1, strings.Repeat("x", 76))), "must be less than 76 characters [json-pointer:/view/blocks/0/element/options/0/text/text]"},
		{"no submit", map[string]any{"submit": nil}, "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]"},
		{"unknown property", map[string]any{"colour": "red"}, "invalid additional property: colour [json-pointer:/view]"},
	} {
		refused := a.call("views.open", map[string]any{"trigger_id": id, "view": viewJSON("Declare", tc.more)})
		a.expectError(refused, "invalid_arguments")
		if got := refused.detailMessages(); got != "[ERROR] "+tc.want {
			t.Errorf("%s: Slack would say %q, not %q", tc.name, "[ERROR] "+tc.want, got)
		}
	}
	a.expectError(a.call("views.open", map[string]any{"trigger_id": id, "view": viewJSON("Declare", nil)}), "")
}
