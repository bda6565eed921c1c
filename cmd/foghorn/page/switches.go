package page

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

// A breaker is a switch that breaks something while it is on.
type breaker struct {
	Name, Title, About string
	On                 bool
}

// breakers are the switches, in the order of the page.
var breakers = []breaker{
	{Name: "slack-429", Title: "Slack says 429", About: "chat.postMessage and postEphemeral are refused, Retry-After 2 s"},
	{Name: "slack-500", Title: "Slack says 500", About: "so do they all, with a page of HTML"},
	{Name: "port-hangs", Title: "Port hangs", About: "every call waits for 30 s"},
	{Name: "port-down", Title: "Port is down", About: "every call is answered 503"},
	{Name: "port-loses", Title: "Port's answer is lost", About: "the run is made, and the line is cut before the answer"},
	{Name: "incident-refuses", Title: "incident.io refuses", About: "422: the severity is not known"},
	{Name: "kill-midway", Title: "Kill at the next run", About: "the bot is killed the moment Port makes a run"},
}

// switches break things.
type switches struct {
	page    *Page
	setting sync.Mutex // one set at a time

	mu sync.Mutex // of on; never held over a call of an emulator, which may be telling happened
	on map[string]bool
}

func newSwitches(p *Page) *switches { return &switches{page: p, on: map[string]bool{}} }

// happened kills the bot where the switch says so. It never waits.
func (s *switches) happened(e event) {
	if e.Kind != "run" || !strings.Contains(e.Text, " of ") || s.page.cfg.Bot == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on["kill-midway"] {
		s.on["kill-midway"] = false
		s.page.cfg.Bot.Kill()
	}
}

// set turns a switch, or cuts the links for "cut".
func (s *switches) set(name string, on bool) error {
	if name == "cut" {
		s.page.cfg.Slack.Drop()
		return nil
	}
	if !slices.ContainsFunc(breakers, func(b breaker) bool { return b.Name == name }) {
		return errors.New("there is no such switch")
	}
	s.setting.Lock()
	defer s.setting.Unlock()
	s.mu.Lock()
	s.on[name] = on
	now := maps.Clone(s.on)
	s.mu.Unlock()
	cfg := s.page.cfg
	cfg.Slack.Clear()
	cfg.Port.Clear()
	cfg.Incidents.Clear()
	for _, b := range breakers {
		if now[b.Name] {
			s.plan(b.Name)
		}
	}
	return nil
}

// plan plays the faults of a switch.
func (s *switches) plan(name string) {
	cfg := s.page.cfg
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
func (l *look) Switches() []breaker {
	s := l.page.switches
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(breakers)
	for i := range out {
		out[i].On = s.on[out[i].Name]
	}
	if l.page.cfg.Bot == nil {
		out = slices.DeleteFunc(out, func(b breaker) bool { return b.Name == "kill-midway" })
	}
	return out
}

// A tally shows that nothing is lost and nothing doubles.
type tally struct {
	Taken   int // forms that the app took
	Runs    int // that Port made
	Told    int // requests whose end was told
	Doubled int // messages told more than once
}

// Tally counts what has happened since the start.
func (l *look) Tally() (t tally) {
	cfg := l.page.cfg
	for _, a := range cfg.Slack.Acks() {
		if a.Kind == "view_submission" && a.Err == nil && closed(a.Payload) {
			t.Taken++
		}
	}
	t.Runs = len(cfg.Port.Runs())
	seen, requests := map[string]bool{}, map[string]bool{}
	for _, c := range cfg.Slack.Channels() {
		for _, m := range cfg.Slack.Messages(c.ID) {
			key := markOf(m.Metadata)
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

// closed says whether an ack closed the form.
func closed(payload json.RawMessage) bool {
	var a struct {
		Action string `json:"response_action"`
	}
	_ = json.Unmarshal(payload, &a) // no payload closes it too
	return a.Action == "" || a.Action == "clear"
}

// markOf is what the bot finds a message again by; "" when it is none of its ends.
func markOf(metadata json.RawMessage) string {
	var m struct {
		Event   string               `json:"event_type"`
		Payload struct{ Key string } `json:"event_payload"`
	}
	if json.Unmarshal(metadata, &m) != nil || m.Event != "foghorn_told" {
		return ""
	}
	return m.Payload.Key
}
