package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"foghorn/bot/card"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

// stopTimeout is how long a stopping bot waits for the steps at work. What is cut off then
// is looked up at the next start.
const stopTimeout = 8 * time.Second

// Config says how a bot works. Action, Command and Log are required, and StateDir or NATSURL.
type Config struct {
	Action   string // identifier of the Port action that the command runs
	Command  string // such as /incident
	Announce string // id of a channel that hears of every public incident; empty: none
	PortURL  string // of Port's API; decides where its web app is

	Incidents *incidentio.Client // to show an incident's own channel once it has one; nil: it is not awaited

	StateDir string // of the embedded store
	NATSURL  string // of a JetStream cluster; empty: the embedded store

	Retention time.Duration // of the records of ended requests; 0: DefaultRetention

	Log     *logrus.Entry
	Metrics *Metrics // nil: its own
}

// A Bot listens to Slack, runs actions in Port and tells people how they ended.
type Bot struct {
	cfg   Config
	slack *slackapp.App
	port  *port.Client
	room  card.Room
	name  string // of this process, among those that share a store

	journal   journal
	index     *index
	defs      *definitions
	pace      *pacer
	hands     holding
	accepting rush
	tasks     sync.WaitGroup // what goes on after an ack

	// edge is called on both sides of each write and each outside effect: the places where
	// a crash makes a difference. Tests kill the bot there.
	edge func(where string)
}

// Open makes a bot on its store. Close it. A cluster that does not answer is waited for
// until ctx ends.
func Open(ctx context.Context, cfg Config, slack *slackapp.App, p *port.Client) (*Bot, error) {
	cfg.Retention = cmp.Or(cfg.Retention, DefaultRetention)
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics()
	}
	s, err := openStore(ctx, cfg.StateDir, cfg.NATSURL)
	for cfg.NATSURL != "" && err != nil && !errors.Is(err, ErrClusterRefuses) && ctx.Err() == nil {
		cfg.Log.WithError(err).Warn("NATS_URL does not answer; trying again")
		s, err = openStore(ctx, cfg.StateDir, cfg.NATSURL)
	}
	if err != nil {
		return nil, err
	}
	b := &Bot{
		cfg: cfg, slack: slack, port: p,
		room:    card.Room{Announce: cfg.Announce, PortApp: card.PortApp(cfg.PortURL)},
		name:    uuid.NewString(),
		journal: journal{s},
		index:   newIndex(),
		pace:    newPacer(),
		hands:   holding{ids: map[string]bool{}},
		edge:    func(string) {},
	}
	b.defs = newDefinitions(p, &b.tasks)
	b.cfg.Metrics.watch(b)
	return b, nil
}

// Close closes the store. Run must have returned.
func (b *Bot) Close() { b.journal.close() }

// Pending is how many requests have not been carried to their end.
func (b *Bot) Pending() int { return b.index.count() }

// Run works until ctx ends, and then stops in order: the links first, once every handler
// has acked; then the steps at work, each at its edge. It returns an error only for what no
// waiting mends: a Slack token that never works, or a store that is gone.
func (b *Bot) Run(ctx context.Context) error {
	process, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()

	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return b.journal.watch(running) })
	group.Go(func() error { return b.index.follow(running, b.journal) })
	group.Go(func() error { return b.work(running, process) })
	group.Go(func() error { newFollower(b).run(running); return nil })
	group.Go(func() error { return b.slack.Run(running, b) })
	group.Go(func() error { b.keepHouse(running); return nil })
	group.Go(func() error {
		b.defs.refresh(running, b.cfg.Action, func(err error) {
			b.cfg.Log.WithError(err).Warn("read the action's definition")
		})
		return nil
	})
	group.Go(func() error {
		<-running.Done()
		time.AfterFunc(stopTimeout, end)
		return nil
	})
	err := group.Wait()
	b.tasks.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run the bot: %w", err)
	}
	return nil
}

// holding is the set of requests that this process is advancing now.
type holding struct {
	mu  sync.Mutex
	ids map[string]bool
}

// take reports false when somebody else of this process holds id.
func (h *holding) take(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids[id] {
		return false
	}
	h.ids[id] = true
	return true
}

func (h *holding) give(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.ids, id)
}
