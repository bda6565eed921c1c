package slacktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// response is what a method says.
type response map[string]any

func (a response) errorCode() string { s, _ := a["error"].(string); return s }

// detailMessages are the details of a refusal.
func (a response) detailMessages() string {
	meta, _ := a["response_metadata"].(map[string]any)
	list, _ := meta["messages"].([]any)
	var out []string
	for _, m := range list {
		out = append(out, m.(string))
	}
	return strings.Join(out, "\n")
}

// sendRaw posts a body to a method, with a token in the header unless it is "".
func (w *env) sendRaw(method, token, kind string, body io.Reader) (response, *http.Response) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.URL()+method, body)
	w.noError(err)
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	w.noError(err)
	defer res.Body.Close()
	var a response
	w.noError(json.NewDecoder(res.Body).Decode(&a))
	return a, res
}

// call sends JSON arguments with the bot token.
func (w *env) call(method string, args any) response {
	w.t.Helper()
	return w.callAs(w.BotToken, method, args)
}

func (w *env) callAs(token, method string, args any) response {
	w.t.Helper()
	if args == nil {
		args = map[string]any{}
	}
	body, err := json.Marshal(args)
	w.noError(err)
	a, _ := w.sendRaw(method, token, "application/json; charset=utf-8", bytes.NewReader(body))
	return a
}

func (w *env) expectError(a response, code string) {
	w.t.Helper()
	if a.errorCode() != code || (code == "") != (a["ok"] == true) {
		w.t.Errorf("answer = %v, want error %q", a, code)
	}
}

func TestAPI_Tokens(t *testing.T) {
	w := newEnv(t, slacktest.Config{Scopes: []string{"chat:write"}}, nil)
	for _, tc := range []struct{ name, method, token, body, want string }{
		{"none", "auth.test", "", "", "not_authed"},
		{"wrong", "auth.test", "xoxb-0", "", "invalid_auth"},
		{"bot", "auth.test", w.BotToken, "", ""},
		{"app token for a bot method", "views.open", w.AppToken, "", "not_allowed_token_type"},
		{"bot token for an app method", "apps.connections.open", w.BotToken, "", "not_allowed_token_type"},
		{"app token as a field", "apps.connections.open", "", "token=" + w.AppToken, "invalid_auth"},
		{"app token in the header", "apps.connections.open", w.AppToken, "", ""},
		{"bot token as a field", "auth.test", "", "token=" + w.BotToken, ""},
		{"no scope", "users.info", w.BotToken, "user=U0ALICE", "missing_scope"},
		{"unknown method", "chat.meMessage", w.BotToken, "", "unknown_method"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, res := w.sendRaw(tc.method, tc.token, "application/x-www-form-urlencoded", strings.NewReader(tc.body))
			w.expectError(a, tc.want)
			if res.StatusCode != http.StatusOK {
				t.Errorf("status = %d", res.StatusCode)
			}
			if tc.want == "missing_scope" && (a["needed"] != "users:read" || a["provided"] != "chat:write" || res.Header.Get("X-OAuth-Scopes") != "chat:write") {
				t.Errorf("scopes: %v %v", a, res.Header)
			}
		})
	}
	if calls := w.Calls("chat.meMessage"); len(calls) != 1 {
		t.Errorf("the unknown method was recorded %d times", len(calls))
	}
}

func TestAPI_RequestBodies(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	const blocks = `[{"type":"divider"}]`
	fields := map[string]string{"channel": w.channel.ID, "text": "hi", "blocks": blocks, "unfurl_links": "false"}

	form := url.Values{}
	var multi bytes.Buffer
	mw := multipart.NewWriter(&multi)
	for k, v := range fields {
		form.Set(k, v)
		w.noError(mw.WriteField(k, v))
	}
	w.noError(mw.Close())
	asText, _ := json.Marshal(fields)
	for _, body := range []struct {
		kind string
		body io.Reader
	}{
		{"application/x-www-form-urlencoded", strings.NewReader(form.Encode())},
		{mw.FormDataContentType(), &multi},
		{"application/json", bytes.NewReader(asText)},
		{"application/json", strings.NewReader(`{"channel":"` + w.channel.ID + `","text":"hi","blocks":` + blocks + `,"unfurl_links":false}`)},
	} {
		a, _ := w.sendRaw("chat.postMessage", w.BotToken, body.kind, body.body)
		w.expectError(a, "")
	}
	for _, m := range w.Messages(w.channel.ID) {
		if m.Text != "hi" || !strings.Contains(string(m.Blocks), `"divider"`) || m.UnfurlLinks || !m.UnfurlMedia {
			t.Errorf("message = %+v", m)
		}
	}
	for body, want := range map[string]string{`{`: "invalid_json", `[]`: "json_not_object"} {
		a, _ := w.sendRaw("chat.postMessage", w.BotToken, "application/json", strings.NewReader(body))
		w.expectError(a, want)
	}
}

func TestAPI_Faults(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	w.RateLimit("chat.postMessage", 6500*time.Millisecond, 1)
	w.InjectFault(emulator.Fault{Path: "/chat.postMessage", Times: 1, DropResponse: true})
	args := map[string]any{"channel": w.channel.ID, "text": "once"}
	body, _ := json.Marshal(args)
	a, res := w.sendRaw("chat.postMessage", w.BotToken, "application/json", bytes.NewReader(body))
	if a.errorCode() != "ratelimited" || res.Header.Get("Retry-After") != "7" {
		t.Errorf("answer = %v %v", a, res.Header)
	}
	if res, err := http.Post(w.URL()+"chat.postMessage", "application/json", strings.NewReader(
		`{"token":"`+w.BotToken+`","channel":"`+w.channel.ID+`","text":"once"}`)); err == nil {
		res.Body.Close()
		t.Error("an answer came that was to be lost")
	}
	if n := len(w.Messages(w.channel.ID)); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	w.FailMethod("auth.test", "token_revoked", 1)
	w.expectError(w.call("auth.test", nil), "token_revoked")
	w.expectError(w.call("auth.test", map[string]any{}), "")
}
