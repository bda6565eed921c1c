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

// answer is what a method says.
type answer map[string]any

func (a answer) code() string { s, _ := a["error"].(string); return s }

// messages are the details of a refusal.
func (a answer) messages() string {
	meta, _ := a["response_metadata"].(map[string]any)
	list, _ := meta["messages"].([]any)
	var out []string
	for _, m := range list {
		out = append(out, m.(string))
	}
	return strings.Join(out, "\n")
}

// send posts a body to a method, with a token in the header unless it is "".
func (w *world) send(method, token, kind string, body io.Reader) (answer, *http.Response) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.URL()+method, body)
	w.must(err)
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer res.Body.Close()
	var a answer
	w.must(json.NewDecoder(res.Body).Decode(&a))
	return a, res
}

// call sends JSON arguments with the bot token.
func (w *world) call(method string, args any) answer {
	w.t.Helper()
	return w.callAs(w.BotToken, method, args)
}

func (w *world) callAs(token, method string, args any) answer {
	w.t.Helper()
	body, err := json.Marshal(args)
	w.must(err)
	a, _ := w.send(method, token, "application/json; charset=utf-8", bytes.NewReader(body))
	return a
}

func (w *world) wants(a answer, code string) {
	w.t.Helper()
	if a.code() != code || (code == "") != (a["ok"] == true) {
		w.t.Errorf("answer = %v, want error %q", a, code)
	}
}

func TestTokens(t *testing.T) {
	w := start(t, slacktest.Config{Scopes: []string{"chat:write"}}, nil)
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
			a, res := w.send(tc.method, tc.token, "application/x-www-form-urlencoded", strings.NewReader(tc.body))
			w.wants(a, tc.want)
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

func TestBodies(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	const blocks = `[{"type":"divider"}]`
	fields := map[string]string{"channel": w.room.ID, "text": "hi", "blocks": blocks, "unfurl_links": "false"}

	form := url.Values{}
	var multi bytes.Buffer
	mw := multipart.NewWriter(&multi)
	for k, v := range fields {
		form.Set(k, v)
		w.must(mw.WriteField(k, v))
	}
	w.must(mw.Close())
	asText, _ := json.Marshal(fields)
	for _, body := range []struct {
		kind string
		body io.Reader
	}{
		{"application/x-www-form-urlencoded", strings.NewReader(form.Encode())},
		{mw.FormDataContentType(), &multi},
		{"application/json", bytes.NewReader(asText)},
		{"application/json", strings.NewReader(`{"channel":"` + w.room.ID + `","text":"hi","blocks":` + blocks + `,"unfurl_links":false}`)},
	} {
		a, _ := w.send("chat.postMessage", w.BotToken, body.kind, body.body)
		w.wants(a, "")
	}
	for _, m := range w.Messages(w.room.ID) {
		if m.Text != "hi" || !strings.Contains(string(m.Blocks), `"divider"`) || m.UnfurlLinks || !m.UnfurlMedia {
			t.Errorf("message = %+v", m)
		}
	}
	for body, want := range map[string]string{`{`: "invalid_json", `[]`: "json_not_object"} {
		a, _ := w.send("chat.postMessage", w.BotToken, "application/json", strings.NewReader(body))
		w.wants(a, want)
	}
}

func TestFaults(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	w.RateLimit("chat.postMessage", 6500*time.Millisecond, 1)
	w.InjectFault(emulator.Fault{Path: "/chat.postMessage", Times: 1, DropResponse: true})
	args := map[string]any{"channel": w.room.ID, "text": "once"}
	body, _ := json.Marshal(args)
	a, res := w.send("chat.postMessage", w.BotToken, "application/json", bytes.NewReader(body))
	if a.code() != "ratelimited" || res.Header.Get("Retry-After") != "7" {
		t.Errorf("answer = %v %v", a, res.Header)
	}
	if res, err := http.Post(w.URL()+"chat.postMessage", "application/json", strings.NewReader(
		`{"token":"`+w.BotToken+`","channel":"`+w.room.ID+`","text":"once"}`)); err == nil {
		res.Body.Close()
		t.Error("an answer came that was to be lost")
	}
	if n := len(w.Messages(w.room.ID)); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	w.FailMethod("auth.test", "token_revoked", 1)
	w.wants(w.call("auth.test", nil), "token_revoked")
	w.wants(w.call("auth.test", map[string]any{}), "")
}

func TestUsers(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	u, err := w.api.GetUserInfoContext(w.ctx, "U0ALICE")
	w.must(err)
	if u.Profile.Email != "alice@example.com" || u.RealName != "Alice Jones" || u.IsBot {
		t.Errorf("user = %+v", u)
	}
	u, err = w.api.GetUserByEmailContext(w.ctx, "ALICE@example.com")
	w.must(err)
	if u.ID != "U0ALICE" {
		t.Errorf("found %q", u.ID)
	}
	w.SetScopes("users:read")
	u, err = w.api.GetUserInfoContext(w.ctx, "U0ALICE")
	w.must(err)
	if u.Profile.Email != "" {
		t.Error("the e-mail is shown without its scope")
	}
	w.wants(w.call("users.info", map[string]any{"user": "U0NOBODY"}), "user_not_found")
	all, err := w.api.GetUsersContext(w.ctx)
	w.must(err)
	if len(all) != 2 {
		t.Errorf("%d users", len(all))
	}
}
