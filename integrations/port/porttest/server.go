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
	TokenLifetime = 3 * time.Hour

	// MaxRequest is the largest request body, in bytes, and the largest answer of a webhook.
	MaxRequestBytes = 1 << 20

	// MaxRuns is how many runs are kept unless Config says otherwise.
	DefaultMaxRuns = 50_000

	// WebhookTimeout bounds a webhook. Port does not publish its own; its agent's is this.
	// https://github.com/port-labs/port-agent
	WebhookTimeout = 30 * time.Second

	organizationID = "org_emulated"
)

// Config says how the organisation is. The zero value is a usable one.
type Config struct {
	Addr string // where to listen; "": a free port of 127.0.0.1

	// Outbound, if set, gives the address that a webhook is really sent to, such as that
	// of an emulator in the place of a vendor's.
	RewriteURL func(url string) string

	// MaxRuns is how many runs are kept; beyond it the oldest that have ended are
	// forgotten. 0 means MaxRuns.
	MaxRuns int

	ClientName string // whom events name as the caller of the API; "" is "foghorn"
}

// A Server is a Port organisation.
type Server struct {
	*emulator.Server
	ClientID, ClientSecret string

	cfg        Config
	httpClient *http.Client
	cancel     context.CancelFunc
	wg         sync.WaitGroup // webhooks and automations at work

	// spawn runs work of the organisation's own: Close ends its context and waits for it.
	// The caller must not hold the lock.
	goAsync func(func(context.Context))

	mu            sync.Mutex
	token         string
	tokenExpires  time.Time
	tokenLifetime time.Duration
	window        rateWindow
	actions       map[string]map[string]any // automations too
	actionOrder   []string                  // identifiers of actions, oldest first
	permissions   map[string]map[string]any // of actions
	blueprints    map[string]map[string]any
	entities      map[string]map[string]map[string]any // blueprint -> identifier -> entity
	secrets       map[string]secret
	users         map[string]map[string]any // by e-mail
	teams         []string
	runs          []*Run // oldest first
	runsByID      map[string]*Run
	changed       chan struct{} // closed when something changes, and replaced
}

// Start serves an organisation on loopback. Close ends it.
func Start(cfg Config) (*Server, error) {
	if cfg.MaxRuns <= 0 {
		cfg.MaxRuns = DefaultMaxRuns
	}
	cfg.ClientName = cmp.Or(cfg.ClientName, "foghorn")
	s := &Server{
		ClientID: "client" + randomHex(12), ClientSecret: randomHex(32), cfg: cfg,
		httpClient: &http.Client{Timeout: WebhookTimeout},
		actions:    map[string]map[string]any{}, permissions: map[string]map[string]any{}, blueprints: map[string]map[string]any{},
		entities: map[string]map[string]map[string]any{}, secrets: map[string]secret{},
		users: map[string]map[string]any{}, runsByID: map[string]*Run{}, tokenLifetime: TokenLifetime, changed: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	s.cancel = stop
	s.goAsync = func(work func(context.Context)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if ctx.Err() == nil {
			s.wg.Go(func() { work(ctx) })
		}
	}
	var err error
	if s.Server, err = emulator.Start(cfg.Addr, s.routes()); err != nil {
		stop()
		return nil, fmt.Errorf("start Port emulator: %w", err)
	}
	s.Tell(s.eventSource())
	return s, nil
}

// URL is the base address of the API; paths begin with /v1.
func (s *Server) URL() string { return s.Server.URL }

// Close stops the server, ends the webhooks that are under way and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.cancel() // under the lock, so that nothing is spawned after it
	s.mu.Unlock()
	s.Server.Close()
	s.wg.Wait()
	s.httpClient.CloseIdleConnections()
}

// notifyLocked wakes whoever waits for a change. The caller holds the lock.
func (s *Server) notifyLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}
