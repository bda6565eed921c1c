package porttest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

const (
	// TokenLife is how long a token is good for.
	// https://docs.port.io/api-reference/port-api
	TokenLife = 3 * time.Hour

	// MaxRequest is the largest request body, in bytes.
	MaxRequest = 1 << 20

	// WebhookTimeout bounds a webhook. Port does not publish its own; its agent's is this.
	// https://github.com/port-labs/port-agent
	WebhookTimeout = 30 * time.Second
)

// Config says how the organisation is. The zero value is a usable one.
type Config struct {
	Addr string // where to listen; "": a free port of 127.0.0.1

	// Outbound, if set, gives the address that a webhook is really sent to, such as that
	// of an emulator in the place of a vendor's.
	Outbound func(url string) string
}

// A Server is a Port organisation.
type Server struct {
	*emulator.Server
	ClientID, ClientSecret string

	cfg  Config
	http *http.Client
	stop context.CancelFunc
	work sync.WaitGroup // webhooks and automations at work

	mu         sync.Mutex
	token      string
	tokenEnds  time.Time
	tokenLife  time.Duration
	actions    map[string]map[string]any // automations too
	order      []string                  // identifiers of actions, oldest first
	blueprints map[string]map[string]any
	entities   map[string]map[string]map[string]any // blueprint -> identifier -> entity
	secrets    map[string]string
	users      map[string]map[string]any // by e-mail
	teams      []string
	runs       []*Run // oldest first
	changed    chan struct{}
}

// Start serves an organisation on loopback. Close ends it.
func Start(cfg Config) (*Server, error) {
	s := &Server{
		ClientID: "client" + random(12), ClientSecret: random(32), cfg: cfg,
		http:    &http.Client{Timeout: WebhookTimeout},
		actions: map[string]map[string]any{}, blueprints: map[string]map[string]any{},
		entities: map[string]map[string]map[string]any{}, secrets: map[string]string{},
		users: map[string]map[string]any{}, tokenLife: TokenLife, changed: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	var err error
	if s.Server, err = emulator.Start(cfg.Addr, s.routes(ctx)); err != nil {
		stop()
		return nil, fmt.Errorf("start Port emulator: %w", err)
	}
	return s, nil
}

// URL is the base address of the API; paths begin with /v1.
func (s *Server) URL() string { return s.Server.URL }

// Close stops the server and waits for what it runs.
func (s *Server) Close() {
	s.stop()
	s.Server.Close()
	s.work.Wait()
	s.http.CloseIdleConnections()
}

// RevokeTokens makes the token that was given out worthless.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// SetTokenLife is how long tokens given out from now on are good for.
func (s *Server) SetTokenLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.tokenLife = "", d
}

// AddUser makes somebody a member of the organisation, with the names of their teams.
func (s *Server) AddUser(email string, teams ...string) {
	name, _, _ := strings.Cut(email, "@")
	now := stamp(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[email] = map[string]any{
		"id": "auth0|" + random(12), "email": email, "firstName": strings.ToUpper(name[:1]) + name[1:], "lastName": "",
		"status": "ACTIVE", "providers": []any{}, "roles": []any{map[string]any{"name": "Member"}},
		"teams": teams, "createdAt": now, "updatedAt": now,
	}
	for _, t := range teams {
		if !strings.Contains("\n"+strings.Join(s.teams, "\n")+"\n", "\n"+t+"\n") {
			s.teams = append(s.teams, t)
		}
	}
}

// notify wakes whoever waits for a change. The caller holds the lock.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// A refusal is an error as the API answers it.
type refusal struct {
	status  int
	code    string
	message string
	details any
}

func (e *refusal) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func invalid(format string, args ...any) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, code: "invalid_request", message: fmt.Sprintf(format, args...)}
}

func missing(kind, id string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("%s with identifier %q was not found", kind, id)}
}

// An answer is a status and what goes beside "ok".
type answer struct {
	status int
	body   map[string]any
}

func (s *Server) routes(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h func(*http.Request) (answer, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { reply(w, h, r) })
	}
	closed := func(pattern string, h func(*http.Request) (answer, error)) {
		open(pattern, func(r *http.Request) (answer, error) {
			if err := s.authorize(r); err != nil {
				return answer{}, err
			}
			return h(r)
		})
	}
	open("POST /v1/auth/access_token", s.accessToken)
	s.runRoutes(ctx, closed)
	s.definitionRoutes(closed)
	s.entityRoutes(ctx, closed)
	open("/", func(r *http.Request) (answer, error) {
		return answer{}, &refusal{status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("Route %s:%s not found", r.Method, r.URL.Path)}
	})
	return mux
}

func reply(w http.ResponseWriter, h func(*http.Request) (answer, error), r *http.Request) {
	w.Header().Set("X-Trace-Id", random(16))
	w.Header().Set("Content-Type", "application/json")
	a, err := answer{}, error(nil)
	if r.ContentLength > MaxRequest {
		err = &refusal{status: http.StatusRequestEntityTooLarge, code: "payload_too_large", message: "Request body is too large"}
	} else {
		a, err = h(r)
	}
	body := map[string]any{"ok": err == nil}
	if refused, ok := errors.AsType[*refusal](err); ok {
		a.status = refused.status
		body["error"], body["message"] = refused.code, refused.message
		if refused.details != nil {
			body["details"] = refused.details
		}
	} else if err != nil {
		a.status = http.StatusInternalServerError
		body["error"], body["message"] = "internal_error", "Internal Server Error"
	}
	for k, v := range a.body {
		body[k] = v
	}
	w.WriteHeader(cmp.Or(a.status, http.StatusOK))
	_ = json.NewEncoder(w).Encode(body)
}

// accessToken gives the token there is, until it ends.
func (s *Server) accessToken(r *http.Request) (answer, error) {
	var in struct{ ClientID, ClientSecret string }
	if err := decode(r, &in); err != nil {
		return answer{}, err
	}
	if in.ClientID != s.ClientID || in.ClientSecret != s.ClientSecret {
		return answer{}, &refusal{status: http.StatusUnauthorized, code: "invalid_credentials", message: "Invalid client id or client secret"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == "" || time.Now().After(s.tokenEnds) {
		s.token, s.tokenEnds = "ey"+random(40), time.Now().Add(s.tokenLife)
	}
	return answer{body: map[string]any{
		"accessToken": s.token, "expiresIn": int(time.Until(s.tokenEnds).Seconds()), "tokenType": "Bearer",
	}}, nil
}

func (s *Server) authorize(r *http.Request) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == "" || token != s.token || time.Now().After(s.tokenEnds) {
		return &refusal{status: http.StatusUnauthorized, code: "unauthorized", message: "Unauthorized"}
	}
	return nil
}

// decode reads a body and refuses what the route does not know.
func decode(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return invalid("body is not valid: %v", err)
	}
	return nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)[:n]
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// copyOf is a deep copy of a value of JSON.
func copyOf[T any](v T) (out T) {
	data, err := json.Marshal(v)
	if err == nil {
		_ = json.Unmarshal(data, &out)
	}
	return out
}
