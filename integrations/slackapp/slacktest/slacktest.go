package slacktest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

// Slack's durations. Config can make them shorter for tests.
const (
	// AckTimeout is the maximum time until the ack of an envelope.
	// https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
	AckTimeout = 3 * time.Second

	// TriggerLife is how long a trigger_id is valid. It can be used once.
	// https://docs.slack.dev/surfaces/modals
	TriggerLife = 3 * time.Second

	// PingInterval is the time between two pings of a connection. Clients close it after 30 s without one.
	PingInterval = 10 * time.Second

	// WarningPeriod is the time between a disconnect warning and the end of the connection.
	// https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect
	WarningPeriod = 10 * time.Second

	// connectionLife is the time until a connection is refreshed.
	connectionLife = 18060 * time.Second
)

// ErrClosed is returned by functions that wait when the server is closed.
var ErrClosed = errors.New("slack emulator is closed")

// Config configures a Server. The zero value is valid.
type Config struct {
	Addr string // the address to listen on; "" means a free port of 127.0.0.1

	AppName string // "" means "Foghorn"; in lower case, the name of the app in events
	Team    string // the name of the workspace; "" means "Foghorn Test"
	Domain  string // of the workspace; "" means "foghorn-test"

	// Permalinks is the beginning of permalinks; "" means https://<Domain>.slack.com.
	Permalinks string

	BotToken, AppToken string // "" generates them

	Commands []string // the slash commands of the app; nil means every command
	Scopes   []string // of the bot token; nil means AllScopes
	Users    []User
	Channels []Channel

	BotEvents    []string        // the events that the app subscribes to; nil means app_home_opened
	EventRetries []time.Duration // when an event without an ack is sent again; nil means at once, after 1 min and after 5 min
	NoHomeTab    bool            // the app's manifest does not enable the Home tab
	Manifest     []byte          // if not nil, replaces Commands, Scopes, BotEvents and NoHomeTab, see SetManifest

	// Zero means Slack's value, which is the constant of the same name.
	AckTimeout, TriggerLife, PingInterval, WarningPeriod time.Duration
}

// A Server is a Slack workspace with one app installed in it.
type Server struct {
	*emulator.Server

	BotToken string // xoxb-…
	AppToken string // xapp-…
	BotUser  string // user id of the bot
	BotID    string
	AppID    string
	TeamID   string

	cfg             Config // mu guards what SetManifest changes
	initialUsers    []User // with initialChannels, what Reset restores
	initialChannels []Channel

	ready chan struct{}   // closed when the fields above are set
	ctx   context.Context // ends with Close
	end   context.CancelFunc
	wg    sync.WaitGroup // connections, warnings and events that are sent again

	mu      sync.Mutex
	changed chan struct{} // closed and replaced on every change of the fields below
	workspace
	connections
	views
	settings Settings
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
	cfg.setDefaults()
	s := &Server{
		AppID:   "A" + randomUpper(10),
		BotUser: "U" + randomUpper(10),
		BotID:   "B" + randomUpper(10),
		TeamID:  "T" + randomUpper(10),
		cfg:     cfg,
		ready:   make(chan struct{}),
		changed: make(chan struct{}),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	s.BotToken = cmp.Or(cfg.BotToken, "xoxb-"+randomDigits(12)+"-"+randomDigits(12)+"-"+randomLetters(24))
	s.AppToken = cmp.Or(cfg.AppToken, "xapp-1-"+s.AppID+"-"+randomDigits(12)+"-"+randomLetters(32))
	s.workspace = newWorkspace(cfg.Scopes)
	s.connections = newConnections()
	if cfg.Manifest != nil {
		if _, err := s.SetManifest(cfg.Manifest); err != nil {
			return nil, err
		}
	}
	s.views = newViews()
	bot := User{ID: s.BotUser, Name: strings.ToLower(cfg.AppName), RealName: cfg.AppName, Bot: true}
	for _, u := range append([]User{bot}, cfg.Users...) {
		s.initialUsers = append(s.initialUsers, s.AddUser(u))
	}
	for _, c := range cfg.Channels {
		s.initialChannels = append(s.initialChannels, s.AddChannel(c))
	}
	srv, err := emulator.Start(cfg.Addr, http.HandlerFunc(s.route))
	if err != nil {
		return nil, err
	}
	s.Server = srv
	srv.SetDescriber(s.newDescriber())
	s.addControlRoutes()
	close(s.ready)
	return s, nil
}

func (c *Config) setDefaults() {
	c.AppName, c.Team, c.Domain = cmp.Or(c.AppName, "Foghorn"), cmp.Or(c.Team, "Foghorn Test"), cmp.Or(c.Domain, "foghorn-test")
	c.Permalinks = cmp.Or(c.Permalinks, "https://"+c.Domain+".slack.com")
	if c.BotEvents == nil {
		c.BotEvents = []string{"app_home_opened"}
	}
	if c.EventRetries == nil {
		c.EventRetries = eventRetries
	}
	c.AckTimeout, c.TriggerLife = cmp.Or(c.AckTimeout, AckTimeout), cmp.Or(c.TriggerLife, TriggerLife)
	c.PingInterval, c.WarningPeriod = cmp.Or(c.PingInterval, PingInterval), cmp.Or(c.WarningPeriod, WarningPeriod)
}

// URL is the base address of the Web API, for SLACK_API_URL or slack.OptionAPIURL. It ends in "/api/".
func (s *Server) URL() string { return s.Server.URL + "/api/" }

// Close closes all connections and waits for all goroutines of the server.
func (s *Server) Close() {
	s.end()
	s.DropConnections()
	s.Server.Close()
	s.wg.Wait()
}

// route serves API methods, connections and response_urls.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	<-s.ready
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		s.serveMethod(w, r, strings.TrimPrefix(path, "/api/"))
	case path == "/link/":
		s.serveConnection(w, r)
	case strings.HasPrefix(path, "/commands/"), strings.HasPrefix(path, "/actions/"):
		s.serveResponseURL(w, r)
	default:
		http.NotFound(w, r)
	}
}

// waitFor reads a value, at first and after every change, until fits accepts it. read needs the lock, and fits is called
// without it.
func waitFor[T any](ctx context.Context, s *Server, read func() (T, error), fits func(T) bool) error {
	for {
		s.mu.Lock()
		value, err := read()
		changed := s.changed
		s.mu.Unlock()
		if err != nil || fits(value) {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return ErrClosed
		}
	}
}

// waitOpen waits until the number of open connections matches fits.
func (s *Server) waitOpen(ctx context.Context, fits func(n int) bool) error {
	return waitFor(ctx, s, func() (int, error) { return len(s.open), nil }, fits)
}

// locked calls f with the lock held.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// notifyLocked wakes the functions that wait for a change.
func (s *Server) notifyLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// appLabel is the name of the app in events.
func (s *Server) appLabel() string { return strings.ToLower(s.cfg.AppName) }
