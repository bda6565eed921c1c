// Package dialog is the side of the bot that people see in Slack: a command or a shortcut opens
// the form of the Port action, the form is kept up to date while it is filled in, and its
// submission is stored as a request before it is acked.
//
//	/incident        Command       opens the form (open.go); also a shortcut and a button of the Home tab
//	/run             run           lets the user choose an action (chooser.go)
//	a field changes  refresh       renders the form again (refresh.go)
//	type-ahead       suggest       offers entities, teams and long lists (lookups.go)
//	Submit           submit        checks the page; accepts the request or shows the next page (submit.go)
//
// What was entered so far is in the view that Slack sends along, and for earlier pages in the draft (session.go).
//
// Nothing here waits for Port before a view is open or a submission is answered: Slack waits 3 s. The
// forms of actions and the recent incidents are cached and refreshed in the background (definitions.go, incidents.go).
//
// All texts that people read here are in replies.go; those about runs are in package message.
package dialog

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"
	"go.opentelemetry.io/otel/trace"

	"foghorn/bot/identity"
	"foghorn/bot/message"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

// Config configures a Dialog. Everything is required but Commands, Traces, and RunCommand with what
// belongs to it.
type Config struct {
	Slack    Slack
	Port     Port
	Users    Users
	Store    Store
	Renderer message.Renderer

	Action   string    // identifier of the Port action that the command and the shortcuts run
	Command  string    // such as /incident
	Commands []Command // more of them; may be nil

	RunCommand string   // a command with which an action is chosen, such as /run; empty: none
	Choice     []string // identifiers of the actions that can be chosen, with * for any characters
	Actions    Actions  // required with RunCommand
	History    History  // required with RunCommand

	Incidents Incidents                    // shown in the form of Action if they are recent; nil: none
	Reporter  func(incident string) string // Slack id of who declared an incident through this bot; "": not known

	Metrics Metrics
	Log     *logrus.Entry
	Traces  trace.TracerProvider // nil: there are no traces
}

// Slack opens and updates views. A *slackapp.Client is one.
type Slack interface {
	OpenView(ctx context.Context, triggerID string, view slack.ModalViewRequest) (slackapp.View, error)
	UpdateView(ctx context.Context, v slackapp.View, view slack.ModalViewRequest) (slackapp.View, error)
	PostMessage(ctx context.Context, channel string, m slackapp.Message) (slackapp.Posted, error)
}

// Port reads what forms are made from. A *port.Client is one.
type Port interface {
	GetAction(ctx context.Context, id string) (port.Action, error)
	GetEntity(ctx context.Context, blueprint, id string) (port.Entity, error)
	SearchEntities(ctx context.Context, blueprint string, query port.EntityQuery) (port.EntityPage, error)
	ListTeams(ctx context.Context) ([]port.Team, error)
}

// Incidents lists incidents. An *incidentio.Client is one.
type Incidents interface {
	ListIncidents(ctx context.Context, q incidentio.IncidentsQuery) (incidentio.IncidentPage, error)
}

// Users decides who may run an action, and looks Slack users up in Port. A *identity.Directory is one.
type Users interface {
	Authorize(ctx context.Context, userID string, t identity.Target) (email string, denied *identity.Denial, err error)
	KnownDenial(userID, action string) *identity.Denial
	Offer(ctx context.Context, userID string, actions []string, limit int) (identity.Offer, *identity.Denial, error)
	EvalUser(ctx context.Context, userID string) (map[string]any, error)
	FieldValue(ctx context.Context, userID string) (string, error)
}

// Store keeps submissions, which it lists by user, and what was entered on earlier pages. A *store.Store is one.
type Store interface {
	Accept(ctx context.Context, r *request.Request) error
	LoadDraft(ctx context.Context, viewID string, draft any) (found bool, err error)
	SaveDraft(ctx context.Context, viewID string, draft any) error
	ListOpen(ctx context.Context, user string, limit int) ([]*request.Request, error)
	ListEnded(ctx context.Context, user string, limit int) ([]*request.Request, error)
}

// Metrics counts what arrives. A *bot.Metrics is one.
type Metrics interface {
	CommandHandled(openedView bool, took time.Duration)
	InteractionHandled(kind string, took time.Duration)
	SubmissionHandled(outcome string)
	ConditionFailed(cost string)
}

// A Dialog answers what people do in Slack: it is what a slackapp.Handler needs, without HomeOpened. Make one with New.
type Dialog struct {
	cfg         Config
	definitions *definitions
	actions     *actionList
	recent      *lookup[[]string]    // actions, by user
	teams       *lookup[[]port.Team] // one, with the key ""
	entity      *lookup[port.Entity]
	entities    *entityLists
	updates     *viewUpdates
	incidents   *incidentList
	mayList     *cache.Cache   // users who may see the incidents
	background  sync.WaitGroup // work that continues after an ack
}

// New makes a Dialog.
func New(cfg Config) *Dialog {
	d := &Dialog{cfg: cfg, updates: newViewUpdates(cfg.Slack), entity: newLookup(readEntity(cfg.Port))}
	d.teams = newLookup(func(ctx context.Context, _ string) ([]port.Team, error) { return cfg.Port.ListTeams(ctx) })
	d.definitions = newDefinitions(cfg.Port, &d.background, cfg.commands()...)
	d.actions = &actionList{port: cfg.Actions, offers: cfg.offers, background: &d.background, onError: func(err error) {
		cfg.Log.WithError(err).Warn("failed to read the actions that can be chosen")
	}}
	d.recent = newLookup(readRecent(cfg.Store))
	d.entities = newEntityLists(cfg.Port, &d.background)
	d.mayList = cache.New(mayListTTL, 0)
	d.incidents = newIncidentList(cfg.Incidents, cfg.Reporter, func(err error) {
		cfg.Log.WithError(err).Warn("failed to read the recent incidents, which forms show")
	})
	return d
}

// Run keeps the forms of the actions up to date until ctx ends.
func (d *Dialog) Run(ctx context.Context) error {
	var refreshing sync.WaitGroup
	refreshing.Go(func() { d.incidents.run(ctx) })
	for _, c := range d.cfg.commands() {
		refreshing.Go(func() {
			d.definitions.refresh(ctx, c.Action, func(err error) {
				d.cfg.Log.WithField("action", c.Action).WithError(err).Warn("failed to read the definition of the action")
			})
		})
	}
	if d.cfg.RunCommand != "" {
		d.actions.readFirst(ctx)
	}
	refreshing.Wait()
	return nil
}

// Wait waits for work that continues after an ack. Nothing may arrive any more.
func (d *Dialog) Wait() { d.background.Wait() }

// CheckDefinition reports why the definition of an action could not be read for longer than
// the grace period, or never.
func (d *Dialog) CheckDefinition(grace time.Duration) error {
	for _, c := range d.cfg.commands() {
		if err := d.definitions.check(c.Action, grace); err != nil {
			return err
		}
	}
	return nil
}

// Command answers a slash command: it opens the form of its action.
func (d *Dialog) Command(ctx context.Context, cmd slack.SlashCommand) (ack any) {
	received := time.Now()
	defer func() { d.cfg.Metrics.CommandHandled(ack == nil, time.Since(received)) }()
	ctx, span := d.startSpan(ctx, "command", "")
	defer span.End()
	if span.IsRecording() {
		span.SetAttributes(d.commandAttribute(cmd.Command))
	}
	text := strings.TrimSpace(cmd.Text)
	action, known := d.action(cmd.Command)
	switch {
	case cmd.Command == d.cfg.RunCommand && cmd.Command != "":
		return d.run(ctx, cmd, text)
	case !known:
		return ephemeralReply(d.wrongCommandText())
	case strings.EqualFold(text, "help"):
		return ephemeralReply(d.helpText(ctx, action))
	case cmd.TriggerID == "" || cmd.UserID == "":
		return ephemeralReply(d.invalidCommandText(cmd.Command))
	}
	page := modal.Page{Action: action, Channel: cmd.ChannelID, Direct: isDirect(cmd.ChannelName)}
	if problem := d.openWithText(ctx, cmd.TriggerID, cmd.UserID, page, text); problem != "" {
		return ephemeralReply(problem)
	}
	return nil
}

// Interaction answers what people do in a form, and shortcuts.
func (d *Dialog) Interaction(ctx context.Context, i slackapp.Interaction) (ack any) {
	cb := i.InteractionCallback
	received, kind := time.Now(), string(cb.Type)
	ctx, span := d.startInteraction(ctx, cb)
	defer span.End()
	switch cb.Type {
	case slack.InteractionTypeViewSubmission:
		ack = d.submit(ctx, cb)
	case slack.InteractionTypeBlockActions:
		switch {
		case cb.View.Type == slack.VTHomeTab:
			d.openFromHome(ctx, cb)
		case cb.View.CallbackID == modal.ChooserID:
			d.choose(ctx, cb)
		default:
			d.refresh(ctx, cb)
		}
	case slack.InteractionTypeBlockSuggestion:
		ack = d.suggest(ctx, cb)
	case slack.InteractionTypeShortcut, slack.InteractionTypeMessageAction:
		d.openFromShortcut(ctx, i)
	default:
		kind = "other"
	}
	d.cfg.Metrics.InteractionHandled(kind, time.Since(received))
	return ack
}
