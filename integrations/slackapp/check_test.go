package slackapp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

// newScriptedSlack returns the address of a Slack whose websockets run serve.
func newScriptedSlack(t *testing.T, serve http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link?ticket=secret"}`, strings.TrimPrefix(server.URL, "http"))
	})
	mux.HandleFunc("/link", serve)
	return server.URL + "/"
}

// sendFrames upgrades a request and sends frames. It then reads until the other side closes.
func sendFrames(frames ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		for _, f := range frames {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(f))
		}
		for err == nil {
			_, _, err = conn.ReadMessage()
		}
	}
}

func TestCheckSocketMode_NamesWhatFailed(t *testing.T) {
	const hello = `{"type":"hello","num_connections":1}`
	for _, c := range []struct {
		name   string
		serve  http.HandlerFunc
		missed int
		want   string // of the error
	}{
		{"hello", sendFrames(hello), 0, ""},
		{"an envelope before and after hello", sendFrames(`{"type":"slash_commands","envelope_id":"1","payload":{}}`, hello, `{"type":"interactive","envelope_id":"2","payload":{}}`, `{}`), 2, ""},
		{"a warning after hello", sendFrames(hello, `{"type":"disconnect","reason":"warning"}`), 0, ""},
		{"no hello", sendFrames(), 0, "no hello came in time"},
		{"nonsense instead of hello", sendFrames(`{}`, `[`, ``), 0, "no hello came in time"},
		{"blocked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, 0, "HTTP status 403"},
		{"a page instead", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, 0, "HTTP status 200"},
		{"silence", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, "open websocket to 127.0.0.1"},
		{"off", sendFrames(`{"type":"disconnect","reason":"link_disabled"}`), 0, "link_disabled"},
		{"off after hello", sendFrames(hello, `{"type":"disconnect","reason":"link_disabled"}`), 0, "link_disabled"},
		{"too many", sendFrames(`{"type":"disconnect","reason":"too_many_websockets"}`), 0, "too_many_websockets"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := slackapp.New(slackapp.Config{AppToken: "xapp-1", APIURL: newScriptedSlack(t, c.serve)})
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer cancel()
			begun := time.Now()
			_, missed, err := client.CheckSocketMode(ctx)
			if missed != c.missed || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d missed, error %v, want %q", missed, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error contains the ticket: %v", err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestCheckSocketMode_BesideBot checks while a bot is connected: Slack's connections are as before, and commands are
// answered by the bot.
func TestCheckSocketMode_BesideBot(t *testing.T) {
	slack := slacktest.New(t, slacktest.Config{
		Users: []slacktest.User{{ID: "U0ALICE", Name: "alice"}}, Channels: []slacktest.Channel{{ID: "C0GENERAL", Name: "general"}},
	})
	cfg := slackapp.Config{AppToken: slack.AppToken, BotToken: slack.BotToken, APIURL: slack.URL()}
	h := &echo{}
	runClient(t, cfg, h)
	if err := slack.WaitConnections(testContext(t), 2); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		took, missed, err := slackapp.New(cfg).CheckSocketMode(t.Context())
		if took <= 0 || missed > 0 || err != nil {
			t.Errorf("%v, %d, %v", took, missed, err)
		}
		if err := slack.WaitConnections(testContext(t), 2); err != nil {
			t.Fatal(err)
		}
		if _, err := slack.Person("U0ALICE").SlashCommand(t.Context(), "C0GENERAL", "/echo hello"); err != nil {
			t.Error(err)
		}
	}
	if n := h.commands.Load(); n != 5 {
		t.Errorf("the bot handled %d commands, want 5", n)
	}
}

// TestCheckSocketMode_RejectedToken reports an answer of apps.connections.open as an error of that call.
func TestCheckSocketMode_RejectedToken(t *testing.T) {
	slack := slacktest.New(t, slacktest.Config{})
	_, _, err := slackapp.New(slackapp.Config{AppToken: "xapp-1-wrong", APIURL: slack.URL()}).CheckSocketMode(t.Context())
	if e, ok := errors.AsType[*slackapp.Error](err); !ok || e.Method != "apps.connections.open" {
		t.Errorf("error %v", err)
	}
}
