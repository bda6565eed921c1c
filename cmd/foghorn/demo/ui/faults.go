package ui

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"foghorn/integrations/emulator"
)

// A faultToggle is a fault that is injected while it is on.
type faultToggle struct {
	Name, Title, Description string
	On                       bool
}

const killAtNextRun = "kill-at-run"

// faultToggles are the faults, in the order of the page.
var faultToggles = []faultToggle{
	{
		Name: "slack-429", Title: "Slack returns 429",
		Description: "chat.postMessage and chat.postEphemeral return 429 with Retry-After: 2.",
	},
	{
		Name: "slack-500", Title: "Slack returns 500",
		Description: "chat.postMessage and chat.postEphemeral return 500 and an HTML page.",
	},
	{
		Name: "port-hangs", Title: "Port hangs",
		Description: "Every call to Port takes 30 s.",
	},
	{
		Name: "port-down", Title: "Port is down",
		Description: "Every call to Port returns 503.",
	},
	{
		Name: "port-loses", Title: "Port's answer is lost",
		Description: "Port creates the run, and the connection closes before the answer.",
	},
	{
		Name: "incident-refuses", Title: "incident.io refuses",
		Description: "incident.io returns 422: the severity could not be found.",
	},
	{
		Name: killAtNextRun, Title: "Kill at the next run",
		Description: "The bot is killed when Port creates a run.",
	},
}

// faults inject faults into the emulators.
type faults struct {
	cfg   Config
	setMu sync.Mutex // held while the emulators are changed

	mu sync.Mutex // guards on; never held over a call of an emulator, which may call onEvent meanwhile
	on map[string]bool
}

func newFaults(cfg Config) *faults { return &faults{cfg: cfg, on: map[string]bool{}} }

// list returns the faults with their state.
func (f *faults) list() []faultToggle {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Clone(faultToggles)
	for i := range out {
		out[i].On = f.on[out[i].Name]
	}
	if f.cfg.Bot == nil {
		out = slices.DeleteFunc(out, func(t faultToggle) bool { return t.Name == killAtNextRun })
	}
	return out
}

// set turns a fault on or off.
func (f *faults) set(name string, on bool) error {
	if !slices.ContainsFunc(faultToggles, func(t faultToggle) bool { return t.Name == name }) {
		return errors.New("there is no such fault")
	}
	f.setMu.Lock()
	defer f.setMu.Unlock()
	f.mu.Lock()
	f.on[name] = on
	active := maps.Clone(f.on)
	f.mu.Unlock()
	f.cfg.Slack.ClearFaults()
	f.cfg.Port.ClearFaults()
	f.cfg.Incidents.ClearFaults()
	for _, t := range faultToggles {
		if active[t.Name] {
			f.inject(t.Name)
		}
	}
	return nil
}

func (f *faults) inject(name string) {
	switch name {
	case "slack-429":
		for _, method := range []string{"chat.postMessage", "chat.postEphemeral"} {
			f.cfg.Slack.RateLimit(method, 2*time.Second, 0)
		}
	case "slack-500":
		for _, method := range []string{"/chat.postMessage", "/chat.postEphemeral"} {
			f.cfg.Slack.InjectFault(emulator.Fault{
				Path: method, Status: http.StatusInternalServerError, Body: "<html><body>Something went wrong</body></html>",
			})
		}
	case "port-hangs":
		f.cfg.Port.InjectFault(emulator.Fault{Delay: 30 * time.Second})
	case "port-down":
		f.cfg.Port.InjectFault(emulator.Fault{
			Status: http.StatusServiceUnavailable, Body: `{"ok":false,"error":"unavailable","message":"Port is down"}`,
		})
	case "port-loses":
		f.cfg.Port.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/runs", DropResponse: true})
	case "incident-refuses":
		f.cfg.Incidents.InjectFault(emulator.Fault{
			Method: http.MethodPost, Path: "/v2/incidents", Status: http.StatusUnprocessableEntity,
			Body: `{"type":"validation_error","status":422,"errors":[` +
				`{"code":"not_found","message":"Severity could not be found","source":{"field":"severity_id"}}]}`,
		})
	}
}

// onEvent kills the bot when Port creates a run and that fault is on. It never waits.
func (f *faults) onEvent(e event) {
	if e.Kind != "run" || !strings.Contains(e.Text, " of ") || f.cfg.Bot == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.on[killAtNextRun] {
		f.on[killAtNextRun] = false
		f.cfg.Bot.Kill()
	}
}
