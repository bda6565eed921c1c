package incidentiotest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"foghorn/integrations/emulator"
)

// Config says how the organisation is. The zero value is a usable one.
type Config struct {
	Addr              string        // where to listen; "": a free port of 127.0.0.1
	PermalinkBase     string        // what permalinks begin with; "": https://app.incident.io/acme
	Severities        []Severity    // nil: the guide's three; those without an ID get one
	Statuses          []Status      // nil: those of a new organisation; those without an ID get one
	UserEmails        []string      // e-mail addresses that a role can be given to; nil: any
	TriageDisabled    bool          // incidents made by the API start as the first live status, as where triage is off
	RejectNullSummary bool          // a null summary is a validation error; the vendor does not say which it is
	ChannelDelay      time.Duration // until an incident's channel is known; 0: 300 ms
	ClientName        string        // whom events name as the reader of the API; "": foghorn
}

// A Severity of the organisation. The lowest rank is the least severe.
type Severity struct {
	ID, Name, Description string
	Rank                  int
}

// A Status of the organisation. Its category is one of incident.io's fixed ones.
type Status struct {
	ID, Name, Description, Category string
	Rank                            int
}

// An Incident that was declared.
type Incident struct {
	ID, Reference, Name, Summary string
	Severity, Status             string // names; Severity may be empty
	Visibility, Mode             string
	Permalink                    string
	IdempotencyKey               string
	Reporter                     string // e-mail address or id; empty when none was given
	CreatedAt, UpdatedAt         time.Time

	severity        *Severity
	status          Status
	channelID       string
	roleAssignments []any // role assignments as the API shows them
}

// A Server is an incident.io organisation.
type Server struct {
	*emulator.Server
	APIKey string // inc_…

	cfg Config

	mu               sync.Mutex
	severities       []Severity
	statuses         []Status
	onChannelCreated func(id, name string)
	incidents        []*Incident // oldest first
	byIdempotencyKey map[string]*Incident
}

// Start serves an organisation on loopback. Close ends it.
func Start(cfg Config) (*Server, error) {
	cfg.PermalinkBase = cmp.Or(cfg.PermalinkBase, "https://app.incident.io/acme")
	cfg.ClientName = cmp.Or(cfg.ClientName, "foghorn")
	cfg.ChannelDelay = cmp.Or(cfg.ChannelDelay, 300*time.Millisecond)
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	s := &Server{APIKey: "inc_" + hex.EncodeToString(key), cfg: cfg, byIdempotencyKey: map[string]*Incident{}}
	if cfg.Severities == nil {
		cfg.Severities = defaultSeverities()
	}
	if cfg.Statuses == nil {
		cfg.Statuses = defaultStatuses()
	}
	s.SetSeverities(cfg.Severities...)
	s.SetStatuses(cfg.Statuses...)
	var err error
	s.Server, err = emulator.Start(cfg.Addr, s.routes())
	if err != nil {
		return nil, fmt.Errorf("start incident.io emulator: %w", err)
	}
	s.Tell(s.eventSource())
	return s, nil
}

// eventSource tells of reading. Who declares an incident tells of the call, and the event
// "incident" of what came of it.
func (s *Server) eventSource() emulator.Teller {
	return emulator.Teller{
		Name: "incident.io",
		Who: func(c emulator.Call) (caller, text string) {
			if c.Method != http.MethodGet {
				return "", ""
			}
			return s.cfg.ClientName, c.Method + " " + c.Path
		},
		Mask: func(text string) string { return strings.ReplaceAll(text, s.APIKey, "•••") },
	}
}

// URL is the base address of the API.
func (s *Server) URL() string { return s.Server.URL }

// Incidents are all that were declared, oldest first.
func (s *Server) Incidents() []Incident {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Incident, 0, len(s.incidents))
	for _, i := range s.incidents {
		out = append(out, *i)
	}
	return out
}

// SetSeverities replaces the severities. Those without an ID get one.
func (s *Server) SetSeverities(list ...Severity) {
	list = slices.Clone(list)
	for i := range list {
		list[i].ID = cmp.Or(list[i].ID, ulid.Make().String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.severities = list
}

// Statuses are those of the organisation, in the order that was given.
func (s *Server) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.statuses)
}

// SetStatuses replaces the statuses. Those without an ID get one.
func (s *Server) SetStatuses(list ...Status) {
	list = slices.Clone(list)
	for i := range list {
		list[i].ID = cmp.Or(list[i].ID, ulid.Make().String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses = list
}

// OnChannelCreated has f make the Slack channel of each new public incident, as incident.io does
// where it is connected to Slack.
func (s *Server) OnChannelCreated(f func(id, name string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onChannelCreated = f
}

// SetStatus moves an incident to the status with a name. It reports false when there is no
// such incident or status.
func (s *Server) SetStatus(id, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.findIncidentLocked(id)
	n := slices.IndexFunc(s.statuses, func(st Status) bool { return st.Name == name })
	if i == nil || n < 0 {
		return false
	}
	i.status, i.Status, i.UpdatedAt = s.statuses[n], name, time.Now().UTC()
	body := map[string]any{"incident": s.toAPILocked(i)}
	s.Emit(emulator.Event{From: "incident.io", To: "incident.io", Kind: "incident", Text: i.Reference + " is " + name, Body: body})
	return true
}

// findIncidentLocked looks an incident up by its id or the number of its reference. The caller holds the lock.
func (s *Server) findIncidentLocked(id string) *Incident {
	for _, i := range s.incidents {
		if i.ID == id || i.Reference == "INC-"+id {
			return i
		}
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]func(*http.Request) (int, any){
		"POST /v2/incidents":        s.createIncident,
		"GET /v2/incidents":         s.listIncidents,
		"GET /v2/incidents/{id}":    s.getIncident,
		"GET /v1/severities":        s.listSeverities,
		"GET /v1/incident_statuses": s.listStatuses,
		"GET /v1/incident_types":    s.listTypes,
		"GET /v2/incident_roles":    s.listRoles,
		"GET /v1/identity":          s.getIdentity,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, body := http.StatusUnauthorized, any(nil)
			if refusal := s.authenticate(r); refusal != nil {
				body = refusal
			} else {
				status, body = h(r)
				// https://docs.incident.io/api-reference/introduction#rate-limits
				w.Header().Set("X-RateLimit-Limit", "60, 1200;window=60, 60;window=60")
				w.Header().Set("X-RateLimit-Remaining", "1199")
				w.Header().Set("X-RateLimit-Used", "1")
				w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Second).Unix(), 10))
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
		})
	}
	// An unknown route is answered before anything else is looked at, with nothing.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// authenticate is the answer to a request without a key that counts; nil for one with it.
func (s *Server) authenticate(r *http.Request) map[string]any {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !bearer || key == "":
		return errorBody(http.StatusUnauthorized, "authentication_error", apiError{Code: "missing_authorization_material", Message: "No authorization material provided in request"})
	case key != s.APIKey:
		return errorBody(http.StatusUnauthorized, "authentication_error", apiError{Code: "access_token_invalid", Message: "Access token is not valid"})
	}
	return nil
}

// apiError is one entry of the error envelope.
// https://docs.incident.io/api-reference/introduction#errors
type apiError struct {
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Source  *errorSource `json:"source,omitempty"`
}

type errorSource struct {
	Field string `json:"field"`
}

func errorBody(status int, kind string, problems ...apiError) map[string]any {
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return map[string]any{
		"type": kind, "status": status, "errors": problems,
		"request_id": fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
	}
}

func notFound(*http.Request) (int, any) {
	return http.StatusNotFound, errorBody(http.StatusNotFound, "not_found", apiError{Code: "not_found", Message: "Resource not found"})
}
