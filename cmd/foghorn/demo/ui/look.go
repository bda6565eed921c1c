package ui

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// A viewModel is what one viewer sees: who they are and where they look, which is in the address
// of the page. The templates ask it for the rest, so that each part costs only itself.
type viewModel struct {
	server   *Server
	names    names
	As       slacktest.User
	Room     conversation
	Tab      string
	Journey  int
	Incident string // id, on the page of an incident
	Entity   string // identifier, on the page of an entity
	person   *slacktest.Person
}

// The tabs beside Slack.
var tabs = []tab{{"way", "The way of it"}, {"port", "Port"}, {"incidents", "incident.io"}, {"own", "Your own"}}

type tab struct{ ID, Title string }

// newViewModel reads an address.
func (p *Server) newViewModel(r *http.Request) *viewModel {
	q := r.URL.Query()
	l := &viewModel{server: p, Tab: q.Get("tab"), Incident: q.Get("incident"), Entity: q.Get("entity")}
	if !slices.ContainsFunc(tabs, func(t tab) bool { return t.ID == l.Tab }) {
		l.Tab = tabs[0].ID
	}
	l.Journey, _ = strconv.Atoi(q.Get("journey")) // 0: the latest
	users := l.People()
	l.As = users[max(0, slices.IndexFunc(users, func(u slacktest.User) bool { return u.ID == q.Get("as") }))]
	l.person = p.cfg.Slack.Person(l.As.ID)
	l.names = names{user: l.userName, channel: l.channelName, link: p.localURL}
	rooms := l.Rooms()
	l.Room = rooms[min(1, len(rooms)-1)]
	if i := slices.IndexFunc(rooms, func(c conversation) bool { return c.ID == q.Get("channel") }); i >= 0 {
		l.Room = rooms[i]
	}
	return l
}

// liveParts are the parts of the page that change.
func (l *viewModel) liveParts() []string {
	switch {
	case l.Incident != "":
		return []string{"incident-card"}
	case l.Entity != "":
		return []string{"entity-card"}
	}
	parts := []string{"bot", "rail", "room", "modal", "tabs", "switches"}
	return append(parts, "tab-"+l.Tab)
}

// To is the address of the page with some of its state changed: name, value, name, value.
func (l *viewModel) To(changes ...any) string {
	q := url.Values{"as": {l.As.ID}, "channel": {l.Room.ID}, "tab": {l.Tab}}
	if l.Journey != 0 {
		q.Set("journey", strconv.Itoa(l.Journey))
	}
	for i := 0; i+1 < len(changes); i += 2 {
		q.Set(fmt.Sprint(changes[i]), fmt.Sprint(changes[i+1]))
	}
	return "/?" + q.Encode()
}

func (l *viewModel) Tabs() []tab                     { return tabs }
func (l *viewModel) Command() string                 { return l.server.cfg.Command }
func (l *viewModel) Shortcuts() []Shortcut           { return l.server.cfg.Shortcuts }
func (l *viewModel) Definitions() []ActionDefinition { return l.server.cfg.Actions }

// Bot is how the bot is doing; nil when there is none.
func (l *viewModel) Bot() *BotState {
	if l.server.cfg.Bot == nil {
		return nil
	}
	s := l.server.cfg.Bot.State()
	return &s
}

// App is the name of the app in Slack.
func (l *viewModel) App() string { return l.server.cfg.AppName }

// Sockets is how many links the app has to Slack.
func (l *viewModel) Sockets() int { return l.server.cfg.Slack.Sockets() }

// People are those that a viewer can be.
func (l *viewModel) People() (out []slacktest.User) {
	for _, u := range l.server.cfg.Slack.Users() {
		if !u.Bot && u.ID != l.server.cfg.Slack.BotUser {
			out = append(out, u)
		}
	}
	return out
}

func (l *viewModel) userName(id string) string {
	for _, u := range l.server.cfg.Slack.Users() {
		if u.ID == id {
			return firstNonEmpty(u.RealName, u.Name)
		}
	}
	return ""
}

func (l *viewModel) channelName(id string) string {
	for _, c := range l.server.cfg.Slack.Channels() {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}

// Form is the modal before the viewer; nil for none.
func (l *viewModel) Form() *formView {
	m := l.person.Top()
	if m == nil {
		return nil
	}
	f := l.server.newFormView(l.names, m.JSON(), m.Fields(), l.timeZone())
	if f.ID == "" {
		return nil
	}
	f.Trouble = l.server.clientState.submitError(f.ID)
	return &f
}

// timeZone is the viewer's time zone.
func (l *viewModel) timeZone() *time.Location {
	zone, err := time.LoadLocation(cmp.Or(l.As.TZ, "UTC"))
	if err != nil {
		return time.UTC
	}
	return zone
}

// Journeys are what can be shown of the way, the latest first.
func (l *viewModel) Journeys() []trace { return l.server.timeline.listTraces() }

// Way is the journey that is shown; nil before the first.
func (l *viewModel) Way() *trace {
	j, ok := l.server.timeline.findTrace(l.Journey)
	if !ok {
		return nil
	}
	return &j
}

// Sides are the heads of the diagram.
func (l *viewModel) Sides() []string {
	return []string{firstNonEmpty(l.As.RealName, l.As.Name), "Slack", l.server.cfg.AppName, "Port", "incident.io"}
}

// Incidents are all that were declared, the latest first.
func (l *viewModel) Incidents() []incidentiotest.Incident {
	out := l.server.cfg.Incidents.Incidents()
	slices.Reverse(out)
	return out
}

// Declared is the incident of an incident's page; nil when there is none.
func (l *viewModel) Declared() *incidentiotest.Incident {
	for _, i := range l.Incidents() {
		if i.ID == l.Incident {
			return &i
		}
	}
	return nil
}

// Statuses are those that an incident can have.
func (l *viewModel) Statuses() (out []string) {
	for _, s := range l.server.cfg.Incidents.Statuses() {
		out = append(out, s.Name)
	}
	return out
}

// A endpoint is one of the things that a program needs to come in.
type endpoint struct{ Name, Value string }

// Doors are what another program needs to use the three services.
func (l *viewModel) Doors() []endpoint {
	cfg := l.server.cfg
	return []endpoint{
		{"SLACK_API_URL", cfg.Slack.URL()}, {"SLACK_BOT_TOKEN", cfg.Slack.BotToken}, {"SLACK_APP_TOKEN", cfg.Slack.AppToken},
		{"Slack's people, for tests", cfg.Slack.Door()},
		{"PORT_BASE_URL", cfg.Port.URL()}, {"PORT_CLIENT_ID", cfg.Port.ClientID}, {"PORT_CLIENT_SECRET", cfg.Port.ClientSecret},
		{"INCIDENT_IO_BASE_URL", cfg.Incidents.URL()}, {"INCIDENT_IO_API_KEY", cfg.Incidents.APIKey},
	}
}

// portRunPath is where Port shows a run.
const portRunPath = "/organization/run?runId="

// localURL is where an address of Port leads on this page; others stay.
func (p *Server) localURL(address string) string {
	if _, run, ok := strings.Cut(address, portRunPath); ok && strings.HasPrefix(address, "https://app.") {
		return "/?tab=port#" + run
	}
	return address
}

func (p *Server) servePage(w http.ResponseWriter, r *http.Request) {
	p.writePage(w, "home", p.newViewModel(r))
}

// serveIncident is the page that a permalink leads to.
func (p *Server) serveIncident(w http.ResponseWriter, r *http.Request) {
	l := p.newViewModel(r)
	if l.Incident = r.PathValue("id"); l.Declared() == nil {
		http.Error(w, "incident.io knows no such incident.", http.StatusNotFound)
		return
	}
	p.writePage(w, "incident", l)
}

// serveEntity is the page of an entity of the catalog.
func (p *Server) serveEntity(w http.ResponseWriter, r *http.Request) {
	l := p.newViewModel(r)
	if l.Entity = r.PathValue("id"); l.Shown() == nil {
		http.Error(w, "Port's catalog has no such entity.", http.StatusNotFound)
		return
	}
	p.writePage(w, "entity", l)
}

// templateFuncs are for the templates.
var templateFuncs = template.FuncMap{
	"clock":  func(t time.Time) string { return t.Format("15:04:05") },
	"since":  formatDuration,
	"pretty": indentJSON,
	"word":   cssClass,
	"args": func(l *viewModel, of any, in ...any) map[string]any {
		m := map[string]any{"Look": l, "Of": of, "In": nil}
		if len(in) > 0 {
			m["In"] = in[0]
		}
		return m
	},
	"part": func(id string, l *viewModel) (template.HTML, error) {
		html, err := l.server.renderPart(id, l)
		return template.HTML(html), err // #nosec: it comes from a template
	},
}

// cssClass makes a class name of a status, severity or colour: letters only.
func cssClass(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
