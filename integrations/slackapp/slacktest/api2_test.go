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

func TestBlocks_Validate(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	divider := []any{map[string]any{"type": "divider"}}
	bad := []any{map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": ""}}}
	w.expectError(w.call("blocks.validate", map[string]any{"blocks": divider}), "")
	w.expectError(w.call("blocks.validate", map[string]any{"view": viewJSON("One", nil)}), "")
	w.expectError(w.call("blocks.validate", map[string]any{"message": map[string]any{"text": "x", "blocks": divider}}), "")
	w.expectError(w.call("blocks.validate", map[string]any{}), "invalid_arguments")
	w.expectError(w.call("blocks.validate", map[string]any{"blocks": divider, "message": map[string]any{}}), "invalid_arguments")
	w.expectError(w.call("blocks.validate", map[string]any{"view": viewJSON(strings.Repeat("x", 25), nil)}), "invalid_view")
	a := w.call("blocks.validate", map[string]any{"blocks": bad})
	w.expectError(a, "invalid_blocks")
	if e := a["errors"].([]any)[0].(map[string]any); e["pointer"] != "/0/text/text" || e["message"] != "must be more than 0 characters" {
		t.Errorf("errors = %v", a["errors"])
	}
	w.expectError(w.call("blocks.validate", map[string]any{"blocks": strings.Repeat("x", 10)}), "invalid_json")
}

func TestTeam_InfoBotsAndEvents(t *testing.T) {
	heard := make(chan string, 1)
	w := newEnv(t, slacktest.Config{AppName: "Lighthouse"}, func(_ *env, evt socketmode.Event) any {
		if e, ok := evt.Data.(slackevents.EventsAPIEvent); ok {
			heard <- e.InnerEvent.Type
		}
		return nil
	})
	team, err := w.api.GetTeamInfoContext(w.ctx)
	w.noError(err)
	bot, err := w.api.GetBotInfoContext(w.ctx, slack.GetBotInfoParameters{Bot: w.BotID})
	w.noError(err)
	who, err := w.api.AuthTestContext(w.ctx)
	w.noError(err)
	if team.ID != w.TeamID || bot.Name != "Lighthouse" || who.BotID != w.BotID || who.UserID != w.BotUser || who.User != "lighthouse" {
		t.Errorf("%+v %+v %+v", team, bot, who)
	}
	w.expectError(w.call("bots.info", map[string]any{"bot": "B0"}), "bot_not_found")
	ack, err := w.SendEvent(w.ctx, map[string]any{"type": "app_mention", "user": "U0ALICE", "text": "hi", "channel": "C0OPS", "ts": "1.2"})
	w.noError(err)
	if got := <-heard; got != "app_mention" || ack.Kind != "app_mention" || ack.Type != "events_api" {
		t.Errorf("heard %q, ack %+v", got, ack)
	}
}

func TestConversations_Open(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	w.AddUser(slacktest.User{ID: "U0BOB", Name: "bob"})
	w.AddUser(slacktest.User{ID: "U0GONE", Name: "gone", Deleted: true})
	open := func(users string) response { return w.call("conversations.open", map[string]any{"users": users}) }
	two, again := open("U0ALICE,U0BOB"), open("U0BOB, U0ALICE")
	w.expectError(two, "")
	id := two["channel"].(map[string]any)["id"]
	if id != again["channel"].(map[string]any)["id"] {
		t.Errorf("opened %v and %v", two, again)
	}
	w.expectError(w.call("chat.postMessage", map[string]any{"channel": id, "text": "hi both"}), "")
	w.expectError(open("U0GONE"), "user_disabled")
	w.expectError(open("U0NOBODY"), "user_not_found")
	w.expectError(open(""), "users_list_not_supplied")
	w.expectError(open(w.BotUser), "cannot_dm_bot")
	info := w.call("conversations.info", map[string]any{"channel": id, "include_num_members": true})
	if ch := info["channel"].(map[string]any); ch["is_mpim"] != true || ch["num_members"] != float64(3) {
		t.Errorf("channel = %v", ch)
	}
	w.expectError(w.call("conversations.open", map[string]any{"channel": w.alice.DM()}), "")
	w.SetScopes("im:write", "channels:history")
	w.expectError(w.call("conversations.history", map[string]any{"channel": w.alice.DM()}), "missing_scope")
	if _, err := w.alice.SendMessage(w.ctx, w.alice.DM(), "hello bot"); err != nil {
		t.Error(err)
	}
	if _, err := w.UserClient("U0BOB").SendMessage(w.ctx, w.alice.DM(), "not mine"); err == nil {
		t.Error("bob wrote in alice's direct conversation")
	}
}

func TestResponseURL_ReplaceAndDelete(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	button := []any{map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "go", "text": plainTextJSON("Go")}}}}
	respond := func(url, body string) string {
		res, err := http.Post(url, "application/json", strings.NewReader(body))
		a.noError(err)
		defer res.Body.Close()
		var out response
		a.noError(json.NewDecoder(res.Body).Decode(&out))
		return out.errorCode()
	}
	click := func(m slacktest.Message) string {
		_, err := a.alice.ClickButton(a.ctx, m, "go")
		a.noError(err)
		return (<-a.interactions).ResponseURL
	}
	a.expectError(a.call("chat.postMessage", map[string]any{"channel": a.channel.ID, "text": "one", "blocks": button}), "")
	m := a.Messages(a.channel.ID)[0]
	url := click(m)
	if code := respond(url, `{"replace_original":true,"text":"two"}`); code != "" || a.Messages(a.channel.ID)[0].Text != "two" {
		t.Errorf("%q, messages %+v", code, a.Messages(a.channel.ID))
	}
	if code := respond(url, `{"delete_original":true}`); code != "" || len(a.Messages(a.channel.ID)) != 0 {
		t.Errorf("%q, messages %+v", code, a.Messages(a.channel.ID))
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
	a.expectError(a.call("chat.postEphemeral", map[string]any{"channel": a.channel.ID, "user": "U0ALICE", "text": "psst", "blocks": button}), "")
	url = click(a.Ephemerals("U0ALICE")[0])
	if code := respond(url, `{"replace_original":true,"text":"done"}`); code != "" {
		t.Errorf("code = %q", code)
	}
	if got := a.Ephemerals("U0ALICE"); len(got) != 1 || got[0].Text != "done" {
		t.Errorf("ephemeral messages = %+v", got)
	}
}

func TestResponseURL_FromSubmission(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	view := viewJSON("Where", nil)
	view["blocks"] = []any{inputBlock("Channel", map[string]any{"type": "conversations_select", "response_url_enabled": true})}
	m := a.openModal(view)
	a.noError(m.Fill("Channel", "ops"))
	_, err := m.Submit(a.ctx)
	a.noError(err)
	urls := (<-a.interactions).ResponseURLs
	if len(urls) != 1 || urls[0].ChannelID != "C0OPS" || urls[0].ResponseURL == "" {
		t.Fatalf("response_urls = %+v", urls)
	}
	res, err := http.Post(urls[0].ResponseURL, "application/json", strings.NewReader(`{"text":"here","response_type":"in_channel"}`))
	a.noError(err)
	res.Body.Close()
	if got := a.Messages("C0OPS"); len(got) != 1 || got[0].Text != "here" || got[0].Via != "response_url" {
		t.Errorf("messages = %+v", got)
	}
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
