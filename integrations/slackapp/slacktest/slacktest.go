package slacktest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

// Slack's times. Config can make them shorter for tests.
const (
	// AckTimeout is how long an app may take to acknowledge an envelope.
	// https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
	AckTimeout = 3 * time.Second

	// TriggerLife is how long a trigger_id can be used, once.
	// https://docs.slack.dev/surfaces/modals
	TriggerLife = 3 * time.Second

	// PingEvery is the time between two pings of a socket. Clients give up after 30 s without one.
	PingEvery = 10 * time.Second

	// WarningPeriod is the time between a disconnect warning and the end of the socket.
	// https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect
	WarningPeriod = 10 * time.Second

	// SocketLife is how long a socket lives before it is refreshed; DebugSocketLife is for
	// addresses with debug_reconnects=true.
	SocketLife      = 18060 * time.Second
	DebugSocketLife = 360 * time.Second
)

// ErrClosed is returned by whatever waits when the server is closed.
var ErrClosed = errors.New("slack emulator is closed")

// Config says how the workspace is. The zero value is a usable one.
type Config struct {
	Addr string // where to listen; "" is a free port of 127.0.0.1

	AppName string // "Foghorn"; in lower case it is the app's name in events
	Team    string // "Foghorn Test": the name of the workspace
	Domain  string // "foghorn-test"

	EnterpriseID string // of the Enterprise organization that the workspace is in; "": it is in none

	// Permalinks is what the links to messages begin with; "" is https://<Domain>.slack.com.
	Permalinks string

	BotToken, AppToken string // "" makes them

	Commands []string // the app's slash commands; none means that every command is the app's
	Scopes   []string // of the bot token; nil means all that are modelled
	Users    []User
	Channels []Channel

	// Zero means Slack's own value.
	AckTimeout, TriggerLife, PingEvery, WarningPeriod, SocketLife time.Duration
}

// A Server is a Slack workspace with one app installed in it.
type Server struct {
	*emulator.Server

	BotToken string // xoxb-…
	AppToken string // xapp-…
	BotUser  string // user id of the app's bot
	BotID    string
	AppID    string
	TeamID   string

	cfg   Config
	door  http.Handler
	ready chan struct{} // closed when the fields above are set
	ended chan struct{} // closed by Close
	stop  sync.Once
	busy  sync.WaitGroup // sockets and envelopes

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every change of what follows
	workspace
	sockets
	views
}

// Start serves a workspace on loopback. Close ends it.
func Start(cfg Config) (*Server, error) {
	cfg.fill()
	s := &Server{
		BotToken: cfg.BotToken,
		AppToken: cfg.AppToken,
		AppID:    "A" + upper(10),
		BotUser:  "U" + upper(10),
		BotID:    "B" + upper(10),
		TeamID:   "T" + upper(10),
		cfg:      cfg,
		ready:    make(chan struct{}),
		ended:    make(chan struct{}),
		changed:  make(chan struct{}),
	}
	if s.BotToken == "" {
		s.BotToken = "xoxb-" + digits(12) + "-" + digits(12) + "-" + letters(24)
	}
	if s.AppToken == "" {
		s.AppToken = "xapp-1-" + s.AppID + "-" + digits(12) + "-" + letters(32)
	}
	s.workspace = newWorkspace(cfg.Scopes)
	s.sockets = newSockets()
	s.views = newViews()
	s.AddUser(User{ID: s.BotUser, Name: strings.ToLower(cfg.AppName), RealName: cfg.AppName, Bot: true})
	for _, u := range cfg.Users {
		s.AddUser(u)
	}
	for _, c := range cfg.Channels {
		s.AddChannel(c)
	}
	s.door = s.newDoor()
	srv, err := emulator.Start(cfg.Addr, http.HandlerFunc(s.serve))
	if err != nil {
		return nil, err
	}
	s.Server = srv
	srv.Tell(s.teller())
	close(s.ready)
	return s, nil
}

func (c *Config) fill() {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&c.AppName, "Foghorn")
	set(&c.Team, "Foghorn Test")
	set(&c.Domain, "foghorn-test")
	set(&c.Permalinks, "https://"+c.Domain+".slack.com")
	life := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	life(&c.AckTimeout, AckTimeout)
	life(&c.TriggerLife, TriggerLife)
	life(&c.PingEvery, PingEvery)
	life(&c.WarningPeriod, WarningPeriod)
	life(&c.SocketLife, SocketLife)
}

// URL is the base address of the Web API, for SLACK_API_URL or slack.OptionAPIURL. It ends in "/api/".
func (s *Server) URL() string { return s.Server.URL + "/api/" }

// Close cuts all connections and waits for everything that the server runs.
func (s *Server) Close() {
	s.stop.Do(func() {
		close(s.ended)
		s.Drop()
		s.Server.Close()
	})
	s.busy.Wait()
}

// serve routes what is not an API method: sockets, response_urls and the door.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	<-s.ready
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		s.serveMethod(w, r, strings.TrimPrefix(path, "/api/"))
	case path == "/link/":
		s.serveSocket(w, r)
	case strings.HasPrefix(path, "/door/"):
		s.door.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/commands/"), strings.HasPrefix(path, "/actions/"):
		s.serveResponseURL(w, r)
	default:
		http.NotFound(w, r)
	}
}

// await returns when ready, which is called with the state locked, says true.
func (s *Server) await(ctx context.Context, ready func() bool) error {
	for {
		s.mu.Lock()
		if ready() {
			s.mu.Unlock()
			return nil
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ended:
			return ErrClosed
		}
	}
}

// touch wakes those who await a change. s.mu is held.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// app is the app's name in events.
func (s *Server) app() string { return strings.ToLower(s.cfg.AppName) }
