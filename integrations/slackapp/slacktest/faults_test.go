package slacktest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// at returns the value at a path of keys and indices of JSON, as text.
func at(v any, path ...any) string {
	var now any
	text, _ := json.Marshal(v)
	_ = json.Unmarshal(text, &now)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, _ := now.(map[string]any)
			now = o[step]
		case int:
			list, _ := now.([]any)
			if now = nil; step < len(list) {
				now = list[step]
			}
		}
	}
	return fmt.Sprint(now)
}

func (w *env) expect(in any, want string, path ...any) {
	w.t.Helper()
	if got := at(in, path...); got != want {
		w.t.Errorf("%v is %s, want %s, in %v", path, got, want, in)
	}
}

func (w *env) post(more map[string]any) response {
	w.t.Helper()
	more["channel"] = "C0OPS"
	a := w.call("chat.postMessage", more)
	w.expectError(a, "")
	return a
}

func TestChat_Threads(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	ts := w.post(map[string]any{"text": "parent"})["ts"]
	_, err := w.alice.SendReply("C0OPS", fmt.Sprint(ts), "hidden")
	w.noError(err)
	shown := w.post(map[string]any{"text": "shown", "thread_ts": ts, "reply_broadcast": true})
	w.expect(shown, "thread_broadcast", "message", "subtype")
	h := w.call("conversations.history", map[string]any{"channel": "C0OPS"})
	w.expect(h, "shown", "messages", 0, "text")
	w.expect(h, "parent", "messages", 0, "root", "text")
	w.expect(h, "parent", "messages", 1, "text")
	w.expect(h, "2", "messages", 1, "reply_count")
	w.expect(h, "2", "messages", 1, "reply_users_count")
	w.expect(h, fmt.Sprint(shown["ts"]), "messages", 1, "latest_reply")
	w.expect(w.call("conversations.replies", map[string]any{"channel": "C0OPS", "ts": ts}), w.BotUser, "messages", 1, "parent_user_id")
	w.expectError(w.call("chat.postMessage", map[string]any{"channel": "C0OPS", "text": "x", "thread_ts": 1}), "invalid_arguments")
}

func TestChat_UpdateKeepsWhatIsNotGiven(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	divider := []any{map[string]any{"type": "divider"}}
	ts := w.post(map[string]any{"text": "x", "blocks": divider, "attachments": []any{map[string]any{"text": "kept"}}})["ts"]
	update := func(more map[string]any) response {
		more["channel"], more["ts"] = "C0OPS", ts
		return w.call("chat.update", more)
	}
	w.expect(update(map[string]any{"text": "y", "blocks": divider}), "<nil>", "message", "edited")
	a := update(map[string]any{"text": "z"})
	w.expect(a, "kept", "message", "attachments", 0, "text")
	w.expect(a, "divider", "message", "blocks", 0, "type")
	w.expect(a, w.BotUser, "message", "edited", "user")
	w.expect(update(map[string]any{"text": "z", "attachments": []any{}}), "<nil>", "message", "attachments")
	w.expectError(update(map[string]any{}), "no_text")
}

func TestChat_MarkdownText(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	w.expect(w.post(map[string]any{"markdown_text": "**b**"}), "**b**", "message", "text")
	for _, c := range []struct {
		more map[string]any
		want string
	}{
		{map[string]any{"text": "x"}, "markdown_text_conflict"},
		{map[string]any{"blocks": []any{map[string]any{"type": "divider"}}}, "markdown_text_conflict"},
		{map[string]any{"markdown_text": strings.Repeat("é", 12_001)}, "msg_too_long"},
		{map[string]any{"markdown_text": strings.Repeat("é", 12_000)}, ""},
	} {
		args := map[string]any{"channel": "C0OPS", "markdown_text": "y"}
		for k, v := range c.more {
			args[k] = v
		}
		w.expectError(w.call("chat.postMessage", args), c.want)
	}
}

func TestValidate_ColumnsWithoutSettings(t *testing.T) {
	cell := `{"type":"raw_text","text":"x"}`
	table := `[{"type":"table","column_settings":[{"align":"left"},null],"rows":[[` + cell + `,` + cell + `]]}]`
	if problems := slacktest.ValidateBlocks(json.RawMessage(table)); problems != nil {
		t.Error(problems)
	}
}

func TestChat_Customize(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	args := map[string]any{"text": "x", "username": "robot", "icon_emoji": ":robot_face:"}
	w.expect(w.post(args), "robot", "message", "username")
	w.expect(w.call("conversations.history", map[string]any{"channel": "C0OPS"}), ":robot_face:", "messages", 0, "icons", "emoji")
	w.SetScopes("chat:write")
	w.expect(w.post(args), "<nil>", "message", "username")
}

func TestConversations_CursorKeepsItsPlace(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	for n := range 4 {
		w.post(map[string]any{"text": fmt.Sprint("h", n)})
	}
	page := w.call("conversations.history", map[string]any{"channel": "C0OPS", "limit": 2})
	w.expect(page, "h2", "messages", 1, "text")
	w.post(map[string]any{"text": "new"})
	cursor := at(page, "response_metadata", "next_cursor")
	w.expect(w.call("conversations.history", map[string]any{"channel": "C0OPS", "limit": 2, "cursor": cursor}), "h1", "messages", 0, "text")
	users := w.call("users.list", map[string]any{"limit": 1})
	w.expect(w.call("users.list", map[string]any{"limit": 1, "cursor": at(users, "response_metadata", "next_cursor")}), "U0ALICE", "members", 0, "id")
	w.expectError(w.call("users.list", map[string]any{"cursor": cursor}), "invalid_cursor")
}

// TestControl_FaultsAndCalls has a fault with a JSON body, and reads a call with a form body.
func TestControl_FaultsAndCalls(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	w.control("faults", `{"path":"/auth.test","times":1,"status":503,"body":"{\"ok\":false,\"error\":\"fatal_error\"}"}`, http.StatusOK)
	a, res := w.sendRaw("auth.test", w.BotToken, "application/json; charset=utf-8", strings.NewReader("{}"))
	w.expectError(a, "fatal_error")
	if kind := res.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("the type of the fault is %s", kind)
	}
	_, _, err := w.api.PostMessageContext(w.ctx, "C0OPS", slack.MsgOptionText("x", false), slack.MsgOptionBlocks(slack.NewDividerBlock()))
	w.noError(err)
	w.expect(w.control("calls?path=/chat.postMessage", "", http.StatusOK), "divider", "calls", 0, "body", "blocks", 0, "type")
}

// TestAPI_Arguments has arguments that Slack documents and the emulator lacks, and values of the wrong type: no method
// answers ok without having done what they ask for.
func TestAPI_Arguments(t *testing.T) {
	w := newEnv(t, slacktest.Config{Users: []slacktest.User{{ID: "U0NYC", Name: "nyc", TZ: "America/New_York"}}}, nil)
	w.expect(w.call("api.test", map[string]any{"error": "my_error", "foo": "bar"}), "bar", "args", "foo")
	w.expectError(w.call("api.test", map[string]any{"error": "my_error"}), "my_error")
	w.expectError(w.callAs("", "api.test", nil), "")
	home := func(user string) response {
		return w.call("views.publish", map[string]any{"user_id": user, "view": map[string]any{
			"type": "home", "external_id": "one", "blocks": []any{map[string]any{"type": "divider"}}}})
	}
	w.expectError(home("U0ALICE"), "")
	w.expectError(home("U0ALICE"), "")
	w.expectError(home("U0NYC"), "duplicate_external_id")
	user := w.call("users.info", map[string]any{"user": "U0NYC", "include_locale": true})
	w.expect(user, "en-US", "user", "locale")
	if off := at(user, "user", "tz_offset"); off != "-18000" && off != "-14400" {
		t.Errorf("tz_offset %s", off)
	}
	a, _ := w.sendRaw("auth.test", w.BotToken, "application/json", strings.NewReader("{}"))
	w.expect(a, "missing_charset", "warning")

	// Slack has the arguments of every method; what the emulator lacks is refused, and shown.
	states := map[string]int{}
	for _, c := range slacktest.Coverage() {
		states[c.State]++
		method := strings.TrimPrefix(c.Route, "/api/")
		if c.State == "absent" {
			w.expectError(w.call(method, nil), "unknown_method")
		}
		lacks, _ := strings.CutPrefix(c.Note, "without the arguments ")
		for name := range strings.SplitSeq(lacks, ", ") {
			if name != "" {
				a := w.call(method, map[string]any{name: "something"})
				w.expectError(a, "invalid_arguments")
				w.expect(a, "[ERROR] this emulator does not have the argument "+name+" [json-pointer:/"+name+"]", "response_metadata", "messages", 0)
			}
		}
	}
	if states["modeled"]+states["partial"] != 25 || states["absent"] < 200 {
		t.Errorf("methods: %v", states)
	}
	for method, args := range map[string]string{
		"chat.postMessage": `{"text":1}`, "conversations.list": `{"exclude_archived":"maybe"}`, "users.list": `{"limit":"many"}`,
		"conversations.history": `{"oldest":{}}`, "views.update": `{"hash":[]}`, "users.info": `{"user":1}`,
	} {
		a, _ := w.sendRaw(method, w.BotToken, "application/json", strings.NewReader(args))
		w.expectError(a, "invalid_arguments")
	}
}

// TestMessages_Elements uses every kind of element of a message, in blocks and in the blocks of attachments.
func TestMessages_Elements(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	options := optionList("Red", "Blue")
	actions := func(elements ...any) map[string]any {
		return map[string]any{"type": "actions", "block_id": "b", "elements": elements}
	}
	posted := a.post(map[string]any{"text": "x", "blocks": []any{actions(
		map[string]any{"type": "static_select", "action_id": "color", "options": options},
		map[string]any{"type": "overflow", "action_id": "more", "options": options},
		map[string]any{"type": "datepicker", "action_id": "day", "initial_date": "2026-01-31"},
		map[string]any{"type": "users_select", "action_id": "who"},
	)}, "attachments": []any{map[string]any{"blocks": []any{actions(map[string]any{"type": "button", "action_id": "go", "value": "v", "text": plainTextJSON("Go")})}}}})
	use := func(action, value string) slack.InteractionCallback {
		t.Helper()
		body, _ := json.Marshal(map[string]any{"user": "U0ALICE", "channel": "C0OPS", "ts": posted["ts"], "action_id": action, "value": value})
		a.control("click", string(body), http.StatusOK)
		return <-a.interactions
	}
	color := use("color", "Blue")
	if got := color.ActionCallback.BlockActions[0].SelectedOption.Value; got != "blue" || color.Message.Timestamp != posted["ts"] {
		t.Errorf("color = %q", got)
	}
	if got := use("more", "red").ActionCallback.BlockActions[0].SelectedOption.Value; got != "red" {
		t.Errorf("overflow = %q", got)
	}
	use("day", "2026-02-01")
	who := use("who", "alice.jones")
	state := who.BlockActionState.Values["b"]
	if state["color"].SelectedOption.Value != "blue" || state["day"].SelectedDate != "2026-02-01" || state["who"].SelectedUser != "U0ALICE" {
		t.Errorf("state = %+v", state)
	}
	if got := use("go", ""); got.ActionCallback.BlockActions[0].Value != "v" || got.Container.Type != "message_attachment" {
		t.Errorf("button of an attachment: %+v", got)
	}
	a.control("click", `{"user":"U0ALICE","channel":"C0OPS","ts":"1.2","action_id":"go"}`, 422)
	a.control("click", fmt.Sprintf(`{"user":"U0ALICE","channel":"C0OPS","ts":%q,"action_id":"none"}`, posted["ts"]), 422)
	a.control("click", fmt.Sprintf(`{"user":"U0ALICE","channel":"C0OPS","ts":%q,"action_id":"color","value":"Green"}`, posted["ts"]), 422)
	a.control("click", fmt.Sprintf(`{"user":"U0ALICE","channel":"C0OPS","ts":%q,"action_id":"go","value":"v"}`, posted["ts"]), 422)
}

// TestResponseURL_Thread answers in the thread that the body names.
func TestResponseURL_Thread(t *testing.T) {
	urls := make(chan string, 1)
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		urls <- evt.Data.(slack.SlashCommand).ResponseURL
		return nil
	})
	ts := w.post(map[string]any{"text": "parent"})["ts"]
	w.noError((<-w.sendAsync("/x")).err)
	res, err := http.Post(<-urls, "application/json", strings.NewReader(fmt.Sprintf(`{"text":"reply","response_type":"in_channel","thread_ts":%q}`, ts)))
	w.noError(err)
	_ = res.Body.Close()
	thread := w.call("conversations.replies", map[string]any{"channel": "C0OPS", "ts": ts})
	w.expect(thread, "reply", "messages", 1, "text")
}

const eventsManifest = `{"features":{"app_home":{"home_tab_enabled":false}},"oauth_config":{"scopes":{"bot":["chat:write","channels:history","app_mentions:read","channels:join","channels:read"]}},
	"settings":{"socket_mode_enabled":true,"event_subscriptions":{"bot_events":["message.channels","message.im","app_mention","member_joined_channel","reaction_added"]}}}`

// TestEventsAPI_Messages has an app that receives what its manifest subscribes to, in the channels of which it is a member.
func TestEventsAPI_Messages(t *testing.T) {
	got := make(chan slackevents.EventsAPIEvent, 100)
	w := newEnv(t, slacktest.Config{Channels: []slacktest.Channel{{ID: "C0ELSE", Name: "else"}}}, func(_ *env, evt socketmode.Event) any {
		got <- evt.Data.(slackevents.EventsAPIEvent)
		return nil
	})
	a := w.control("manifest", `{"manifest":`+eventsManifest+`}`, http.StatusOK)
	w.expect(a, "reaction_added", "events_not_emulated", 0)
	next := func() *slackevents.MessageEvent {
		t.Helper()
		select {
		case e := <-got:
			m, _ := e.InnerEvent.Data.(*slackevents.MessageEvent)
			if m == nil {
				t.Fatalf("event %T", e.InnerEvent.Data)
			}
			return m
		case <-w.ctx.Done():
			t.Fatal("no event")
			return nil
		}
	}
	for _, quiet := range []string{"C0ELSE", w.alice.DM()} { // not a member; without the scope im:history
		_, err := w.alice.SendMessage(quiet, "psst")
		w.noError(err)
	}
	ts := at(w.control("send", `{"user":"U0ALICE","channel":"C0OPS","text":"hi @foghorn"}`, http.StatusOK), "ts")
	if m := next(); m.Text != "hi <@"+w.BotUser+">" || m.User != "U0ALICE" || m.ChannelType != "channel" || m.TimeStamp != ts || m.ClientMsgID == "" || len(m.Blocks.BlockSet) != 1 {
		t.Errorf("message = %+v", m)
	}
	if m, _ := (<-got).InnerEvent.Data.(*slackevents.AppMentionEvent); m == nil || m.User != "U0ALICE" || m.TimeStamp != ts || m.Channel != "C0OPS" {
		t.Errorf("mention = %+v", m)
	}
	own := w.post(map[string]any{"text": "own", "thread_ts": ts})
	if m := next(); m.BotID != w.BotID || m.ThreadTimeStamp != ts {
		t.Errorf("own message = %+v", m)
	}
	w.expectError(w.call("chat.update", map[string]any{"channel": "C0OPS", "ts": own["ts"], "text": "changed"}), "")
	if m := next(); m.SubType != "message_changed" || m.Message.Text != "changed" || m.PreviousMessage.Text != "own" {
		t.Errorf("changed = %+v", m)
	}
	w.expectError(w.call("chat.delete", map[string]any{"channel": "C0OPS", "ts": own["ts"]}), "")
	if m := next(); m.SubType != "message_deleted" || m.DeletedTimeStamp != own["ts"] {
		t.Errorf("deleted = %+v", m)
	}
	w.expectError(w.call("conversations.join", map[string]any{"channel": "C0ELSE"}), "")
	if e, _ := (<-got).InnerEvent.Data.(*slackevents.MemberJoinedChannelEvent); e == nil || e.User != w.BotUser || e.Channel != "C0ELSE" {
		t.Errorf("joined = %+v", e)
	}
	w.control("event", `{"event":{"type":"reaction_added","user":"U0ALICE","reaction":"eyes"}}`, http.StatusOK)
	if e, _ := (<-got).InnerEvent.Data.(*slackevents.ReactionAddedEvent); e == nil || e.Reaction != "eyes" {
		t.Errorf("reaction = %+v", e)
	}
	w.control("manifest", `{"manifest":{}}`, http.StatusUnprocessableEntity)
	yaml, err := os.ReadFile("../../../slack-app.yaml")
	w.noError(err)
	_, err = w.SetManifest(yaml)
	w.noError(err)
}

// TestEventsAPI_Retries has an app that does not acknowledge at first.
func TestEventsAPI_Retries(t *testing.T) {
	cfg := slacktest.Config{BotEvents: []string{"message.channels"}, AckTimeout: 20 * time.Millisecond, EventRetries: []time.Duration{0, time.Millisecond}}
	got := make(chan *socketmode.Request, 100)
	w := newEnv(t, cfg, func(_ *env, evt socketmode.Event) any {
		got <- evt.Request
		if evt.Request.RetryAttempt < 2 {
			return silent
		}
		return nil
	})
	_, err := w.alice.SendMessage("C0OPS", "hi")
	w.noError(err)
	id := ""
	for n, reason := range []string{"", "timeout", "timeout"} {
		r := <-got
		var payload struct {
			EventID string `json:"event_id"`
		}
		w.noError(json.Unmarshal(r.Payload, &payload))
		if r.RetryAttempt != n || r.RetryReason != reason || n > 0 && payload.EventID != id {
			t.Errorf("attempt %d: %+v", n, r)
		}
		id = payload.EventID
	}
}

// TestMessages_ExternalSelect has a message and a Home tab with a select whose options come from the app.
func TestMessages_ExternalSelect(t *testing.T) {
	got := make(chan slack.InteractionCallback, 10)
	w := newEnv(t, slacktest.Config{}, func(_ *env, evt socketmode.Event) any {
		data, _ := evt.Data.(slack.InteractionCallback)
		got <- data
		if data.Type == slack.InteractionTypeBlockSuggestion {
			return map[string]any{"options": optionList("Pay", "Page")}
		}
		return nil
	})
	blocks := []any{map[string]any{"type": "actions", "block_id": "b", "elements": []any{
		map[string]any{"type": "external_select", "action_id": "service", "min_query_length": 1, "placeholder": plainTextJSON("Service")}}}}
	ts := fmt.Sprint(w.post(map[string]any{"text": "x", "blocks": blocks})["ts"])
	in := `{"user":"U0ALICE","channel":"C0OPS","ts":"` + ts + `","action_id":"service",`
	w.expect(w.control("search", in+`"query":"pa"}`, http.StatusOK), "page", "options", 1, "value")
	if q := <-got; q.Value != "pa" || q.ActionID != "service" || q.Container.MessageTs != ts {
		t.Errorf("query = %+v", q)
	}
	w.control("click", in+`"value":"Page"}`, http.StatusOK)
	if a := (<-got).ActionCallback.BlockActions[0]; a.SelectedOption.Value != "page" || a.Type != "external_select" {
		t.Errorf("action = %+v", a)
	}
	w.expectError(w.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": map[string]any{"type": "home", "blocks": []any{
		map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "static_select", "action_id": "color", "options": optionList("Red")}}}}}}), "")
	w.control("home/click", `{"user":"U0ALICE","label":"color","value":"Red"}`, http.StatusOK)
	if a := <-got; a.ActionCallback.BlockActions[0].SelectedOption.Value != "red" || a.View.Type != slack.VTHomeTab {
		t.Errorf("action = %+v", a)
	}
}
