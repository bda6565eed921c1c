package ui

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

// A faultToggle is a switch that breaks something while it is on.
type faultToggle struct {
	Name, Title, About string
	On                 bool
}

// faultToggles are the switches, in the order of the page.
var faultToggles = []faultToggle{
	{Name: "slack-429", Title: "Slack says 429", About: "chat.postMessage and postEphemeral are refused, Retry-After 2 s"},
	{Name: "slack-500", Title: "Slack says 500", About: "so do they all, with a page of HTML"},
	{Name: "port-hangs", Title: "Port hangs", About: "every call waits for 30 s"},
	{Name: "port-down", Title: "Port is down", About: "every call is answered 503"},
	{Name: "port-loses", Title: "Port's answer is lost", About: "the run is made, and the line is cut before the answer"},
	{Name: "incident-refuses", Title: "incident.io refuses", About: "422: the severity is not known"},
	{Name: "kill-midway", Title: "Kill at the next run", About: "the bot is killed the moment Port makes a run"},
}

// faults break things.
type faults struct {
	server  *Server
	setting sync.Mutex // one set at a time

	mu sync.Mutex // of on; never held over a call of an emulator, which may be telling happened
	on map[string]bool
}

func newFaults(p *Server) *faults { return &faults{server: p, on: map[string]bool{}} }

// onEvent kills the bot where the switch says so. It never waits.
func (s *faults) onEvent(e event) {
	if e.Kind != "run" || !strings.Contains(e.Text, " of ") || s.server.cfg.Bot == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on["kill-midway"] {
		s.on["kill-midway"] = false
		s.server.cfg.Bot.Kill()
	}
}

// set turns a switch, or cuts the links for "cut".
func (s *faults) set(name string, on bool) error {
	if name == "cut" {
		s.server.cfg.Slack.Drop()
		return nil
	}
	if !slices.ContainsFunc(faultToggles, func(b faultToggle) bool { return b.Name == name }) {
		return errors.New("there is no such switch")
	}
	s.setting.Lock()
	defer s.setting.Unlock()
	s.mu.Lock()
	s.on[name] = on
	now := maps.Clone(s.on)
	s.mu.Unlock()
	cfg := s.server.cfg
	cfg.Slack.Clear()
	cfg.Port.Clear()
	cfg.Incidents.Clear()
	for _, b := range faultToggles {
		if now[b.Name] {
			s.inject(b.Name)
		}
	}
	return nil
}

// inject plays the faults of a switch.
func (s *faults) inject(name string) {
	cfg := s.server.cfg
	switch name {
	case "slack-429":
		for _, method := range []string{"chat.postMessage", "chat.postEphemeral"} {
			cfg.Slack.Limit(method, 2*time.Second, 0)
		}
	case "slack-500":
		for _, method := range []string{"/chat.postMessage", "/chat.postEphemeral"} {
			cfg.Slack.Plan(emulator.Fault{Path: method, Status: http.StatusInternalServerError, Body: "<html><body>Something went wrong</body></html>"})
		}
	case "port-hangs":
		cfg.Port.Plan(emulator.Fault{Delay: 30 * time.Second})
	case "port-down":
		cfg.Port.Plan(emulator.Fault{Status: http.StatusServiceUnavailable, Body: `{"ok":false,"error":"unavailable","message":"Port is down"}`})
	case "port-loses":
		cfg.Port.Plan(emulator.Fault{Method: http.MethodPost, Path: "/runs", Lose: true})
	case "incident-refuses":
		cfg.Incidents.Plan(emulator.Fault{
			Method: http.MethodPost, Path: "/v2/incidents", Status: http.StatusUnprocessableEntity,
			Body: `{"type":"validation_error","status":422,"errors":[{"code":"not_found","message":"Severity could not be found","source":{"field":"severity_id"}}]}`,
		})
	}
}

// Switches are all switches with how they stand.
func (l *viewModel) Switches() []faultToggle {
	s := l.server.faults
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(faultToggles)
	for i := range out {
		out[i].On = s.on[out[i].Name]
	}
	if l.server.cfg.Bot == nil {
		out = slices.DeleteFunc(out, func(b faultToggle) bool { return b.Name == "kill-midway" })
	}
	return out
}

// A counts shows that nothing is lost and nothing doubles.
type counts struct {
	Taken   int // forms that the app took
	Runs    int // that Port made
	Told    int // requests whose end was told
	Doubled int // messages told more than once
}

// Tally counts what has happened since the start.
func (l *viewModel) Tally() (t counts) {
	cfg := l.server.cfg
	for _, a := range cfg.Slack.Acks() {
		if a.Kind == "view_submission" && a.Err == nil && closesForm(a.Payload) {
			t.Taken++
		}
	}
	t.Runs = len(cfg.Port.Runs())
	seen, requests := map[string]bool{}, map[string]bool{}
	for _, c := range cfg.Slack.Channels() {
		for _, m := range cfg.Slack.Messages(c.ID) {
			key := messageKey(m.Metadata)
			request, to, _ := strings.Cut(key, ".")
			if key == "" || to == "waiting" || to == "late" {
				continue
			}
			if seen[m.Channel+key] {
				t.Doubled++
			}
			seen[m.Channel+key], requests[request] = true, true
		}
	}
	t.Told = len(requests)
	return t
}

// closesForm says whether an ack closed the form.
func closesForm(payload json.RawMessage) bool {
	var a struct {
		Action string `json:"response_action"`
	}
	_ = json.Unmarshal(payload, &a) // no payload closes it too
	return a.Action == "" || a.Action == "clear"
}

// messageKey is what the bot finds a message again by; "" when it is none of its ends.
func messageKey(metadata json.RawMessage) string {
	var m struct {
		Event   string               `json:"event_type"`
		Payload struct{ Key string } `json:"event_payload"`
	}
	if json.Unmarshal(metadata, &m) != nil || m.Event != "foghorn_notification" {
		return ""
	}
	return m.Payload.Key
}
