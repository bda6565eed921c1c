package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"foghorn/bot/dialog"
	"foghorn/bot/identity"
	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/bot/workflow"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

// portOutageGrace is how long Port may fail before it is reported.
const portOutageGrace = time.Minute

// Config configures a Bot. Slack, Port, Action, Command and Log are required, and StateDir or NATSURL.
type Config struct {
	Slack     *slackapp.Client
	Port      *port.Client
	Incidents *incidentio.Client // nil: an incident's own channel is not awaited

	Action   string // identifier of the Port action that the command runs
	Command  string // such as /incident
	Announce string // id of a channel in which every public incident is announced; empty: none
	PortURL  string // of Port's API; Port's web app is derived from it

	StateDir  string        // of the embedded store
	NATSURL   string        // of a JetStream cluster; empty: the embedded store
	Retention time.Duration // of the records of ended requests; 0: store.DefaultRetention
	Secret    string        // encrypts the values of open forms in the store; the bot token does

	Log     *logrus.Entry
	Metrics *Metrics // nil: its own

	// CrashPoint is workflow.Config's: tests stop the bot there.
	CrashPoint func(where string)
}

// A Bot runs Port actions for Slack users. Make one with Open.
type Bot struct {
	slack    *slackapp.Client
	store    *store.Store
	dialog   *dialog.Dialog
	workflow *workflow.Workflow
	users    *identity.Directory
}

// Open makes a bot and opens its store. Close it. Open waits until ctx ends for a cluster
// that does not answer. Its errors are those of store.Open.
func Open(ctx context.Context, cfg Config) (*Bot, error) {
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics()
	}
	s, err := store.Open(ctx, store.Config{Dir: cfg.StateDir, NATSURL: cfg.NATSURL, Retention: cfg.Retention, Secret: cfg.Secret, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	renderer := message.Renderer{AnnounceChannel: cfg.Announce, PortAppURL: message.PortAppURL(cfg.PortURL)}
	users := identity.New(cfg.Slack, cfg.Port)
	wf := workflow.Config{
		Store: s, Port: cfg.Port, Slack: cfg.Slack, Users: users, Renderer: renderer,
		Metrics: cfg.Metrics, Log: cfg.Log, Process: uuid.NewString(), CrashPoint: cfg.CrashPoint,
	}
	if cfg.Incidents != nil {
		wf.Incidents = cfg.Incidents
	}
	b := &Bot{
		users: users,
		slack: cfg.Slack, store: s, workflow: workflow.New(wf),
		dialog: dialog.New(dialog.Config{
			Store: s, Port: cfg.Port, Slack: cfg.Slack, Users: users, Renderer: renderer,
			Action: cfg.Action, Command: cfg.Command, Metrics: cfg.Metrics, Log: cfg.Log,
		}),
	}
	cfg.Metrics.observe(b)
	return b, nil
}

// Close closes the store. Run must have returned.
func (b *Bot) Close() { b.store.Close() }

// Pending is how many requests have not ended.
func (b *Bot) Pending() int { return b.store.Index().Count() }

// Run works until ctx ends, and then stops in order: the connections to Slack once their
// envelopes are acked, and the stages being worked on. It returns an error only if
// waiting does not help: Slack rejects the token permanently, or the store needs a restart.
func (b *Bot) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.store.Run(ctx) })
	group.Go(func() error { return b.workflow.Run(ctx) })
	group.Go(func() error { return b.dialog.Run(ctx) })
	group.Go(func() error { return b.users.Run(ctx) })
	group.Go(func() error { return b.slack.Run(ctx, b.dialog) })
	err := group.Wait()
	b.dialog.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run the bot: %w", err)
	}
	return nil
}

// NotReady reports what keeps the bot from accepting submissions, by part: slack, store. It is empty
// when the bot is ready. An outage of Port is not part of it: what is submitted then is stored
// and run later, and a bot that is not ready would block deployments for as long.
func (b *Bot) NotReady(ctx context.Context) map[string]string {
	problems := map[string]string{}
	if b.slack.Connections() == 0 {
		problems["slack"] = "no connection to Slack"
	}
	if err := b.store.CheckReady(ctx); err != nil {
		problems["store"] = err.Error()
	}
	return problems
}

// checkPort reports why Port's definition of the action could not be read for a minute, or never.
func (b *Bot) checkPort() error { return b.dialog.CheckDefinition(portOutageGrace) }

// wakeForRun wakes the request that a run belongs to. It reports false if there is none.
func (b *Bot) wakeForRun(ctx context.Context, runID string) (found bool, err error) {
	id, ok := b.store.Index().RequestForRun(runID)
	if !ok {
		return false, nil
	}
	return true, b.store.Wake(ctx, id)
}

// inFlight lists the requests whose runs Port is working on.
func (b *Bot) inFlight() map[string]store.Entry { return b.store.Index().InStage(request.Running) }
