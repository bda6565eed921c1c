// Package workflow carries each accepted request to its end: it creates the run in Port as
// the reporter, follows the run, and posts the result in Slack.
//
//	accepted          startRun         checks that the reporter may run the action, and creates the run
//	creating_run      recoverRun       finds the run after its answer was lost
//	running           checkRun         reads the run once the poller or Port's webhook woke it
//	notifying         notify           posts one message to each recipient
//	awaiting_channel  addChannel       reads the incident for the first time, and awaits its own channel
//	tracking          track            brings the messages up to date once the follower woke it, until the incident is closed
//	done             archive          moves the request to the log, and erases what the user entered
//
// Only a workflow with a key of incident.io has the stages awaiting_channel and tracking.
//
// [Workflow.Run] has a worker, a poller and a follower. The worker takes a task from the store and
// advances its request stage by stage until the request has to wait. The poller asks Port for all
// runs in flight with one call and wakes the requests whose runs have ended. The follower does the same for incidents.
//
// # Exactly once
//
// A stage makes at most one outside effect. The intent is saved before the effect, and the
// result after it. A request that is read with an intent and without a result was left by a
// process that was killed in between: whether the effect happened is not known. It is looked up
// once the call's own timeout has passed, adopted if it is found, and repeated otherwise. A call that
// was rejected had no effect and is not looked up.
//
// Recovery uses the normal code path: a request that is read from the store continues at its stage.
package workflow

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"foghorn/bot/identity"
	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

const (
	// stopTimeout is how long Run waits, after ctx ended, for the stages being worked on.
	stopTimeout = 8 * time.Second

	// slowRunNotice is how long a request takes before the reporter is informed of the delay.
	slowRunNotice = 5 * time.Minute

	// startedNoticeDelay bounds how long the notice that a request is being processed waits for the decision
	// whether the reporter may run the action.
	startedNoticeDelay = time.Second

	// startedNoticeTimeout bounds the attempts to show that notice in the channel, startedNoticeRetryDelay is the time
	// between two.
	startedNoticeTimeout    = 4 * time.Second
	startedNoticeRetryDelay = time.Second

	// callGracePeriod is added to a call's timeout before its effect is looked up: the
	// service can finish a little after this side stopped waiting.
	callGracePeriod = time.Second

	// MaxClockSkew is how far the clocks of Port and Slack may differ from this one. Runs and messages are looked up
	// by time.
	MaxClockSkew = 30 * time.Second
)

// Config configures a Workflow. Everything is required except Incidents, Catalog,
// Traces, FollowInterval and CrashPoint.
type Config struct {
	Store     *store.Store
	Port      Port
	Approvals Approvals
	Slack     Slack
	Users     Users
	Incidents Incidents // nil: the messages do not follow the incident
	Catalog   Catalog   // nil: the entities of incidents do not follow them either
	Blueprint string    // identifier of the blueprint of these entities

	Renderer message.Renderer
	Metrics  Metrics
	Log      *logrus.Entry
	Traces   trace.TracerProvider // nil: there are no traces
	Process  string               // unique id of this process among those that share the store

	// FollowInterval is the least time between two reads of an incident; 0: 15 s. Tests shorten it, and with it the time
	// between two edits of a message.
	FollowInterval time.Duration

	// CrashPoint, if set, is called before and after each write and each outside effect, where a
	// crash makes a difference. Tests stop the process there.
	CrashPoint func(where string)
}

// scale is a duration of the follower, shortened as FollowInterval is.
func (c Config) scale(d time.Duration) time.Duration {
	return time.Duration(d.Seconds() * c.FollowInterval.Seconds() / minFollowInterval.Seconds() * float64(time.Second))
}

// Port creates and reads runs. A *port.Client is one.
type Port interface {
	CreateRun(ctx context.Context, run port.RunRequest) (port.Run, error)
	GetRun(ctx context.Context, id string) (port.Run, error)
	ListRuns(ctx context.Context, query port.RunsQuery) ([]port.Run, error)
	ListRunLog(ctx context.Context, id string) ([]port.LogLine, error)
}

// Approvals reads who approves runs. A port.Approvals is one.
type Approvals interface {
	ListApprovers(ctx context.Context, runID string, pending bool) ([]port.Approver, error)
}

// Slack posts messages. A *slackapp.Client is one.
type Slack interface {
	PostMessage(ctx context.Context, channel string, m slackapp.Message) (slackapp.Posted, error)
	PostEphemeral(ctx context.Context, channel, user string, m slackapp.Message) error
	UpdateMessage(ctx context.Context, channel, ts string, m slackapp.Message) error
	FindMessage(ctx context.Context, channel string, m slackapp.Message, from, to time.Time) (ts string, found bool, err error)
}

// Users decides who may run an action, and as which e-mail address. A denial is final. A *identity.Directory is one.
type Users interface {
	Authorize(ctx context.Context, userID string, t identity.Target) (email string, denied *identity.Denial, err error)
	CorrectEmail(ctx context.Context, email string) (corrected string, denied *identity.Denial, err error)
}

// Incidents reads incidents. A *incidentio.Client is one.
type Incidents interface {
	GetIncident(ctx context.Context, id string) (incidentio.Incident, error)
	ListIncidents(ctx context.Context, q incidentio.IncidentsQuery) (incidentio.IncidentPage, error)
	ListSeverities(ctx context.Context) ([]incidentio.Severity, error)
}

// Metrics counts what the workflow does.
type Metrics interface {
	RequestEnded(status string)
	StageRetried(stage request.Stage)
	NotificationDelayed(delay time.Duration) // from the end of a run to its message
	IncidentsPolled(err error)
}

// requestStore is the part of the store that the stages use.
type requestStore interface {
	Save(ctx context.Context, r *request.Request) error
	ClaimRun(ctx context.Context, runID, id string) (bool, error)
	Archive(ctx context.Context, r *request.Request) error
}

// A Workflow advances requests. Make one with New.
type Workflow struct {
	cfg      Config
	tracer   trace.Tracer // nil: there are no traces
	store    requestStore
	index    runIndex
	limiter  *postLimiter
	edits    *postLimiter
	follower *follower
	catalog  catalogCache
	inFlight inFlight
	failures failures
}

// New makes a Workflow. Run starts it.
func New(cfg Config) *Workflow {
	if cfg.CrashPoint == nil {
		cfg.CrashPoint = func(string) {}
	}
	cfg.FollowInterval = cmp.Or(cfg.FollowInterval, minFollowInterval)
	w := &Workflow{cfg: cfg, limiter: newPostLimiter(postInterval, 1), follower: newFollower(cfg)}
	w.edits = newPostLimiter(cfg.scale(editInterval), editBurst)
	w.catalog.lacking = map[string]bool{}
	if cfg.Traces != nil {
		w.tracer = cfg.Traces.Tracer(traceScope)
	}
	if cfg.Store != nil {
		w.store, w.index = cfg.Store, cfg.Store.Index()
	}
	return w
}

// Run advances requests until ctx ends, and waits for the stages being worked on. What it has to
// interrupt after 8 s continues at the next start.
func (w *Workflow) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.runWorker(ctx) })
	group.Go(func() error { newPoller(w).run(ctx); return nil })
	if w.cfg.Incidents != nil {
		group.Go(func() error { w.follower.run(ctx); return nil })
	}
	group.Go(func() error { w.limiter.removeExpired(ctx); return nil })
	group.Go(func() error { w.edits.removeExpired(ctx); return nil })
	return group.Wait()
}

// A job is a request being worked on.
type job struct {
	*request.Request
	loggedStage request.Stage // the last one that was logged
	loggedAt    time.Time     // when it was entered
	unsaved     bool          // the last attempt to save it failed

	incident *snapshot // as it was read for this job; nil: it was not

	authorized chan<- bool // gets whether the reporter may run the action, once that is known; nil: nothing waits for it
}

// setAuthorized informs startedNotice.
func (j *job) setAuthorized(ok bool) {
	select {
	case j.authorized <- ok:
	default:
	}
}

// stages has the function of each stage. A function makes at most one outside effect, saves
// the request and says when the request continues.
var stages = map[request.Stage]func(*Workflow, context.Context, *job) (next, error){
	request.Accepted:        (*Workflow).startRun,
	request.CreatingRun:     (*Workflow).recoverRun,
	request.Running:         (*Workflow).checkRun,
	request.Notifying:       (*Workflow).notify,
	request.AwaitingChannel: (*Workflow).addChannel,
	request.Tracking:        (*Workflow).track,
	request.Done:            (*Workflow).archive,
}

// advance calls the function of the request's stage, within a span.
func (w *Workflow) advance(ctx context.Context, j *job) (n next, err error) {
	stage, known := stages[j.Stage]
	if !known {
		return onEvent(), fmt.Errorf("unknown stage %q: the request is not changed", j.Stage)
	}
	ctx, end := w.traceAttempt(ctx, j)
	defer func() { end(n, err) }()
	return stage(w, ctx, j)
}

// next is when a request continues. With an error, it is when the stage is retried.
type next struct {
	delay time.Duration
	event bool
}

// again continues at once, with the next stage.
func again() next { return next{} }

// after continues after a delay.
func after(d time.Duration) next { return next{delay: d} }

// onEvent continues when the request is woken: by the poller, the follower or Port's webhook.
func onEvent() next { return next{event: true} }

// inFlight is the set of requests that this process is working on.
type inFlight struct {
	mu  sync.Mutex
	ids map[string]bool
}

// tryAcquire reports false if the request is already being worked on.
func (f *inFlight) tryAcquire(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ids[id] {
		return false
	}
	if f.ids == nil {
		f.ids = map[string]bool{}
	}
	f.ids[id] = true
	return true
}

func (f *inFlight) release(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.ids, id)
}
