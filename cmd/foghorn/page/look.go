package page

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

// A look is what one viewer sees: who they are and where they look, which is in the address
// of the page. The templates ask it for the rest, so that each part costs only itself.
type look struct {
	page     *Page
	names    names
	As       slacktest.User
	Room     room
	Tab      string
	Journey  int
	Incident string // id, on the page of an incident
	Entity   string // identifier, on the page of an entity
	person   *slacktest.Person
}

// The tabs beside Slack.
var tabs = []tab{{"way", "The way of it"}, {"port", "Port"}, {"incidents", "incident.io"}, {"own", "Your own"}}

type tab struct{ ID, Title string }

// look reads an address.
func (p *Page) look(r *http.Request) *look {
	q := r.URL.Query()
	l := &look{page: p, Tab: q.Get("tab"), Incident: q.Get("incident"), Entity: q.Get("entity")}
	if !slices.ContainsFunc(tabs, func(t tab) bool { return t.ID == l.Tab }) {
		l.Tab = tabs[0].ID
	}
	l.Journey, _ = strconv.Atoi(q.Get("journey")) // 0: the latest
	users := l.People()
	l.As = users[max(0, slices.IndexFunc(users, func(u slacktest.User) bool { return u.ID == q.Get("as") }))]
	l.person = p.cfg.Slack.Person(l.As.ID)
	l.names = names{user: l.userName, channel: l.channelName, link: p.local}
	rooms := l.Rooms()
	l.Room = rooms[min(1, len(rooms)-1)]
	if i := slices.IndexFunc(rooms, func(c room) bool { return c.ID == q.Get("channel") }); i >= 0 {
		l.Room = rooms[i]
	}
	return l
}

// parts are the parts of the page that change.
func (l *look) parts() []string {
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
func (l *look) To(changes ...any) string {
	q := url.Values{"as": {l.As.ID}, "channel": {l.Room.ID}, "tab": {l.Tab}}
	if l.Journey != 0 {
		q.Set("journey", strconv.Itoa(l.Journey))
	}
	for i := 0; i+1 < len(changes); i += 2 {
		q.Set(fmt.Sprint(changes[i]), fmt.Sprint(changes[i+1]))
	}
	return "/?" + q.Encode()
}

func (l *look) Tabs() []tab               { return tabs }
func (l *look) Command() string           { return l.page.cfg.Command }
func (l *look) Shortcuts() []Shortcut     { return l.page.cfg.Shortcuts }
func (l *look) Definitions() []Definition { return l.page.cfg.Definitions }

// Bot is how the bot is doing; nil when there is none.
func (l *look) Bot() *BotState {
	if l.page.cfg.Bot == nil {
		return nil
	}
	s := l.page.cfg.Bot.State()
	return &s
}

// App is the name of the app in Slack.
func (l *look) App() string { return l.page.cfg.App }

// Sockets is how many links the app has to Slack.
func (l *look) Sockets() int { return l.page.cfg.Slack.Sockets() }

// People are those that a viewer can be.
func (l *look) People() (out []slacktest.User) {
	for _, u := range l.page.cfg.Slack.Users() {
		if !u.Bot && u.ID != l.page.cfg.Slack.BotUser {
			out = append(out, u)
		}
	}
	return out
}

func (l *look) userName(id string) string {
	for _, u := range l.page.cfg.Slack.Users() {
		if u.ID == id {
			return first(u.RealName, u.Name)
		}
	}
	return ""
}

func (l *look) channelName(id string) string {
	for _, c := range l.page.cfg.Slack.Channels() {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}

// Form is the modal before the viewer; nil for none.
func (l *look) Form() *form {
	m := l.person.Top()
	if m == nil {
		return nil
	}
	f := l.page.formOf(l.names, m.JSON(), m.Fields(), l.zone())
	if f.ID == "" {
		return nil
	}
	f.Trouble = l.page.desk.trouble(f.ID)
	return &f
}

// zone is the viewer's time zone.
func (l *look) zone() *time.Location {
	zone, err := time.LoadLocation(cmp.Or(l.As.TZ, "UTC"))
	if err != nil {
		return time.UTC
	}
	return zone
}

// Journeys are what can be shown of the way, the latest first.
func (l *look) Journeys() []journey { return l.page.way.list() }

// Way is the journey that is shown; nil before the first.
func (l *look) Way() *journey {
	j, ok := l.page.way.journey(l.Journey)
	if !ok {
		return nil
	}
	return &j
}

// Sides are the heads of the diagram.
func (l *look) Sides() []string {
	return []string{first(l.As.RealName, l.As.Name), "Slack", l.page.cfg.App, "Port", "incident.io"}
}

// Incidents are all that were declared, the latest first.
func (l *look) Incidents() []incidentiotest.Incident {
	out := l.page.cfg.Incidents.Incidents()
	slices.Reverse(out)
	return out
}

// Declared is the incident of an incident's page; nil when there is none.
func (l *look) Declared() *incidentiotest.Incident {
	for _, i := range l.Incidents() {
		if i.ID == l.Incident {
			return &i
		}
	}
	return nil
}

// Statuses are those that an incident can have.
func (l *look) Statuses() (out []string) {
	for _, s := range l.page.cfg.Incidents.Statuses() {
		out = append(out, s.Name)
	}
	return out
}

// A door is one of the things that a program needs to come in.
type door struct{ Name, Value string }

// Doors are what another program needs to use the three services.
func (l *look) Doors() []door {
	cfg := l.page.cfg
	return []door{
		{"SLACK_API_URL", cfg.Slack.URL()}, {"SLACK_BOT_TOKEN", cfg.Slack.BotToken}, {"SLACK_APP_TOKEN", cfg.Slack.AppToken},
		{"Slack's people, for tests", cfg.Slack.Door()},
		{"PORT_BASE_URL", cfg.Port.URL()}, {"PORT_CLIENT_ID", cfg.Port.ClientID}, {"PORT_CLIENT_SECRET", cfg.Port.ClientSecret},
		{"INCIDENT_IO_BASE_URL", cfg.Incidents.URL()}, {"INCIDENT_IO_API_KEY", cfg.Incidents.APIKey},
	}
}

// portRun is where Port shows a run.
const portRun = "/organization/run?runId="

// local is where an address of Port leads on this page; others stay.
func (p *Page) local(address string) string {
	if _, run, ok := strings.Cut(address, portRun); ok && strings.HasPrefix(address, "https://app.") {
		return "/?tab=port#" + run
	}
	return address
}

func (p *Page) home(w http.ResponseWriter, r *http.Request) { p.draw(w, "home", p.look(r)) }

// incident is the page that a permalink leads to.
func (p *Page) incident(w http.ResponseWriter, r *http.Request) {
	l := p.look(r)
	if l.Incident = r.PathValue("id"); l.Declared() == nil {
		http.Error(w, "incident.io knows no such incident.", http.StatusNotFound)
		return
	}
	p.draw(w, "incident", l)
}

// entity is the page of an entity of the catalog.
func (p *Page) entity(w http.ResponseWriter, r *http.Request) {
	l := p.look(r)
	if l.Entity = r.PathValue("id"); l.Shown() == nil {
		http.Error(w, "Port's catalog has no such entity.", http.StatusNotFound)
		return
	}
	p.draw(w, "entity", l)
}

// functions are for the templates.
var functions = template.FuncMap{
	"clock":  func(t time.Time) string { return t.Format("15:04:05") },
	"since":  since,
	"pretty": pretty,
	"word":   word,
	"args": func(l *look, of any, in ...any) map[string]any {
		m := map[string]any{"Look": l, "Of": of, "In": nil}
		if len(in) > 0 {
			m["In"] = in[0]
		}
		return m
	},
	"part": func(id string, l *look) (template.HTML, error) {
		html, err := l.page.part(id, l)
		return template.HTML(html), err // #nosec: it comes from a template
	},
}

// word makes a class name of a status, severity or colour: letters only.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
