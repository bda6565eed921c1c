package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// newTestServer serves a page around three emulators, without a bot.
func newTestServer(t *testing.T) (s *Server, address string) {
	t.Helper()
	noPreview := func(context.Context, []byte) ([]json.RawMessage, []string, error) { return nil, nil, nil }
	cfg := Config{AppName: "Foghorn", Blueprint: "incident", Preview: noPreview}
	var err error
	if cfg.Slack, err = slacktest.Start(slacktest.Config{
		Users: []slacktest.User{
			{ID: "U1", Name: "ada", RealName: "Ada", TZ: "Europe/Berlin"}, {ID: "U2", Name: "bob", RealName: "Bob"},
		},
		Channels: []slacktest.Channel{
			{ID: "C1", Name: "ops", BotIsMember: true}, {ID: "C2", Name: "secret", Private: true, Members: []string{"U2"}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Slack.Close)
	if cfg.Port, err = porttest.Start(porttest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Port.Close)
	if cfg.Incidents, err = incidentiotest.Start(incidentiotest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Incidents.Close)
	if s, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return s, srv.URL
}

// viewFor returns the view model for a query.
func viewFor(s *Server, query string) *viewModel {
	return s.newViewModel(httptest.NewRequest(http.MethodGet, "/?"+query, nil))
}

// sendRequest sends a request with headers (name, value, name, value) and returns the status.
func sendRequest(t *testing.T, method, address, body string, header ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestHandler_RefusesOtherOrigins(t *testing.T) {
	s, address := newTestServer(t)
	for _, c := range []struct {
		name   string
		want   int
		header []string
	}{
		{"other host", http.StatusForbidden, []string{"Host", "evil.example"}},
		{"other host with a port", http.StatusForbidden, []string{"Host", "evil.example:8080"}},
		{"other host that begins like an address", http.StatusForbidden, []string{"Host", "127.0.0.1.evil.example"}},
		{"other site", http.StatusForbidden, []string{"Sec-Fetch-Site", "cross-site"}},
		{"other site in an old browser", http.StatusForbidden, []string{"Origin", "http://evil.example"}},
		{"other port of this machine", http.StatusForbidden, []string{"Origin", "http://127.0.0.1:1"}},
		{"no origin", http.StatusForbidden, []string{"Origin", "null"}},
		{"the page", http.StatusNoContent, []string{"Sec-Fetch-Site", "same-origin", "Origin", address}},
		{"a program", http.StatusNoContent, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := sendRequest(t, http.MethodPost, address+"/actions/type", "user=U1&channel=C1&text=hello", c.header...)
			if got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		})
	}
	if sent := s.cfg.Slack.Messages("C1"); len(sent) != 2 {
		t.Errorf("%d messages are sent, want 2", len(sent))
	}
}

func TestHandler_LinksFromOtherSites(t *testing.T) {
	_, address := newTestServer(t)
	for _, c := range []struct {
		name, path string
		want       int
		header     []string
	}{
		{"a link", "/", http.StatusOK, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}},
		{"an address that is typed", "/", http.StatusOK, nil},
		{"a script", "/updates", http.StatusForbidden, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sendRequest(t, http.MethodGet, address+c.path, "", c.header...); got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		})
	}
}

func TestHandler_Paths(t *testing.T) {
	_, address := newTestServer(t)
	for path, want := range map[string]int{
		"/?user=U9&channel=C9&tab=x&trace=-7": http.StatusOK,
		"/?trace=99999999999999999999":        http.StatusOK,
		"/?user=U1&channel=C2":                http.StatusOK,
		IncidentPath + "/incidents/x":         http.StatusNotFound,
		EntityPath + "x":                      http.StatusNotFound,
		EntityPath:                            http.StatusNotFound,
		"/nothing":                            http.StatusNotFound,
		"/static/none.js":                     http.StatusNotFound,
		"/static/../server.go":                http.StatusNotFound,
	} {
		if got := sendRequest(t, http.MethodGet, address+path, ""); got != want {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
}

func TestHandler_InvalidActions(t *testing.T) {
	_, address := newTestServer(t)
	const refused = http.StatusUnprocessableEntity
	for name, want := range map[string]int{
		"type": http.StatusNoContent, "shortcut": refused, "click": refused, "home": http.StatusNoContent,
		"field": http.StatusNoContent, "search": refused, "press": refused, "submit": refused, "close": http.StatusNoContent,
		"decide": refused, "approval": refused, "edit": refused, "fault": refused, "disconnect": http.StatusNoContent,
		"bot": refused, "choose": refused, "preview": http.StatusOK, "nothing": http.StatusNotFound,
	} {
		if got := sendRequest(t, http.MethodPost, address+"/actions/"+name, "x=1"); got != want {
			t.Errorf("%s: status %d, want %d", name, got, want)
		}
	}
	tooLong := "text=" + strings.Repeat("x", maxFormBytes)
	if got := sendRequest(t, http.MethodPost, address+"/actions/type", tooLong); got != http.StatusBadRequest {
		t.Errorf("a form over the limit: status %d", got)
	}
}

func TestViewModel_PrivateChannel(t *testing.T) {
	s, _ := newTestServer(t)
	if v := viewFor(s, "user=U1&channel=C2"); v.Conversation.ID != "C1" || len(v.Conversations()) != 2 {
		t.Errorf("Ada sees %+v of %+v", v.Conversation, v.Conversations())
	}
	if v := viewFor(s, "user=U2&channel=C2"); v.Conversation.ID != "C2" {
		t.Errorf("Bob sees %+v", v.Conversation)
	}
}

func TestViewModel_SlackbotMessageOnlyForOneUser(t *testing.T) {
	s, _ := newTestServer(t)
	s.clientState.addSlackbotMessage("U1", "C1", "only for Ada")
	if messages := viewFor(s, "user=U1").Messages(); len(messages) != 1 || !messages[0].Ephemeral {
		t.Errorf("Ada sees %+v", messages)
	}
	if messages := viewFor(s, "user=U2").Messages(); len(messages) != 0 {
		t.Errorf("Bob sees %+v", messages)
	}
}

// TestServer_Emulators lists what is modeled and what was refused.
func TestServer_Emulators(t *testing.T) {
	s, address := newTestServer(t)
	for _, url := range []string{s.cfg.Slack.URL() + "pins.add", s.cfg.Port.URL() + "/v1/<nothing>", s.cfg.Incidents.URL() + "/v2/escalations"} {
		sendRequest(t, http.MethodGet, url, "")
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.Replace(address, "localhost", "127.0.0.1", 1)+"/emulators", nil))
	for _, part := range []string{
		"<td>GET /api/pins.add</td>", "<td>GET /v1/&lt;nothing&gt;</td>", "<td>GET /v2/escalations</td>", "<code>POST /v2/incidents</code></td><td>partial</td>",
		"<code>POST /api/chat.postMessage</code>", "<code>GET /v1/actions</code>",
	} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("%d: the page has no %s", w.Code, part)
		}
	}
	if got := viewFor(s, "user=U1").Counts().Refused; got != 3 {
		t.Errorf("%d refused", got)
	}
}
