package ui

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// A viewModel is what the page shows to one viewer: the state in the address, and methods for the rest. The
// templates call the methods, so that a part of the page computes only what it shows.
type viewModel struct {
	User         slacktest.User // whose view of Slack it is
	Conversation conversation
	Tab          string // ID of a tab
	TraceID      int    // 0: the latest
	Incident     string // ID, on the page of an incident
	Entity       string // identifier, on the page of an entity
	Blueprint    string // of the entity

	server *Server
	person *slacktest.Person
}

// A tab is one of the views beside Slack.
type tab struct{ ID, Title string }

var tabs = []tab{
	{"timeline", "Timeline"}, {"port", "Port"}, {"incidents", "incident.io"}, {"custom", "Your own action"},
}

// newViewModel reads the address of a request. Values that do not exist are replaced by the defaults.
func (s *Server) newViewModel(r *http.Request) *viewModel {
	q := r.URL.Query()
	v := &viewModel{server: s, Tab: q.Get("tab"), Incident: q.Get("incident"), Entity: q.Get("entity")}
	v.Blueprint = cmp.Or(q.Get("blueprint"), s.cfg.Blueprint)
	if !slices.ContainsFunc(tabs, func(t tab) bool { return t.ID == v.Tab }) {
		v.Tab = tabs[0].ID
	}
	v.TraceID, _ = strconv.Atoi(q.Get("trace"))
	users := v.Users()
	v.User = users[max(0, slices.IndexFunc(users, func(u slacktest.User) bool { return u.ID == q.Get("user") }))]
	v.person = s.cfg.Slack.Person(v.User.ID)
	conversations := v.Conversations()
	v.Conversation = conversations[min(1, len(conversations)-1)]
	if i := slices.IndexFunc(conversations, func(c conversation) bool { return c.ID == q.Get("channel") }); i >= 0 {
		v.Conversation = conversations[i]
	}
	if q.Get("channel") == homeID && s.cfg.Bot != nil {
		v.Conversation = conversations[0]
		v.Conversation.ID, v.Conversation.Home = homeID, true
	}
	return v
}

// parts returns the IDs of the parts of the page that can change. The template of a part has the same name.
func (v *viewModel) parts() []string {
	switch {
	case v.Incident != "":
		return []string{"incident-card"}
	case v.Entity != "":
		return []string{"entity-card"}
	}
	return []string{"bot", "conversations", "conversation", "modal", "tabs", "faults", "tab-" + v.Tab}
}

// URL returns the address of the page with some of its state changed: name, value, name, value.
func (v *viewModel) URL(changes ...any) string {
	q := url.Values{"user": {v.User.ID}, "channel": {v.Conversation.ID}, "tab": {v.Tab}}
	if v.TraceID != 0 {
		q.Set("trace", strconv.Itoa(v.TraceID))
	}
	for i := 0; i+1 < len(changes); i += 2 {
		q.Set(fmt.Sprint(changes[i]), fmt.Sprint(changes[i+1]))
	}
	return "/?" + q.Encode()
}

func (v *viewModel) Tabs() []tab                 { return tabs }
func (v *viewModel) App() string                 { return v.server.cfg.AppName }
func (v *viewModel) Commands() []Command         { return v.server.cfg.Commands }
func (v *viewModel) Shortcuts() []Shortcut       { return v.server.cfg.Shortcuts }
func (v *viewModel) Actions() []ActionDefinition { return v.server.cfg.Actions }

// Command returns the first command; "" if none is known.
func (v *viewModel) Command() string {
	for _, c := range v.Commands() {
		return c.Name
	}
	return ""
}

// Bot returns the state of the bot; nil when another program is the app.
func (v *viewModel) Bot() *BotState {
	if v.server.cfg.Bot == nil {
		return nil
	}
	state := v.server.cfg.Bot.State()
	return &state
}

// Connections returns the number of the app's Socket Mode connections.
func (v *viewModel) Connections() int { return v.server.cfg.Slack.Connections() }

// Users returns the users that a viewer can be.
func (v *viewModel) Users() []slacktest.User {
	slack := v.server.cfg.Slack
	return slices.DeleteFunc(slack.Users(), func(u slacktest.User) bool { return u.Bot || u.ID == slack.BotUser })
}

// Modal returns the top view that the user has open; nil for none.
func (v *viewModel) Modal() *modalView {
	m := v.person.TopModal()
	if m == nil {
		return nil
	}
	out := v.server.newModalView(v.names(), m.JSON(), m.Fields(), v.timeZone())
	if out.ID == "" {
		return nil
	}
	out.Error = v.server.clientState.submitError(out.ID)
	return &out
}

// Traces returns what the timeline can show, the latest first, without spans.
func (v *viewModel) Traces() []trace { return v.server.timeline.listTraces() }

// Trace returns the trace that is shown; nil before the first.
func (v *viewModel) Trace() *trace {
	t, ok := v.server.timeline.findTrace(v.TraceID)
	if !ok {
		return nil
	}
	return &t
}

// Participants returns the names above the timeline.
func (v *viewModel) Participants() []string {
	return []string{displayName(v.User), "Slack", v.server.cfg.AppName, "Port", "Backends"}
}

// FaultToggles returns the faults with their state.
func (v *viewModel) FaultToggles() []faultToggle { return v.server.faults.list() }

// An endpoint is a value that a program needs to use the emulators.
type endpoint struct{ Name, Value string }

// Endpoints returns the settings of a program that uses the emulators.
func (v *viewModel) Endpoints() []endpoint {
	cfg := v.server.cfg
	return []endpoint{
		{"SLACK_API_URL", cfg.Slack.URL()},
		{"SLACK_BOT_TOKEN", cfg.Slack.BotToken},
		{"SLACK_APP_TOKEN", cfg.Slack.AppToken},
		{"Control API of the Slack emulator", cfg.Slack.ControlURL()},
		{"PORT_BASE_URL", cfg.Port.URL()},
		{"PORT_CLIENT_ID", cfg.Port.ClientID},
		{"PORT_CLIENT_SECRET", cfg.Port.ClientSecret},
		{"INCIDENT_IO_BASE_URL", cfg.Incidents.URL()},
		{"INCIDENT_IO_API_KEY", cfg.Incidents.APIKey},
	}
}

// names resolves the IDs in messages and views for the viewer.
func (v *viewModel) names() names {
	slack := v.server.cfg.Slack
	return names{
		user: func(id string) string { return displayName(v.server.findUser(id)) },
		channel: func(id string) string {
			for _, c := range slack.Channels() {
				if c.ID == id {
					return c.Name
				}
			}
			return ""
		},
	}
}

func (v *viewModel) timeZone() *time.Location { return loadTimeZone(v.User) }

// findUser returns the user with an ID; the zero value when there is none.
func (s *Server) findUser(id string) slacktest.User {
	for _, u := range s.cfg.Slack.Users() {
		if u.ID == id {
			return u
		}
	}
	return slacktest.User{}
}

func displayName(u slacktest.User) string { return cmp.Or(u.RealName, u.Name) }

func loadTimeZone(u slacktest.User) *time.Location {
	zone, err := time.LoadLocation(cmp.Or(u.TZ, "UTC"))
	if err != nil {
		return time.UTC
	}
	return zone
}
