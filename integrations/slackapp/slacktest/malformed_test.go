package slacktest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest"
)

// No method answers ok to a request of which Slack cannot read all arguments.
func TestAPI_MalformedRequests(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	const form, document = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
	deep := `{"blocks":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}"
	for _, c := range slacktest.Coverage() {
		if c.State == "absent" {
			continue
		}
		method := strings.TrimPrefix(c.Route, "/api/")
		for _, tc := range []struct{ query, kind, body, want string }{
			{"?x=%zz", document, "", "invalid_form_data"},
			{"?x=1;y=2", document, "{}", "invalid_form_data"},
			{"?x=1&x=2", "", "", "invalid_form_data"},
			{"?x=1", document, `{"x":"1"}`, "invalid_form_data"},
			{"?x=1", form, "x=1", "invalid_form_data"},
			{"", form, "x=%zz", "invalid_form_data"},
			{"", form, "x=1;y=2", "invalid_form_data"},
			{"", form, "x=1&x=1", "invalid_form_data"},
			{"", "multipart/form-data; boundary=b", "--b\r\n", "invalid_form_data"},
			{"", document, `{"x":"1","x":"2"}`, "invalid_json"},
			{"", document, `{"x":{"y":1,"y":1}}`, "invalid_json"},
			{"", document, `{} {}`, "invalid_json"},
			{"", document, "{\"x\":\"\xff\"}", "invalid_json"},
			{"", document, deep, "invalid_json"},
			{"", document, `[]`, "json_not_object"},
			{"", document, `null`, "json_not_object"},
			{"", "text/xml", `<x/>`, "invalid_post_type"},
			{"", "", `x=1`, "missing_post_type"},
		} {
			a, _ := w.sendRaw(method+tc.query, w.BotToken, tc.kind, strings.NewReader(tc.body))
			if a.errorCode() != tc.want {
				t.Errorf("%s%s, %.40q: error %q, want %q", method, tc.query, tc.body, a.errorCode(), tc.want)
			}
		}
	}
	id := w.call("chat.postMessage", map[string]any{"channel": "C0OPS", "text": "x", "metadata": map[string]any{
		"event_type": "e", "event_payload": map[string]any{"id": int64(9007199254740993)}}})
	w.expectError(id, "")
	if text := string(w.Messages("C0OPS")[0].Metadata); !strings.Contains(text, "9007199254740993") {
		t.Errorf("metadata %s", text)
	}
	twice := url.Values{"channel": {"C0OPS"}, "blocks": {`[{"type":"divider","type":"header"}]`}}
	a, _ := w.sendRaw("chat.postMessage", w.BotToken, form, strings.NewReader(twice.Encode()))
	w.expectError(a, "invalid_blocks_format")
}

// What a caller can get wrong in well-formed arguments is no ok either.
func TestAPI_WrongArguments(t *testing.T) {
	w := newEnv(t, slacktest.Config{
		Users:    []slacktest.User{{ID: "U0GONE", Name: "gone", Deleted: true}, {ID: "U0BOB", Name: "bob"}},
		Channels: []slacktest.Channel{{ID: "C0DEV", Name: "dev", BotIsMember: true}},
	}, nil)
	var ts string
	for i := range 3 {
		for _, channel := range []string{"C0OPS", "C0DEV"} {
			a := w.call("chat.postMessage", map[string]any{"channel": channel, "text": fmt.Sprint(i)})
			w.expectError(a, "")
			ts, _ = a["ts"].(string)
		}
	}
	cursors := map[string]string{}
	for method, channel := range map[string]string{"users.list": "", "conversations.list": "", "conversations.members": "C0OPS", "conversations.history": "C0OPS"} {
		a := w.call(method, map[string]any{"channel": channel, "limit": 1})
		w.expectError(a, "")
		cursors[method] = at(a, "response_metadata", "next_cursor")
	}
	home := map[string]any{"type": "home", "blocks": []any{map[string]any{"type": "divider"}}}
	for _, tc := range []struct {
		method string
		args   map[string]any
		want   string
	}{
		{"users.list", map[string]any{"cursor": cursors["conversations.members"]}, "invalid_cursor"},
		{"conversations.members", map[string]any{"channel": "C0OPS", "cursor": cursors["users.list"]}, "invalid_cursor"},
		{"conversations.members", map[string]any{"channel": "C0DEV", "cursor": cursors["conversations.members"]}, "invalid_cursor"},
		{"conversations.history", map[string]any{"channel": "C0DEV", "cursor": cursors["conversations.history"]}, "invalid_cursor"},
		{"conversations.replies", map[string]any{"channel": "C0DEV", "ts": ts, "cursor": cursors["conversations.history"]}, "invalid_cursor"},
		{"conversations.list", map[string]any{"types": "im", "cursor": cursors["conversations.list"]}, "invalid_cursor"},
		{"conversations.list", map[string]any{"types": "public_channel,secret"}, "invalid_types"},
		{"conversations.list", map[string]any{"limit": "Inf"}, "invalid_arguments"},
		{"conversations.list", map[string]any{"limit": 1e300}, "invalid_arguments"},
		{"conversations.list", map[string]any{"limit": -1}, "invalid_limit"},
		{"conversations.history", map[string]any{"channel": "C0OPS", "inclusive": "maybe"}, "invalid_arguments"},
		{"conversations.history", map[string]any{"channel": "C0OPS", "oldest": "NaN"}, "invalid_ts_oldest"},
		{"conversations.history", map[string]any{"channel": "C0OPS", "latest": "0x10"}, "invalid_ts_latest"},
		{"conversations.open", map[string]any{"users": "U0BOB,U0NONE"}, "user_not_found"},
		{"chat.postEphemeral", map[string]any{"channel": "C0OPS", "user": "U0GONE", "text": "x"}, "user_not_in_channel"},
		{"chat.postEphemeral", map[string]any{"channel": "C0OPS", "user": w.BotUser, "text": "x"}, "user_not_in_channel"},
		{"views.publish", map[string]any{"user_id": "U0BOB", "hash": "1.old", "view": home}, "hash_conflict"},
		{"views.publish", map[string]any{"user_id": "U0GONE", "view": home}, "invalid_arguments"},
	} {
		if a := w.call(tc.method, tc.args); a.errorCode() != tc.want {
			t.Errorf("%s %v: error %q, want %q", tc.method, tc.args, a.errorCode(), tc.want)
		}
	}
	one := w.call("conversations.open", map[string]any{"users": "U0BOB,U0BOB"})
	w.expect(one, w.Person("U0BOB").DM(), "channel", "id") // a user who is named twice is one
	group := at(w.call("conversations.open", map[string]any{"users": "U0BOB,U0ALICE"}), "channel", "id")
	w.expect(w.call("conversations.open", map[string]any{"channel": group, "return_im": true}), group, "channel", "id")

	w.SetScopes("channels:read", "chat:write", "channels:history")
	w.expectError(w.call("conversations.list", map[string]any{"types": "public_channel,private_channel"}), "missing_scope")

	// The thread of a deleted message stays.
	w.expectError(w.call("chat.postMessage", map[string]any{"channel": "C0DEV", "thread_ts": ts, "text": "reply"}), "")
	w.expectError(w.call("chat.delete", map[string]any{"channel": "C0DEV", "ts": ts}), "")
	w.expect(w.call("conversations.replies", map[string]any{"channel": "C0DEV", "ts": ts}), "tombstone", "messages", 0, "subtype")
	w.expectError(w.call("chat.delete", map[string]any{"channel": "C0DEV", "ts": ts}), "message_not_found")
}

// The control API refuses what the workspace cannot have, and changes nothing.
func TestControl_WrongArguments(t *testing.T) {
	w := newEnv(t, slacktest.Config{Users: []slacktest.User{{ID: "U0BOB", Name: "bob", Email: "bob@example.com"}}}, nil)
	long := strings.Repeat("x", 3<<20)
	before := fmt.Sprint(w.control("state", "", 200))
	for _, tc := range []struct{ path, body string }{
		{"users", `{"name":"` + long + `"}`},
		{"users", `{"id":"` + long + `"}`},
		{"users", `{"id":"U 1"}`},
		{"users", `{"name":"x","tz":"Mars/North"}`},
		{"users", `{"id":"` + w.BotUser + `","name":"x"}`},
		{"users", `{"name":"bob"}`},
		{"users", `{"name":"new","email":"Bob@example.com"}`},
		{"channels", `{"name":"` + long + `"}`},
		{"channels", `{"name":"Two Words"}`},
		{"channels", `{"id":"C0NEW","name":"ops"}`},
		{"channels", `{"name":"new","members":["U0NONE"]}`},
		{"channels", `{"id":"` + w.Person("U0BOB").DM() + `","name":"new"}`},
		{"scopes", `{"scopes":[1]}`},
		{"scopes", `{"scopes":{}}`},
		{"manifest", `{"manifest":[]}`},
		{"event", `{"event":{}}`},
		{"send", `{"user":"U0NONE","channel":"C0OPS","text":"x"}`},
		{"send", `{"user":"U0BOB","channel":"C0NONE","text":"x"}`},
		{"send", `{"user":"U0BOB","channel":"C0OPS","text":""}`},
		{"send", `{"user":"U0BOB","channel":"C0OPS","text":"` + long + `"}`},
		{"send", `{"user":"U0BOB","channel":"C0OPS","text":"/` + long + `"}`},
		{"send", `{"user":"U0BOB","channel":"C0OPS","text":"x","thread_ts":"1.2"}`},
		{"shortcut", `{"user":"U0BOB"}`},
		{"shortcut", `{"user":"U0BOB","callback_id":"x","channel":"C0OPS"}`},
		{"shortcut", `{"user":"U0NONE","callback_id":"x"}`},
		{"click", `{"user":"U0NONE","channel":"C0OPS","ts":"1.2","action_id":"x"}`},
		{"modal/submit", `{"user":"U0NONE"}`},
		{"modal/fill", `{"user":"U0BOB","values":[]}`},
		{"modal/state", `{"stale":-1}`},
		{"modal/state", `{"stale":1e18}`},
		{"home/open", `{"user":"U0NONE"}`},
		{"connections", `{"action":"duplicate","n":-1}`},
		{"connections", `{"action":"duplicate","n":11}`},
		{"connections", `{"action":"limit_history","n":-1}`},
		{"connections", `{"action":"disconnect","reason":"because"}`},
		{"connections", `{"action":"half_open","on":"maybe"}`},
		{"?connections=-1&wait=5s", ""},
		{"?connections=99&wait=5s", ""},
		{"modal?user=U0NONE&wait=5s", ""},
		{"home?user=U0NONE&wait=5s", ""},
		{"messages?channel=C0NONE", ""},
		{"messages?channel=C0OPS&user=U0NONE", ""},
		{"messages?channel=C0OPS&colour=red", ""},
		{"messages?channel=C0OPS&channel=C0DEV", ""},
		{"ephemerals?user=U0NONE", ""},
		{"acks?user=U0BOB", ""},
	} {
		w.control(tc.path, tc.body, 422)
	}
	if after := fmt.Sprint(w.control("state", "", 200)); after != before {
		t.Errorf("state %s\nbefore: %s", after, before)
	}
	w.control("channels", `{"id":"C0NONE","name":"none","members":[]}`, 200) // not all users
	w.control("messages?channel=C0NONE&user=U0BOB", "", 422)
}
