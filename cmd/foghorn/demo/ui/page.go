// Package ui shows the demo in a browser: a small Slack, a small Port and a small
// incident.io around the bot, the way of each incident between them, and switches that break
// things.
//
// It is HTML made here, with Server-Sent Events that bring it up to date: what happens in
// an emulator, whoever caused it, is on the page at once. All state of a viewer (who they
// are, where they look) is in the address. The page is for this machine alone.
package ui

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

const (
	// IncidentPath is where the pages of incidents are, for incidentiotest.Config.Permalinks.
	IncidentPath = "/incident.io/acme"

	// EntityPath is where the pages of Port's entities are.
	EntityPath = "/port/entities/"
)

// Config is what a page shows.
type Config struct {
	Slack     *slacktest.Server
	Port      *porttest.Server
	Incidents *incidentiotest.Server
	Blueprint string // of the incidents in Port's catalog

	AppName   string             // its name in Slack
	Bot       *BotProcess        // nil: somebody else's app, which the page tells how to connect
	Command   string             // of the bot
	Shortcuts []Shortcut         // of the bot
	Actions   []ActionDefinition // that the bot can be given
	Preview   PreviewFunc        // of definitions that are pasted
}

// A Shortcut is one of the app's.
type Shortcut struct {
	Name, CallbackID string
	OnMessage        bool
}

// A ActionDefinition is an action of Port that the bot can be run with.
type ActionDefinition struct {
	ID, Title, About string
	JSON             json.RawMessage
}

// PreviewFunc makes the views of an action, and says what cannot be mirrored.
type PreviewFunc func(ctx context.Context, definition []byte) (views []json.RawMessage, problems []string, err error)

// A Server is the demo in a browser.
type Server struct {
	cfg          Config
	timeline     *timeline
	hub          *hub
	clientState  *clientState
	faults       *faults
	templates    *template.Template
	stopWatching []func()
}

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// New makes a page and begins to watch. Close it after use.
func New(cfg Config) (*Server, error) {
	p := &Server{cfg: cfg, timeline: newTimeline(cfg.AppName), hub: newHub(), clientState: newClientState()}
	p.faults = newFaults(p)
	var err error
	if p.templates, err = template.New("").Funcs(templateFuncs).ParseFS(templateFiles, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	for _, watch := range []func(func(event)) func(){cfg.Slack.WatchAll, cfg.Port.WatchAll, cfg.Incidents.WatchAll} {
		p.stopWatching = append(p.stopWatching, watch(p.onEvent))
	}
	if cfg.Bot != nil {
		cfg.Bot.watch(p.hub.notify)
	}
	return p, nil
}

// onEvent writes an event down and has all viewers look again.
func (p *Server) onEvent(e event) {
	p.timeline.add(e)
	p.faults.onEvent(e)
	p.hub.notify()
}

// Close ends the watching.
func (p *Server) Close() {
	for _, stop := range p.stopWatching {
		stop()
	}
}

// Serve serves the page on ln until ctx ends.
func (p *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler: p.Handler(), ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends the streams
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = srv.Close()
	})
	err := srv.Serve(ln)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler serves the page.
func (p *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // it is embedded
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /{$}", p.servePage)
	mux.HandleFunc("GET /live", p.streamUpdates)
	mux.HandleFunc("GET "+IncidentPath+"/incidents/{id}", p.serveIncident)
	mux.HandleFunc("GET "+EntityPath+"{id}", p.serveEntity)
	mux.HandleFunc("POST /do/{what}", p.handleAction)
	mux.HandleFunc("POST /sink", handleWebhook)
	return protect(mux)
}

// handleWebhook answers for backends of actions that are neither incident.io nor Port: nothing of
// the demo leaves this machine.
func handleWebhook(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"ok":true,"note":"the demo answers for every backend"}`))
}

// contentSecurityPolicy lets the page load what is its own, and images of this machine.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http://127.0.0.1:*; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect refuses other names of this host (DNS rebinding) and what pages of other sites do.
func protect(next http.Handler) http.Handler {
	sameSite := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": contentSecurityPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
		} {
			w.Header().Set(name, value)
		}
		switch {
		case !isLoopback(r.Host):
			http.Error(w, "The demo answers to 127.0.0.1 and localhost only.", http.StatusForbidden)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "The demo answers to no other site.", http.StatusForbidden)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
			sameSite.ServeHTTP(w, r)
		}
	})
}

// maxFormBytes bounds what a form may send, in bytes: a pasted definition is the largest.
const maxFormBytes = 4 << 20
