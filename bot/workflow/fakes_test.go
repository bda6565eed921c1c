package workflow

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/identity"
	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// fakes are the services of a workflow, in memory. Each error is returned once; a lost answer
// is an error after the effect.
type fakes struct {
	archived     []string // ids
	knownSince   time.Time
	runLog       []port.LogLine
	logErr       error
	approvers    []port.Approver
	approversErr error
	saved        []request.Stage
	claims       map[string]string // run id -> request id

	runs       []port.Run
	createErr  error
	createLost bool
	listErr    error

	posts    []string // recipients
	postErr  error
	postLost bool
	found    bool // the result of FindMessage
	findErr  error
	updates  []string

	denied       *identity.Denial
	authorizeErr error
	authorized   int
	runAs        []string         // of the runs that were asked for
	correctEmail string           // the reporter's address as Port spells it
	unknownEmail *identity.Denial // of CorrectEmail

	channel     string // of the incident
	incident    func(*incidentio.Incident)
	incidentErr error
	listed      []incidentio.Incident
	unreadable  error // of each incident by itself
	severities  []incidentio.Severity
	calls       []time.Time // of incident.io

	shown     []slackapp.Message // by the latest update
	updateErr error              // returned until it is nil
	erased    []string           // ids
	polled    error
}

func (f *fakes) Save(_ context.Context, r *request.Request) error {
	f.saved = append(f.saved, r.Stage)
	r.Revision++
	return nil
}

func (f *fakes) ClaimRun(_ context.Context, runID, id string) (bool, error) {
	if holder, claimed := f.claims[runID]; claimed {
		return holder == id, nil
	}
	f.claims[runID] = id
	return true, nil
}

func (f *fakes) Archive(_ context.Context, r *request.Request) error {
	if r.Stage == request.Tracking {
		f.erased = append(f.erased, r.ID)
		return nil
	}
	f.archived = append(f.archived, r.ID)
	return nil
}

func (f *fakes) KnownSince() time.Time { return f.knownSince }

func (f *fakes) RequestForRun(runID string) (string, bool) {
	id, ok := f.claims[runID]
	return id, ok
}

func (f *fakes) CreateRun(_ context.Context, run port.RunRequest) (port.Run, error) {
	f.runAs = append(f.runAs, run.RunAs)
	if err := f.createErr; err != nil && !f.createLost {
		f.createErr = nil
		return port.Run{}, err
	}
	made := port.Run{ID: "r_1", Action: run.Action, Status: "IN_PROGRESS", Properties: run.Properties, CreatedAt: time.Now()}
	f.runs = append(f.runs, made)
	err := f.createErr
	f.createErr = nil
	return made, err
}

func (f *fakes) GetRun(_ context.Context, id string) (port.Run, error) {
	for _, r := range f.runs {
		if r.ID == id {
			return r, nil
		}
	}
	return port.Run{}, &rest.Error{Status: http.StatusNotFound}
}

func (f *fakes) ListRuns(context.Context, port.RunsQuery) ([]port.Run, error) {
	return f.runs, f.listErr
}

func (f *fakes) ListApprovers(context.Context, string, bool) ([]port.Approver, error) {
	return f.approvers, f.approversErr
}

func (f *fakes) ListRunLog(context.Context, string) ([]port.LogLine, error) {
	return f.runLog, f.logErr
}

func (f *fakes) PostMessage(_ context.Context, channel string, _ slackapp.Message) (slackapp.Posted, error) {
	err := f.postErr
	f.postErr = nil
	if err == nil || f.postLost {
		f.posts = append(f.posts, channel)
	}
	return slackapp.Posted{Conversation: channel, TS: "1.1"}, err
}

func (f *fakes) PostEphemeral(_ context.Context, _, user string, _ slackapp.Message) error {
	f.posts = append(f.posts, "ephemeral:"+user)
	return nil
}

func (f *fakes) UpdateMessage(_ context.Context, channel, _ string, m slackapp.Message) error {
	f.updates, f.shown = append(f.updates, channel), append(f.shown, m)
	return f.updateErr
}

func (f *fakes) FindMessage(context.Context, string, slackapp.Message, time.Time, time.Time) (string, bool, error) {
	return "1.1", f.found, f.findErr
}

func (f *fakes) Authorize(context.Context, string, identity.Target) (string, *identity.Denial, error) {
	f.authorized++
	if f.denied != nil {
		return "", f.denied, nil
	}
	return cmp.Or(f.correctEmail, "alice@example.com"), nil, f.authorizeErr
}

func (f *fakes) CorrectEmail(context.Context, string) (string, *identity.Denial, error) {
	return cmp.Or(f.correctEmail, "alice@example.com"), f.unknownEmail, nil
}

func (f *fakes) GetIncident(_ context.Context, id string) (incidentio.Incident, error) {
	f.calls = append(f.calls, time.Now())
	i := incidentio.Incident{ID: id, Name: "API is slow", Visibility: "public", Permalink: "https://app.incident.io/x/1", SlackChannelID: f.channel}
	if f.incident != nil {
		f.incident(&i)
	}
	return i, cmp.Or(f.incidentErr, f.unreadable)
}

func (f *fakes) ListIncidents(_ context.Context, q incidentio.IncidentsQuery) (incidentio.IncidentPage, error) {
	f.calls = append(f.calls, time.Now())
	listed := slices.DeleteFunc(slices.Clone(f.listed), func(i incidentio.Incident) bool {
		return i.UpdatedAt.Before(q.UpdatedSince) || !slices.Contains(q.Categories, cmp.Or(i.Status.Category, "live"))
	})
	from := slices.IndexFunc(listed, func(i incidentio.Incident) bool { return i.ID == q.After }) + 1
	page := incidentio.IncidentPage{Incidents: listed[from:min(from+250, len(listed))]}
	if from+250 < len(listed) {
		page.After = page.Incidents[249].ID
	}
	return page, f.incidentErr
}

func (f *fakes) ListSeverities(context.Context) ([]incidentio.Severity, error) {
	f.calls = append(f.calls, time.Now())
	return f.severities, f.incidentErr
}

func (f *fakes) IncidentsPolled(err error) { f.polled = err }

func (f *fakes) RequestEnded(string) {}

func (f *fakes) StageRetried(request.Stage) {}

func (f *fakes) NotificationDelayed(time.Duration) {}

// newWorkflow makes a workflow on fakes, and a request that was just accepted.
func newWorkflow(f *fakes) (*Workflow, *job) {
	f.claims = map[string]string{}
	log := logrus.New()
	log.SetOutput(io.Discard)
	w := New(Config{
		Port: f, Approvals: f, Slack: f, Users: f, Incidents: f, Metrics: f, Log: logrus.NewEntry(log),
		Renderer: message.Renderer{PortAppURL: "https://app.port.io"},
	})
	w.store, w.index = f, f
	r := &request.Request{
		ID: "V1", User: "U1", Channel: "C1", Action: "declare", Title: "Declare", CreatedAt: time.Now(),
		Properties: map[string]any{"name": "API is slow"}, Key: []byte("key"),
	}
	w.follower.severities.known, w.follower.severities.readAt = true, time.Now() // an organization without severities
	r.Enter(request.Accepted)
	return w, &job{Request: r, loggedStage: r.Stage}
}

// endRun ends the run as a declared incident does.
func (f *fakes) endRun(status string) {
	f.runs[0].Status = status
	f.runs[0].Response = []byte(`{"incident":{"id":"01","name":"API is slow","visibility":"public","permalink":"https://app.incident.io/x/1"}}`)
}

// advanceUntilWait advances the request until it has to wait for an event or a delay.
func advanceUntilWait(t *testing.T, w *Workflow, j *job) next {
	t.Helper()
	for range 20 {
		n, err := w.advance(t.Context(), j)
		if n != again() || err != nil {
			return n
		}
	}
	t.Fatal("the request does not stop advancing")
	return next{}
}

// advanceToEnd advances the request over delays, on the clock of synctest.
func advanceToEnd(t *testing.T, w *Workflow, j *job) {
	t.Helper()
	for range 10_000 {
		if n := advanceUntilWait(t, w, j); n.event {
			return
		} else if n.delay > 0 {
			time.Sleep(n.delay)
		}
	}
	t.Fatal("the request does not end")
}

// setIncident changes the incident, and has the follower read it, as the process that polls.
func setIncident(w *Workflow, f *fakes, change func(*incidentio.Incident)) {
	f.incident, w.follower.polls = change, true
	_, _ = w.follower.readIncident(context.Background(), "01")
}
