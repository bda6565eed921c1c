// Package ui shows the demo in a browser: the emulated Slack, Port and incident.io, a timeline of all calls
// between them and the bot, and faults to inject.
//
// The server renders all HTML. Server-Sent Events carry the parts that have changed, whatever caused the change.
// The state of a viewer (which user they are and what they look at) is in the address of the page. The page is
// for this machine only.
package ui

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

const (
	// IncidentPath is the path of the incident pages, for incidentiotest.Config.Permalinks.
	IncidentPath = "/incident.io/acme"

	// SinkPath is the path of Config.Backend.
	SinkPath = "/sink"

	// EntityPath is the path of the pages of Port's entities.
	EntityPath = "/port/entities/"
)

// Config is what the page shows. The emulators, the blueprint and the preview are required.
type Config struct {
	Slack     *slacktest.Server
	Port      *porttest.Server
	Incidents *incidentiotest.Server
	Blueprint string // of the incidents in Port's catalog

	AppName   string             // of the app in Slack
	Bot       *BotProcess        // nil: another program is the app, and the page shows how to connect it
	Commands  []Command          // of the bot; empty: unknown
	Shortcuts []Shortcut         // of the bot
	Actions   []ActionDefinition // that the bot can be started with
	Preview   PreviewFunc        // renders the actions that a user pastes
	Backend   http.Handler       // receives Port's webhooks at SinkPath; nil: none
}

// A Command is a slash command of the app.
type Command struct {
	Name, Description string
	Action            string // identifier of the action whose form it opens; empty: not a fixed one
}

// A Shortcut is a shortcut of the app in Slack.
type Shortcut struct {
	Name, CallbackID string
	OnMessage        bool
}

// An ActionDefinition is a self-service action of Port.
type ActionDefinition struct {
	ID, Title, Description string
	JSON                   json.RawMessage
}

// A PreviewFunc returns the views of an action, and the problems that keep inputs of it out of them.
type PreviewFunc func(ctx context.Context, definition []byte) (views []json.RawMessage, problems []string, err error)

// A Server serves the page. New makes one.
type Server struct {
	cfg          Config
	templates    *template.Template
	timeline     *timeline
	clientState  *clientState
	faults       *faults
	hub          *hub
	stopWatching []func()
}

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// New makes a server that watches the emulators of cfg until Close.
func New(cfg Config) (*Server, error) {
	s := &Server{
		cfg: cfg, timeline: newTimeline(cfg.AppName), clientState: newClientState(), faults: newFaults(cfg), hub: newHub(),
	}
	var err error
	if s.templates, err = template.New("").Funcs(templateFuncs).ParseFS(templateFiles, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("parse the templates: %w", err)
	}
	for _, watch := range []func(func(event)) func(){cfg.Slack.SubscribeAll, cfg.Port.SubscribeAll, cfg.Incidents.SubscribeAll} {
		s.stopWatching = append(s.stopWatching, watch(s.onEvent))
	}
	if cfg.Bot != nil {
		cfg.Bot.watch(s.hub.notify)
	}
	return s, nil
}

// onEvent handles an event of an emulator. It never waits, because the emulator does.
func (s *Server) onEvent(e event) {
	s.timeline.add(e)
	s.faults.onEvent(e)
	s.hub.notify()
}

// Close stops watching the emulators.
func (s *Server) Close() {
	for _, stop := range s.stopWatching {
		stop()
	}
}

// Handler serves the page, to browsers on this machine only.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /{$}", s.serveHome)
	mux.HandleFunc("GET "+IncidentPath+"/incidents/{id}", s.serveIncident)
	mux.HandleFunc("GET "+EntityPath+"{id}", s.serveEntity)
	mux.HandleFunc("GET /emulators", s.serveEmulators)
	mux.HandleFunc("GET /updates", s.streamUpdates)
	mux.HandleFunc("POST /actions/{name}", s.handleAction)
	if s.cfg.Backend != nil {
		mux.Handle("POST "+SinkPath, s.cfg.Backend)
	}
	return protect(mux)
}
