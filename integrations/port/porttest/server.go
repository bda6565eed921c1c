package porttest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

const (
	// defaultTokenLifetime is the lifetime of an access token.
	// https://docs.port.io/api-reference/port-api
	defaultTokenLifetime = 3 * time.Hour

	// maxRequestBytes is the size of the largest request body and of the largest answer of a webhook.
	maxRequestBytes = 1 << 20

	// defaultMaxRuns is the number of stored runs unless Config says otherwise.
	defaultMaxRuns = 50_000

	organizationID = "org_emulated"
)

// Config configures a Server. The zero value is valid.
type Config struct {
	Addr string // the address to listen on; "" means a free port of 127.0.0.1

	// RewriteURL, if not nil, returns the address to send a webhook to in place of url, such as
	// the address of another emulator.
	RewriteURL func(url string) string

	// MaxRuns is the number of stored runs. Beyond it, the oldest runs that have ended are
	// removed. 0 means 50,000.
	MaxRuns int

	ClientID, ClientSecret string // the credentials; "" generates them

	ClientName string // the name of the API's client in events; "" means "foghorn"
}

// A Server is the emulator of one Port organization. It is safe for concurrent use.
type Server struct {
	*emulator.Server
	ClientID, ClientSecret string // the credentials of the organization

	cfg        Config
	handlers   map[string]handler // by the name of the route
	httpClient *http.Client
	cancel     context.CancelFunc
	wg         sync.WaitGroup // running webhooks and automations

	// goAsync runs f in a goroutine that Close cancels and waits for. The caller must not hold mu.
	goAsync func(f func(context.Context))

	mu            sync.Mutex
	token         string
	tokenExpires  time.Time
	tokenLifetime time.Duration
	window        rateWindow
	users         store[*user] // by e-mail address
	teams         store[team]  // by name

	changed chan struct{} // closed and replaced on every change
	catalog
}

// A catalog is everything that Reset removes. Server.mu protects it.
type catalog struct {
	actions      store[*action]
	permissions  map[string]permissions // by action
	blueprints   store[*blueprint]
	entities     map[string]store[*Entity] // by blueprint
	secrets      store[secret]
	migrations   store[migration]
	runs         []*Run // oldest first
	runsByID     store[*Run]
	integrations []json.RawMessage
	outcomes     []Outcome
}

func newCatalog() catalog {
	return catalog{
		actions: newStore[*action]("Action"), permissions: map[string]permissions{}, blueprints: newStore[*blueprint]("Blueprint"),
		entities: map[string]store[*Entity]{}, secrets: newStore[secret]("Secret"), migrations: newStore[migration]("Migration"),
		runsByID: newStore[*Run]("Run"),
	}
}

// New starts a Server for a test. It fails the test on an error, and closes the Server when the
// test ends.
func New(t emulator.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a Server. The caller must Close it.
func Start(cfg Config) (*Server, error) {
	if cfg.MaxRuns <= 0 {
		cfg.MaxRuns = defaultMaxRuns
	}
	cfg.ClientName = cmp.Or(cfg.ClientName, "foghorn")
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		ClientID: cmp.Or(cfg.ClientID, "client"+randomHex(12)), ClientSecret: cmp.Or(cfg.ClientSecret, randomHex(32)), cfg: cfg, cancel: cancel,
		httpClient: &http.Client{Timeout: webhookTimeout}, tokenLifetime: defaultTokenLifetime,
		users: newStore[*user]("User"), teams: newStore[team]("Team"), changed: make(chan struct{}), catalog: newCatalog(),
	}
	s.handlers = s.newHandlers()
	s.goAsync = func(f func(context.Context)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if ctx.Err() == nil {
			s.wg.Go(func() { f(ctx) })
		}
	}
	var err error
	if s.Server, err = emulator.Start(cfg.Addr, http.HandlerFunc(s.serveAPI)); err != nil {
		cancel()
		return nil, fmt.Errorf("start Port emulator: %w", err)
	}
	s.SetDescriber(s.eventSource())
	s.addControlRoutes()
	return s, nil
}

// URL is the base address of the API. Paths begin with /v1.
func (s *Server) URL() string { return s.Server.URL }

// Close stops the server, cancels running webhooks and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.cancel() // with the lock, so that goAsync starts nothing afterwards
	s.mu.Unlock()
	s.Server.Close()
	s.wg.Wait()
	s.httpClient.CloseIdleConnections()
}

// notifyLocked wakes the callers that wait for a change.
func (s *Server) notifyLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}
