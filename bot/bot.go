package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"foghorn/bot/dialog"
	"foghorn/bot/home"
	"foghorn/bot/identity"
	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/bot/workflow"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

const (
	// portOutageGrace is how long Port may fail before it is reported.
	portOutageGrace = time.Minute

	// incidentsOutageGrace is the same for incident.io. A key that it rejects is reported at once.
	incidentsOutageGrace = time.Minute

	// How long the store may take to open before people are answered without it. With a cluster it is longer, because
	// other replicas can accept submissions meanwhile.
	openGrace        = time.Second
	clusterOpenGrace = 15 * time.Second
)

// Config configures a Bot. Slack, Port, Action, Command and Log are required, and StateDir or Cluster.
type Config struct {
	Slack     *slackapp.Client
	Port      *port.Client
	Incidents *incidentio.Client // nil: the messages do not follow the incident, and forms show no recent incidents

	HideRecent bool // forms show no recent incidents

	Action   string           // identifier of the Port action that the command and the shortcuts run
	Command  string           // such as /incident
	Commands []dialog.Command // more commands, each with its action; may be nil

	RunCommand string   // a command with which an action is chosen, such as /run; empty: none
	Choice     []string // identifiers of the actions that can be chosen, with * for any characters

	Announce string // id of a channel in which every public incident is announced; empty: none
	PortURL  string // of Port's API; Port's web app is derived from it

	StateDir  string        // of the embedded store
	Cluster   store.Cluster // the zero value: the embedded store
	Retention time.Duration // of the records of ended requests; 0: store.DefaultRetention
	Secret    string        // encrypts the values of open forms in the store; the bot token does

	Log     *logrus.Entry
	Traces  trace.TracerProvider // nil: there are no traces
	Metrics *Metrics             // nil: its own. Its PortCall must be the OnCall of Port for an outage to be noticed at once

	// CatalogBlueprint is the blueprint whose entities follow their incidents; empty: they do not, as without Incidents.
	CatalogBlueprint string

	// FollowInterval is workflow.Config's: tests shorten it.
	FollowInterval time.Duration

	// CrashPoint is workflow.Config's: tests stop the bot there.
	CrashPoint func(where string)
}

// A Bot runs Port actions for Slack users. Make one with New.
type Bot struct {
	cfg      Config
	renderer message.Renderer
	users    *identity.Directory
	dialog   *dialog.Dialog
	home     *home.Home
	store    *lateStore
}

// New makes a bot. Run starts it.
func New(cfg Config) *Bot {
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics()
	}
	b := &Bot{
		cfg:      cfg,
		renderer: message.Renderer{AnnounceChannel: cfg.Announce, PortAppURL: message.PortAppURL(cfg.PortURL)},
		users:    identity.New(cfg.Slack, cfg.Port),
		store:    newLateStore(),
	}
	b.home = home.New(home.Config{
		Slack: slackapp.HomeTabs{Client: cfg.Slack}, Store: b.store, Commands: homeCommands(cfg), PortAppURL: b.renderer.PortAppURL, Log: cfg.Log,
		Title: func(action string) string { return b.dialog.Title(action) },
	})
	var recent dialog.Incidents
	if cfg.Incidents != nil && !cfg.HideRecent {
		recent = cfg.Incidents
	}
	b.dialog = dialog.New(dialog.Config{
		Store: b.store, Port: cfg.Port, Slack: cfg.Slack, Users: b.users, Renderer: b.renderer,
		Action: cfg.Action, Command: cfg.Command, Commands: cfg.Commands, Metrics: cfg.Metrics, Log: cfg.Log, Traces: cfg.Traces,
		RunCommand: cfg.RunCommand, Choice: cfg.Choice, Actions: cfg.Port.Definitions(), History: b.home, Incidents: recent,
		Reporter: func(incident string) string { return b.store.index().Reporter(incident) },
	})
	cfg.Metrics.observe(b)
	return b
}

// homeCommands are the commands that have a button in the Home tab.
func homeCommands(cfg Config) []home.Command {
	commands := []home.Command{{Name: cfg.Command, Action: cfg.Action}}
	for _, c := range cfg.Commands {
		commands = append(commands, home.Command{Name: c.Name, Action: c.Action})
	}
	if cfg.RunCommand != "" {
		commands = append(commands, home.Command{Name: cfg.RunCommand})
	}
	return commands
}

// A handler receives what Slack sends.
type handler struct {
	*dialog.Dialog
	home *home.Home
}

// HomeOpened publishes the Home tab.
func (h handler) HomeOpened(_ context.Context, e slackapp.HomeOpened) { h.home.Opened(e.User) }

// Run works until ctx ends, and then stops in order: the connections to Slack once their
// envelopes are acked, and the stages being worked on. It returns an error only if
// waiting does not help: those of store.Open, Slack rejects the token permanently, or the store needs a restart.
//
// If the store takes long to open, commands are answered meanwhile. A form that is submitted then gets an error and keeps
// its input.
func (b *Bot) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.dialog.Run(ctx) })
	group.Go(func() error { return b.users.Run(ctx) })
	group.Go(func() error { return b.home.Run(ctx) })
	if b.cfg.Incidents != nil {
		group.Go(func() error { b.watchDrift(ctx); return nil })
	}
	group.Go(func() error {
		b.store.wait(ctx, b.openGrace())
		return b.cfg.Slack.Run(ctx, handler{b.dialog, b.home})
	})
	group.Go(func() error {
		s, err := store.Open(ctx, store.Config{
			Dir: b.cfg.StateDir, Cluster: b.cfg.Cluster, Retention: b.cfg.Retention, Secret: b.cfg.Secret, Log: b.cfg.Log,
			OnChange: b.home.RequestChanged,
		})
		if err != nil && ctx.Err() != nil { // it was being opened
			return nil
		}
		if err != nil {
			return err
		}
		b.store.set(s)
		group.Go(func() error { return s.Run(ctx) })
		return b.newWorkflow(s).Run(ctx)
	})
	err := group.Wait()
	b.dialog.Wait()
	b.store.close()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run the bot: %w", err)
	}
	return nil
}

func (b *Bot) openGrace() time.Duration {
	if b.cfg.Cluster.URL != "" {
		return clusterOpenGrace
	}
	return openGrace
}

func (b *Bot) newWorkflow(s *store.Store) *workflow.Workflow {
	cfg := workflow.Config{
		Store: s, Port: b.cfg.Port, Approvals: port.NewApprovals(b.cfg.Port), Slack: b.cfg.Slack, Users: b.users, Renderer: b.renderer,
		Metrics: b.cfg.Metrics, Log: b.cfg.Log, Traces: b.cfg.Traces, Process: uuid.NewString(), CrashPoint: b.cfg.CrashPoint, FollowInterval: b.cfg.FollowInterval,
	}
	if b.cfg.Incidents != nil {
		cfg.Incidents = b.cfg.Incidents
		if b.cfg.CatalogBlueprint != "" {
			cfg.Catalog, cfg.Blueprint = port.NewCatalog(b.cfg.Port), b.cfg.CatalogBlueprint
		}
	}
	return workflow.New(cfg)
}

// Pending is how many requests have not ended, without those that follow an incident.
func (b *Bot) Pending() int { return b.store.index().Count() }

// Followed is how many requests follow an incident that is not closed.
func (b *Bot) Followed() int { return len(b.store.index().InStage(request.Tracking)) }

// NotReady reports what keeps the bot from accepting submissions, by part: slack, store. It is empty
// when the bot is ready. An outage of Port is not part of it: what is submitted then is stored
// and run later, and a bot that is not ready would block deployments for as long.
func (b *Bot) NotReady(ctx context.Context) map[string]string {
	problems := map[string]string{}
	if b.cfg.Slack.Connections() == 0 {
		problems["slack"] = "no connection to Slack"
	}
	if err := b.store.CheckReady(ctx); err != nil {
		problems["store"] = err.Error()
	}
	return problems
}

// checkPort reports why calls of Port fail for a minute, or its definition of the action was never read.
func (b *Bot) checkPort() error {
	if err := b.dialog.CheckDefinition(portOutageGrace); err != nil {
		return err
	}
	return b.cfg.Metrics.portOutage.check(portOutageGrace)
}

// checkIncidents reports why the incidents that are followed cannot be read.
func (b *Bot) checkIncidents() error {
	o := &b.cfg.Metrics.incidentsOutage
	if err := o.check(0); rest.IsRejected(err) {
		return err
	}
	return o.check(incidentsOutageGrace)
}

// wakeForRun wakes the request that a run belongs to. It reports false if there is none.
func (b *Bot) wakeForRun(ctx context.Context, runID string) (found bool, err error) {
	s, err := b.store.get()
	if err != nil {
		return false, err
	}
	id, ok := s.Index().RequestForRun(runID)
	if !ok {
		return false, nil
	}
	return true, s.Wake(ctx, id)
}

// inFlight lists the requests whose runs Port is working on.
func (b *Bot) inFlight() map[string]store.Entry { return b.store.index().InStage(request.Running) }
