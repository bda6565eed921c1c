package incidentiotest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

// Config configures a Server. The zero value is valid.
type Config struct {
	Addr           string        // the address to listen on; "" means a free port of 127.0.0.1
	PermalinkBase  string        // the start of permalinks; "" means https://app.incident.io/acme
	Users          []Person      // who can be assigned to a role; nil means everyone who is named by an e-mail address or a Slack user
	APIKey         string        // "" generates one
	TriageDisabled bool          // new incidents start with the first live status
	KeyRoles       []string      // the roles of the API's key; nil means viewer and incident_creator
	SlackTeams     []string      // ids of the Slack workspaces; nil means T0ACME. If there are several, a new incident must name one
	ChannelDelay   time.Duration // the time until an incident has its Slack channel; 0 means 300 ms
	ClientName     string        // the name of the API's client in events; "" means "foghorn"
}

// A Server is the emulator of one incident.io organization. It is safe for concurrent use.
type Server struct {
	*emulator.Server
	APIKey string // the key that the API accepts, inc_…

	cfg Config

	mu               sync.Mutex
	organization     Organization
	persons          []Person
	keys             map[string][]string // the roles of each API key
	onChannelCreated func(id, name string)
	incidents        []*Incident // oldest first
	updates          []update    // oldest first
	byIdempotencyKey map[string]*Incident
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
	cfg.PermalinkBase = cmp.Or(cfg.PermalinkBase, "https://app.incident.io/acme")
	cfg.ClientName = cmp.Or(cfg.ClientName, "foghorn")
	cfg.ChannelDelay = cmp.Or(cfg.ChannelDelay, 300*time.Millisecond)
	if len(cfg.SlackTeams) == 0 {
		cfg.SlackTeams = []string{"T0ACME"}
	}
	if cfg.KeyRoles == nil {
		cfg.KeyRoles = []string{roleCreator, roleViewer}
	}
	s := &Server{APIKey: cmp.Or(cfg.APIKey, newKey()), cfg: cfg}
	s.restore()
	var err error
	if s.Server, err = emulator.Start(cfg.Addr, s.serveAPI()); err != nil {
		return nil, fmt.Errorf("start incident.io emulator: %w", err)
	}
	s.SetDescriber(s.eventSource())
	s.addControlRoutes()
	return s, nil
}

// URL is the base address of the API.
func (s *Server) URL() string { return s.Server.URL }

// State returns a snapshot that can be encoded as JSON: incidents, severities and statuses as the
// API shows them. It does not contain the API key.
func (s *Server) State() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{
		"incidents": convert(s.incidents, s.toAPILocked), "severities": s.severitiesLocked(), "incident_statuses": s.statusesLocked(),
	}
}

// Reset removes all incidents and planned faults, and restores what the
// configuration says about the organization. It keeps the API key, removes others, and keeps the function of OnChannelCreated.
func (s *Server) Reset() {
	s.ClearFaults()
	s.restore()
}

func (s *Server) restore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.incidents, s.updates, s.byIdempotencyKey = nil, nil, map[string]*Incident{}
	s.storeLocked(Organization{Severities: defaultSeverities(), Statuses: defaultStatuses(), Types: []Type{}, CustomFields: []CustomField{}})
	s.keys = map[string][]string{s.APIKey: append([]string{}, s.cfg.KeyRoles...)}
	s.persons = convert(s.cfg.Users, Person.withDefaults)
}

// eventSource describes the calls that read as events. A call that creates an incident has the
// event "incident" instead.
func (s *Server) eventSource() emulator.CallDescriber {
	return emulator.CallDescriber{
		Name: "incident.io",
		Describe: func(c emulator.Call) (caller, text string) {
			if c.Method != http.MethodGet {
				return "", ""
			}
			return s.cfg.ClientName, c.Method + " " + c.Path
		},
		Mask: func(text string) string {
			return strings.ReplaceAll(keyPattern.ReplaceAllString(text, "•••"), s.APIKey, "•••")
		},
	}
}
