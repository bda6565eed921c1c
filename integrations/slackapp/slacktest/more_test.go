package slacktest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

func TestBlocksValidate(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	divider := []any{map[string]any{"type": "divider"}}
	bad := []any{map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": ""}}}
	w.wants(w.call("blocks.validate", map[string]any{"blocks": divider}), "")
	w.wants(w.call("blocks.validate", map[string]any{"view": viewJSON("One", nil)}), "")
	w.wants(w.call("blocks.validate", map[string]any{"message": map[string]any{"text": "x", "blocks": divider}}), "")
	w.wants(w.call("blocks.validate", map[string]any{}), "invalid_arguments")
	w.wants(w.call("blocks.validate", map[string]any{"blocks": divider, "message": map[string]any{}}), "invalid_arguments")
	w.wants(w.call("blocks.validate", map[string]any{"view": viewJSON(strings.Repeat("x", 25), nil)}), "invalid_view")
	a := w.call("blocks.validate", map[string]any{"blocks": bad})
	w.wants(a, "invalid_blocks")
	if e := a["errors"].([]any)[0].(map[string]any); e["pointer"] != "/0/text/text" || e["message"] != "must be more than 0 characters" {
		t.Errorf("errors = %v", a["errors"])
	}
	w.wants(w.call("blocks.validate", map[string]any{"blocks": strings.Repeat("x", 10)}), "invalid_json")
}

func TestTeamBotAndEvents(t *testing.T) {
	heard := make(chan string, 1)
	w := start(t, slacktest.Config{AppName: "Lighthouse"}, func(_ *world, evt socketmode.Event) any {
		if e, ok := evt.Data.(slackevents.EventsAPIEvent); ok {
			heard <- e.InnerEvent.Type
		}
		return nil
	})
	team, err := w.api.GetTeamInfoContext(w.ctx)
	w.must(err)
	bot, err := w.api.GetBotInfoContext(w.ctx, slack.GetBotInfoParameters{Bot: w.BotID})
	w.must(err)
	who, err := w.api.AuthTestContext(w.ctx)
	w.must(err)
	if team.ID != w.TeamID || bot.Name != "Lighthouse" || who.BotID != w.BotID || who.UserID != w.BotUser || who.User != "lighthouse" {
		t.Errorf("%+v %+v %+v", team, bot, who)
	}
	w.wants(w.call("bots.info", map[string]any{"bot": "B0"}), "bot_not_found")
	ack, err := w.SendEvent(w.ctx, map[string]any{"type": "app_mention", "user": "U0ALICE", "text": "hi", "channel": "C0OPS", "ts": "1.2"})
	w.must(err)
	if got := <-heard; got != "app_mention" || ack.Kind != "app_mention" || ack.Type != "events_api" {
		t.Errorf("heard %q, ack %+v", got, ack)
	}
}

func TestDirectConversations(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	w.AddUser(slacktest.User{ID: "U0BOB", Name: "bob"})
	w.AddUser(slacktest.User{ID: "U0GONE", Name: "gone", Deleted: true})
	open := func(users string) answer { return w.call("conversations.open", map[string]any{"users": users}) }
	two, again := open("U0ALICE,U0BOB"), open("U0BOB, U0ALICE")
	w.wants(two, "")
	id := two["channel"].(map[string]any)["id"]
	if id != again["channel"].(map[string]any)["id"] {
		t.Errorf("opened %v and %v", two, again)
	}
	w.wants(w.call("chat.postMessage", map[string]any{"channel": id, "text": "hi both"}), "")
	w.wants(open("U0GONE"), "user_disabled")
	w.wants(open("U0NOBODY"), "user_not_found")
	w.wants(open(""), "users_list_not_supplied")
	w.wants(open(w.BotUser), "cannot_dm_bot")
	info := w.call("conversations.info", map[string]any{"channel": id, "include_num_members": true})
	if ch := info["channel"].(map[string]any); ch["is_mpim"] != true || ch["num_members"] != float64(3) {
		t.Errorf("channel = %v", ch)
	}
	w.wants(w.call("conversations.open", map[string]any{"channel": w.alice.DM()}), "")
	w.SetScopes("im:write", "channels:history")
	w.wants(w.call("conversations.history", map[string]any{"channel": w.alice.DM()}), "missing_scope")
	if _, err := w.alice.SlashCommand(w.ctx, w.alice.DM(), "hello bot"); err != nil {
		t.Error(err)
	}
	if _, err := w.Person("U0BOB").SlashCommand(w.ctx, w.alice.DM(), "not mine"); err == nil {
		t.Error("bob wrote in alice's direct conversation")
	}
}

func TestAResponseReplacesAndDeletes(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	button := []any{map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "go", "text": plainText("Go")}}}}
	respond := func(url, body string) string {
		res, err := http.Post(url, "application/json", strings.NewReader(body))
		a.must(err)
		defer res.Body.Close()
		var out answer
		a.must(json.NewDecoder(res.Body).Decode(&out))
		return out.code()
	}
	click := func(m slacktest.Message) string {
		_, err := a.alice.ClickButton(a.ctx, m, "go")
		a.must(err)
		return (<-a.interactions).ResponseURL
	}
	a.wants(a.call("chat.postMessage", map[string]any{"channel": a.room.ID, "text": "one", "blocks": button}), "")
	m := a.Messages(a.room.ID)[0]
	url := click(m)
	if code := respond(url, `{"replace_original":true,"text":"two"}`); code != "" || a.Messages(a.room.ID)[0].Text != "two" {
		t.Errorf("%q, messages %+v", code, a.Messages(a.room.ID))
	}
	if code := respond(url, `{"delete_original":true}`); code != "" || len(a.Messages(a.room.ID)) != 0 {
		t.Errorf("%q, messages %+v", code, a.Messages(a.room.ID))
	}
	if code := respond(url, `{`); code != "invalid_payload" {
		t.Errorf("code = %q", code)
	}
	if code := respond(url, `{"blocks":[{"type":"marquee"}]}`); code != "invalid_blocks" {
		t.Errorf("code = %q", code)
	}
	if code := respond(a.Server.Server.URL+"/commands/T0/1/x", `{"text":"x"}`); code != "expired_url" {
		t.Errorf("code = %q", code)
	}
	a.wants(a.call("chat.postEphemeral", map[string]any{"channel": a.room.ID, "user": "U0ALICE", "text": "psst", "blocks": button}), "")
	url = click(a.Ephemerals("U0ALICE")[0])
	if code := respond(url, `{"replace_original":true,"text":"done"}`); code != "" {
		t.Errorf("code = %q", code)
	}
	if got := a.Ephemerals("U0ALICE"); len(got) != 1 || got[0].Text != "done" {
		t.Errorf("ephemeral messages = %+v", got)
	}
}

func TestResponseURLsOfASubmission(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	view := viewJSON("Where", nil)
	view["blocks"] = []any{input("Channel", map[string]any{"type": "conversations_select", "response_url_enabled": true})}
	m := a.open(view)
	a.must(m.Fill("Channel", "ops"))
	_, err := m.Submit(a.ctx)
	a.must(err)
	urls := (<-a.interactions).ResponseURLs
	if len(urls) != 1 || urls[0].ChannelID != "C0OPS" || urls[0].ResponseURL == "" {
		t.Fatalf("response_urls = %+v", urls)
	}
	res, err := http.Post(urls[0].ResponseURL, "application/json", strings.NewReader(`{"text":"here","response_type":"in_channel"}`))
	a.must(err)
	res.Body.Close()
	if got := a.Messages("C0OPS"); len(got) != 1 || got[0].Text != "here" || got[0].Via != "response_url" {
		t.Errorf("messages = %+v", got)
	}
}

func TestTheRestOfTheDoor(t *testing.T) {
	a := tapped(t, slacktest.Config{})
	a.answer = func(cb slack.InteractionCallback) any {
		if cb.Type == slack.InteractionTypeBlockSuggestion {
			return map[string]any{"options": options("Found")}
		}
		return nil
	}
	view := viewJSON("Door", nil)
	view["blocks"] = []any{
		input("Kind", map[string]any{"type": "static_select", "options": options("A", "B")}, "dispatch_action"),
		input("Service", map[string]any{"type": "external_select", "min_query_length": 0}),
		map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "more", "text": plainText("More")}}},
	}
	m := a.open(view)
	a.door("modal/change", `{"user":"U0ALICE","label":"Kind","values":"B"}`, 200)
	if cb := <-a.interactions; cb.ActionCallback.BlockActions[0].SelectedOption.Value != "b" {
		t.Errorf("change = %+v", cb.ActionCallback)
	}
	a.door("modal/click", `{"user":"U0ALICE","label":"More"}`, 200)
	<-a.interactions
	if found := a.door("modal/search", `{"user":"U0ALICE","label":"Service","query":"x"}`, 200)["options"].([]any); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	<-a.interactions
	if got, err := m.Options("Service"); err != nil || len(got) != 1 || got[0].Text != "Found" {
		t.Errorf("options %v, %v", got, err)
	}
	if !strings.Contains(m.Text(), "More") {
		t.Errorf("text = %q", m.Text())
	}
	a.door("modal/close", `{"user":"U0ALICE","all":true}`, 200)
	<-a.interactions

	a.wants(a.call("chat.postMessage", map[string]any{"channel": "C0OPS", "text": "x", "blocks": []any{view["blocks"].([]any)[2]}}), "")
	ts := a.Messages("C0OPS")[0].TS
	a.door("click", `{"user":"U0ALICE","channel":"C0OPS","ts":"`+ts+`","action_id":"more"}`, 200)
	<-a.interactions
	a.door("click", `{"user":"U0ALICE","channel":"C0OPS","ts":"1.2","action_id":"more"}`, 422)
	a.door("shortcut", `{"user":"U0ALICE","callback_id":"s"}`, 200)
	<-a.interactions
	a.door("shortcut", `{"user":"U0ALICE","callback_id":"s","channel":"C0OPS","ts":"`+ts+`"}`, 200)
	<-a.interactions
	a.wants(a.call("chat.postEphemeral", map[string]any{"channel": "C0OPS", "user": "U0ALICE", "text": "psst"}), "")
	if got := a.door("ephemerals?user=U0ALICE&contains=psst&wait=1s", "", 200)["messages"].([]any); len(got) != 1 {
		t.Errorf("ephemerals = %v", got)
	}
	for _, body := range []string{
		`{"do":"pings","on":true}`, `{"do":"duplicate","n":0}`, `{"do":"redeliver","on":false}`, `{"do":"half_open","on":false}`,
		`{"do":"refuse","reason":""}`, `{"do":"raw","text":"{}"}`, `{"do":"drop"}`,
	} {
		a.door("sockets", body, 200)
	}
	a.door("faults", `{"path":"/x","status":42}`, 422)
	a.door("faults", `{"path":"/x","delay_ms":-1}`, 422)
	a.door("scopes", `{"scopes":["chat:write"]}`, 200)
	a.wants(a.call("users.info", map[string]any{"user": "U0ALICE"}), "missing_scope")
}
