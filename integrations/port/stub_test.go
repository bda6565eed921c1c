package port_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"foghorn/integrations/port"
)

// A stub is a Port that answers what it is told to and remembers what it was asked.
type stub struct {
	t   *testing.T
	srv *httptest.Server

	mu      sync.Mutex
	token   string // the one that it takes
	granted int
	asked   []asked
	answers map[string]http.HandlerFunc // by "METHOD /path"
}

// asked is one request.
type asked struct {
	route string
	query url.Values
	body  string
}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{t: t, token: "token-1", answers: map[string]http.HandlerFunc{}}
	s.srv = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.srv.Close)
	return s
}

func (s *stub) client() *port.Client {
	return port.New(port.Config{BaseURL: s.srv.URL, ClientID: "id", ClientSecret: "client-secret", HTTP: s.srv.Client()})
}

// on answers a route with a status and a body.
func (s *stub) on(route string, status int, body string) {
	s.answers[route] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Trace-Id", "1234")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	route := r.Method + " " + r.URL.EscapedPath()
	s.mu.Lock()
	token, answer := s.token, s.answers[route]
	if route == "POST /v1/auth/access_token" {
		s.granted++
	} else {
		s.asked = append(s.asked, asked{route, r.URL.Query(), string(body)})
	}
	s.mu.Unlock()
	switch {
	case route == "POST /v1/auth/access_token" && answer == nil:
		if got, want := string(body), `{"clientId":"id","clientSecret":"client-secret"}`; got != want {
			s.t.Errorf("asked for a token with %s, want %s", got, want)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "accessToken": token, "expiresIn": 10800, "tokenType": "Bearer"})
	case route != "POST /v1/auth/access_token" && r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"ok":false,"error":"unauthorized","message":"Unauthorized"}`)
	case answer == nil:
		s.t.Errorf("unexpected call %s: did the path lose its base?", route)
		http.NotFound(w, r)
	default:
		answer(w, r)
	}
}

// revoke makes the token in use invalid and gives out another from now on.
func (s *stub) revoke(next string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = next
}

// calls are the requests so far but those for tokens, and how many of the latter.
func (s *stub) calls() ([]asked, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, s.granted
}
