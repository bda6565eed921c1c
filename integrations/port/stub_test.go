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

const tokenRoute = "POST /v1/auth/access_token"

// A stubServer is a Port with prepared responses. It records requests.
type stubServer struct {
	t   *testing.T
	srv *httptest.Server

	mu            sync.Mutex
	token         string // the one that is accepted
	tokenRequests int
	requests      []recordedRequest
	handlers      map[string]http.HandlerFunc // by "METHOD /path"
}

// A recordedRequest is one request.
type recordedRequest struct {
	route string
	query url.Values
	body  string
}

func newStubServer(t *testing.T) *stubServer {
	t.Helper()
	s := &stubServer{t: t, token: "token-1", handlers: map[string]http.HandlerFunc{}}
	s.srv = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.srv.Close)
	return s
}

func (s *stubServer) newClient() *port.Client {
	return port.New(port.Config{BaseURL: s.srv.URL, ClientID: "id", ClientSecret: "client-secret", HTTP: s.srv.Client()})
}

// respond prepares the response for a route, such as "GET /v1/actions/a".
func (s *stubServer) respond(route string, status int, body string) {
	s.handlers[route] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Trace-Id", "1234")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (s *stubServer) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	route := r.Method + " " + r.URL.EscapedPath()
	s.mu.Lock()
	token, handler := s.token, s.handlers[route]
	if route == tokenRoute {
		s.tokenRequests++
	} else {
		s.requests = append(s.requests, recordedRequest{route, r.URL.Query(), string(body)})
	}
	s.mu.Unlock()
	switch {
	case route == tokenRoute && handler == nil:
		if got, want := string(body), `{"clientId":"id","clientSecret":"client-secret"}`; got != want {
			s.t.Errorf("the token request is %s, want %s", got, want)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "accessToken": token, "expiresIn": 10800, "tokenType": "Bearer"})
	case route != tokenRoute && r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"ok":false,"error":"unauthorized","message":"Unauthorized"}`)
	case handler == nil:
		s.t.Errorf("unexpected request %s", route)
		http.NotFound(w, r)
	default:
		handler(w, r)
	}
}

// replaceToken invalidates the token in use. The next one is issued from now on.
func (s *stubServer) replaceToken(next string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = next
}

// calls returns the requests so far, without those for tokens, and the number of token requests.
func (s *stubServer) calls() ([]recordedRequest, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.tokenRequests
}
