package slacktest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

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
	a.AddChannel(slacktest.Channel{ID: a.channel.ID, Name: "ops", BotIsMember: true, Archived: true})
	if code := respond(url, `{"text":"x","response_type":"in_channel"}`); code != "is_archived" {
		t.Errorf("code = %q in an archived channel", code)
	}
	a.RemoveChannel(a.channel.ID)
	if code := respond(url, `{"text":"x"}`); code != "channel_not_found" {
		t.Errorf("code = %q in a removed channel", code)
	}
	if code := respond(url, `{"text":"x","text":"y"}`); code != "invalid_payload" {
		t.Errorf("code = %q", code)
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

func TestResponseURL_Uses(t *testing.T) {
	urls := make(chan string, 1)
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		urls <- evt.Data.(slack.SlashCommand).ResponseURL
		return map[string]any{"text": "hello all", "response_type": "in_channel"}
	})
	w.noError((<-w.sendAsync("/x")).err)
	url := <-urls
	if m := w.Messages(w.channel.ID); len(m) != 1 || m[0].Text != "hello all" {
		t.Errorf("messages = %+v", m)
	}
	for i := range slacktest.MaxResponses + 1 {
		res, err := http.Post(url, "application/json", strings.NewReader(`{"text":"later"}`))
		w.noError(err)
		var a response
		w.noError(json.NewDecoder(res.Body).Decode(&a))
		res.Body.Close()
		if used := i == slacktest.MaxResponses; used != (a.errorCode() == "used_url") {
			t.Errorf("use %d: %v", i+1, a)
		}
	}
	if n := len(w.Ephemerals("U0ALICE")); n != slacktest.MaxResponses {
		t.Errorf("%d messages", n)
	}
}
