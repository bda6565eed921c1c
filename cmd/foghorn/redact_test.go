package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// newEchoingProxy returns a server that answers in place of the services. All texts of its answers have the
// authorization and the body of the request.
func newEchoingProxy(t *testing.T, status int, contentType string, passToken bool) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.HasSuffix(r.URL.Path, "access_token") && passToken {
			_, _ = io.WriteString(w, `{"ok":true,"accessToken":"token-of-port","tokenType":"Bearer","expiresIn":10800}`)
			return
		}
		quoted := fmt.Sprintf("blocked: Authorization: %s %s %s", r.Header.Get("Authorization"), url.QueryEscape(string(body)), body)
		w.Header().Set("Content-Type", strings.ReplaceAll(contentType, "TOKEN", r.Header.Get("Authorization")))
		w.Header().Set("X-Trace-Id", quoted)
		w.WriteHeader(status)
		if strings.Contains(contentType, "json") {
			answer := map[string]any{
				"ok": false, "error": quoted, "message": quoted, "needed": quoted, "details": map[string]any{"x": quoted}, // Slack and Port
				"response_metadata": map[string]any{"messages": []string{quoted}},
			}
			if !strings.HasPrefix(r.URL.Path, "/api/") { // incident.io
				answer["type"], answer["request_id"], answer["errors"] = quoted, quoted, []any{map[string]any{"code": quoted, "message": quoted}}
			}
			_ = json.NewEncoder(w).Encode(answer)
			return
		}
		_, _ = io.WriteString(w, quoted)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A proxy that quotes what it was sent puts no secret into the output of doctor and serve.
func TestLog_EchoingProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, contentType string
		status            int
		passToken         bool
	}{
		{"the services' errors", "application/json", 200, false},
		{"a refusal", "application/json", 403, true},
		{"unauthorized", "application/json", 401, true},
		{"a failure", "application/json", 500, true},
		{"a type of content", "text/TOKEN", 403, true},
		{"a type of content that looks right", "text/html+TOKEN", 200, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := newEchoingProxy(t, c.status, c.contentType, c.passToken)
			env := map[string]string{
				"SLACK_APP_TOKEN": "xapp-1-A0-secret-of-app", "SLACK_BOT_TOKEN": "xoxb-1-secret-of-bot", "SLACK_API_URL": proxy + "/api/",
				"PORT_CLIENT_ID": "client", "PORT_CLIENT_SECRET": "secret-of-port", "PORT_BASE_URL": proxy,
				"INCIDENT_IO_API_KEY": "inc_secret-of-incidents", "INCIDENT_IO_BASE_URL": proxy,
				"STATE_DIR": t.TempDir(), "HTTP_ADDR": "off", "LOG_LEVEL": "debug",
			}
			o := runCommand(t, env, "doctor")
			output := o.stdout + o.stderr
			console := &console{createFile(t, "stdin"), createFile(t, "stdout"), createFile(t, "stderr"), env, ignoreVariable}
			ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer stop()
			run(ctx, []string{"serve"}, console)
			output += fileContent(t, console.stdout) + fileContent(t, console.stderr)
			for _, secret := range []string{"secret-of", "token-of", "xoxb", "xapp"} {
				for line := range strings.Lines(output) {
					if strings.Contains(line, secret) {
						t.Errorf("%s: %.600s", secret, line)
					}
				}
			}
			if !strings.Contains(output, "[...]") {
				t.Errorf("the output does not quote the proxy:\n%s", output)
			}
		})
	}
}
