package slacktest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// control sends a request to the control API: a POST if there is a body.
func (w *env) control(path, body string, wantStatus int) response {
	w.t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(w.ctx, method, w.ControlURL()+path, strings.NewReader(body))
	w.noError(err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	w.noError(err)
	defer res.Body.Close()
	var a response
	w.noError(json.NewDecoder(res.Body).Decode(&a))
	if res.StatusCode != wantStatus {
		w.t.Errorf("%s %s: status %d, %v", path, body, res.StatusCode, a)
	}
	return a
}

func TestControl_Scenario(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			if _, err := w.api.OpenViewContext(w.ctx, data.TriggerID, modalRequest("Declare")); err != nil {
				w.t.Error(err)
			}
		case slack.InteractionCallback:
			if data.Type == slack.InteractionTypeViewSubmission {
				_, _, err := w.api.PostMessageContext(w.ctx, "C0OPS", slack.MsgOptionText("declared "+data.View.State.Values["name"]["v"].Value, false))
				if err != nil {
					w.t.Error(err)
				}
			}
		}
		return nil
	})
	if a := w.control("", "", 200); a["api_url"] != w.URL() || a["bot_token"] != w.BotToken || len(a["users"].([]any)) != 2 {
		t.Errorf("workspace = %v", a)
	}
	bob := w.control("users", `{"name":"bob","email":"bob@example.com"}`, 200)["id"].(string)
	w.control("channels", `{"id":"C0NEW","name":"new","bot_is_member":true}`, 200)
	if a := w.control("send", `{"user":"`+bob+`","channel":"C0OPS","text":"/incident"}`, 200); a["kind"] != "/incident" || a["error"] != nil {
		t.Errorf("ack = %v", a)
	}
	modal := w.control("modal?wait=5s&title=Declare&user="+bob, "", 200)
	fields := modal["fields"].([]any)
	if second := fields[1].(map[string]any); second["label"] != "Severity" || len(second["options"].([]any)) != 2 || second["kind"] != "static_select" {
		t.Errorf("fields = %v", fields)
	}
	w.control("modal/fill", `{"user":"`+bob+`","values":{"Severity":"Huge"}}`, 422)
	w.control("modal/fill", `{"user":"`+bob+`","values":{"Severity":["Major"]}}`, 200)
	if a := w.control("modal/submit", `{"user":"`+bob+`"}`, 200); a["sent"] != false || a["errors"].(map[string]any)["Name"] == nil {
		t.Errorf("submission = %v", a)
	}
	w.control("modal/fill", `{"user":"`+bob+`","values":{"Name":"all down"}}`, 200)
	if a := w.control("modal/submit", `{"user":"`+bob+`"}`, 200); a["closed"] != true {
		t.Errorf("submission = %v", a)
	}
	a := w.control("messages?channel=C0OPS&contains=declared&wait=5s", "", 200)
	if list := a["messages"].([]any); len(list) != 1 || list[0].(map[string]any)["text"] != "declared all down" {
		t.Errorf("messages = %v", a)
	}
	w.control("messages?channel=C0OPS&contains=nothing&wait=20ms", "", http.StatusRequestTimeout)
	w.control("modal?user="+bob, "", http.StatusRequestTimeout)
	w.control("modal/close", `{"user":"`+bob+`"}`, 422)

	w.control("faults", `{"path":"/chat.postMessage","times":1,"status":429,"header":{"Retry-After":"3"}}`, 200)
	if _, _, err := w.api.PostMessageContext(w.ctx, "C0OPS", slack.MsgOptionText("x", false)); err == nil || !strings.Contains(err.Error(), "rate limit") {
		t.Errorf("error = %v", err)
	}
	if text, _ := json.Marshal(w.control("calls?path=chat.postMessage", "", 200)); strings.Contains(string(text), w.BotToken) {
		t.Error("the token is shown with the calls")
	}
	if a := w.control("acks", "", 200); len(a["acks"].([]any)) != 2 {
		t.Errorf("acks = %v", a)
	}
	w.control("connections", `{"action":"explode"}`, 422)
	w.control("connections", `{"action":"disconnect","reason":"refresh_requested"}`, 200)
	w.control("nothing", "", 404)
	w.control("send", `{"user":1}`, 422)
	w.control("send", `{"colour":"red"}`, 422)
	w.control("messages?wait=2h", "", 400)
}

func TestControl_StateAndReset(t *testing.T) {
	w := newEnv(t, slacktest.Config{Users: []slacktest.User{{ID: "U0BOB", Name: "bob"}}, Channels: []slacktest.Channel{{ID: "C0DEV", Name: "dev"}}}, nil)
	w.SetScopes("chat:write")
	w.RateLimit("chat.postMessage", time.Second, 0)
	_, err := w.alice.SendMessage("C0OPS", "hello")
	w.noError(err)
	state := w.control("state", "", 200)["state"].(map[string]any)
	if n := len(state["users"].([]any)); n != 3 { // with the bot and alice
		t.Errorf("%d users, want 3", n)
	}
	if messages := state["messages"].(map[string]any)["C0OPS"].([]any); len(messages) != 1 {
		t.Errorf("messages = %v", messages)
	}
	if text, _ := json.Marshal(state); strings.Contains(string(text), w.BotToken) {
		t.Error("the state contains the bot token")
	}

	w.control("reset", "{}", 200)
	state = w.control("state", "", 200)["state"].(map[string]any)
	if n, m := len(state["users"].([]any)), len(state["channels"].([]any)); n != 2 || m != 1 {
		t.Errorf("%d users and %d channels after the reset, want 2 and 1", n, m)
	}
	if len(state["messages"].(map[string]any)) != 0 || len(state["scopes"].([]any)) != len(slacktest.AllScopes) || len(w.Faults()) != 0 {
		t.Errorf("state after the reset = %v, faults %v", state, w.Faults())
	}
	if _, err := w.Person("U0BOB").SendMessage("C0DEV", "hello"); err != nil {
		t.Errorf("a user of Config cannot send a message after the reset: %v", err)
	}
}

func TestServer_CloseEndsWaits(t *testing.T) {
	s := slacktest.New(t, slacktest.Config{Channels: []slacktest.Channel{{ID: "C0OPS"}}})
	waits := make(chan error, 1)
	go func() {
		_, err := s.WaitMessage(t.Context(), "C0OPS", nil)
		waits <- err
	}()
	time.AfterFunc(10*time.Millisecond, s.Close)
	if err := <-waits; err != slacktest.ErrClosed {
		t.Errorf("error = %v", err)
	}
	s.Close()
}

func TestControl_AllRoutes(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	a.respond = func(cb slack.InteractionCallback) any {
		if cb.Type == slack.InteractionTypeBlockSuggestion {
			return map[string]any{"options": optionList("Found")}
		}
		return nil
	}
	view := viewJSON("Door", nil)
	view["blocks"] = []any{
		inputBlock("Kind", map[string]any{"type": "static_select", "options": optionList("A", "B")}, "dispatch_action"),
		inputBlock("Service", map[string]any{"type": "external_select", "min_query_length": 0}),
		map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "more", "text": plainTextJSON("More")}}},
	}
	m := a.openModal(view)
	a.control("modal/change", `{"user":"U0ALICE","label":"Kind","values":"B"}`, 200)
	if cb := <-a.interactions; cb.ActionCallback.BlockActions[0].SelectedOption.Value != "b" {
		t.Errorf("change = %+v", cb.ActionCallback)
	}
	a.control("modal/click", `{"user":"U0ALICE","label":"More"}`, 200)
	<-a.interactions
	if found := a.control("modal/search", `{"user":"U0ALICE","label":"Service","query":"x"}`, 200)["options"].([]any); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	<-a.interactions
	if got, err := m.Options("Service"); err != nil || len(got) != 1 || got[0].Text != "Found" {
		t.Errorf("options %v, %v", got, err)
	}
	if !strings.Contains(m.Text(), "More") {
		t.Errorf("text = %q", m.Text())
	}
	a.control("modal/close", `{"user":"U0ALICE","all":true}`, 200)
	<-a.interactions

	a.expectError(a.call("chat.postMessage", map[string]any{"channel": "C0OPS", "text": "x", "blocks": []any{view["blocks"].([]any)[2]}}), "")
	ts := a.Messages("C0OPS")[0].TS
	a.control("click", `{"user":"U0ALICE","channel":"C0OPS","ts":"`+ts+`","action_id":"more"}`, 200)
	<-a.interactions
	a.control("click", `{"user":"U0ALICE","channel":"C0OPS","ts":"1.2","action_id":"more"}`, 422)
	a.control("shortcut", `{"user":"U0ALICE","callback_id":"s"}`, 200)
	<-a.interactions
	a.control("shortcut", `{"user":"U0ALICE","callback_id":"s","channel":"C0OPS","ts":"`+ts+`"}`, 200)
	<-a.interactions
	a.expectError(a.call("chat.postEphemeral", map[string]any{"channel": "C0OPS", "user": "U0ALICE", "text": "psst"}), "")
	if got := a.control("ephemerals?user=U0ALICE&contains=psst&wait=1s", "", 200)["messages"].([]any); len(got) != 1 {
		t.Errorf("ephemerals = %v", got)
	}
	for _, body := range []string{
		`{"action":"pings","on":true}`, `{"action":"duplicate","n":0}`, `{"action":"redeliver","on":false}`, `{"action":"half_open","on":false}`,
		`{"action":"refuse","reason":""}`, `{"action":"raw","text":"{}"}`, `{"action":"drop"}`,
	} {
		a.control("connections", body, 200)
	}
	a.control("faults", `{"path":"/x","status":42}`, 422)
	a.control("faults", `{"path":"/x","delay_ms":-1}`, 422)
	a.control("scopes", `{"scopes":["chat:write"]}`, 200)
	a.expectError(a.call("users.info", map[string]any{"user": "U0ALICE"}), "missing_scope")
}
