package porttest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

const (
	// TokenLife is how long a token is good for.
	// https://docs.port.io/api-reference/port-api
	TokenLife = 3 * time.Hour

	// MaxRequest is the largest request body, in bytes, and the largest answer of a webhook.
	MaxRequest = 1 << 20

	// MaxRuns is how many runs are kept unless Config says otherwise.
	MaxRuns = 50_000

	// WebhookTimeout bounds a webhook. Port does not publish its own; its agent's is this.
	// https://github.com/port-labs/port-agent
	WebhookTimeout = 30 * time.Second

	orgID = "org_emulated"
)

// Config says how the organisation is. The zero value is a usable one.
type Config struct {
	Addr string // where to listen; "": a free port of 127.0.0.1

	// Outbound, if set, gives the address that a webhook is really sent to, such as that
	// of an emulator in the place of a vendor's.
	Outbound func(url string) string

	// MaxRuns is how many runs are kept; beyond it the oldest that have ended are
	// forgotten. 0 means MaxRuns.
	MaxRuns int

	Caller string // whom events name as the caller of the API; "" is "foghorn"
}

// A Server is a Port organisation.
type Server struct {
	*emulator.Server
	ClientID, ClientSecret string

	cfg  Config
	http *http.Client
	stop context.CancelFunc
	work sync.WaitGroup // webhooks and automations at work

	// spawn runs work of the organisation's own: Close ends its context and waits for it.
	// The caller must not hold the lock.
	spawn func(func(context.Context))

	mu         sync.Mutex
	token      string
	tokenEnds  time.Time
	tokenLife  time.Duration
	window     window
	actions    map[string]map[string]any // automations too
	order      []string                  // identifiers of actions, oldest first
	permission map[string]map[string]any // of actions
	blueprints map[string]map[string]any
	entities   map[string]map[string]map[string]any // blueprint -> identifier -> entity
	secrets    map[string]secret
	users      map[string]map[string]any // by e-mail
	teams      []string
	runs       []*Run // oldest first
	byID       map[string]*Run
	changed    chan struct{} // closed when something changes, and replaced
}

// Start serves an organisation on loopback. Close ends it.
func Start(cfg Config) (*Server, error) {
	if cfg.MaxRuns <= 0 {
		cfg.MaxRuns = MaxRuns
	}
	cfg.Caller = cmp.Or(cfg.Caller, "foghorn")
	s := &Server{
		ClientID: "client" + random(12), ClientSecret: random(32), cfg: cfg,
		http:    &http.Client{Timeout: WebhookTimeout},
		actions: map[string]map[string]any{}, permission: map[string]map[string]any{}, blueprints: map[string]map[string]any{},
		entities: map[string]map[string]map[string]any{}, secrets: map[string]secret{},
		users: map[string]map[string]any{}, byID: map[string]*Run{}, tokenLife: TokenLife, changed: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.spawn = func(work func(context.Context)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if ctx.Err() == nil {
			s.work.Go(func() { work(ctx) })
		}
	}
	var err error
	if s.Server, err = emulator.Start(cfg.Addr, s.routes()); err != nil {
		stop()
		return nil, fmt.Errorf("start Port emulator: %w", err)
	}
	s.Tell(s.teller())
	return s, nil
}

// URL is the base address of the API; paths begin with /v1.
func (s *Server) URL() string { return s.Server.URL }

// Close stops the server, ends the webhooks that are under way and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.stop() // under the lock, so that nothing is spawned after it
	s.mu.Unlock()
	s.Server.Close()
	s.work.Wait()
	s.http.CloseIdleConnections()
}

// notify wakes whoever waits for a change. The caller holds the lock.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}
