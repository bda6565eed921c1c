package workflow

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
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

func (f *fakes) RequestEnded(string)               {}
func (f *fakes) StageRetried(request.Stage)        {}
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

func TestWorkflow_Stages(t *testing.T) {
	f := &fakes{channel: "C0INC"}
	w, j := newWorkflow(f)
	if n := advanceUntilWait(t, w, j); n != onEvent() || j.Stage != request.Running || j.Email != "alice@example.com" {
		t.Fatalf("the run was not created: %+v, %+v", n, j.Request)
	}
	f.endRun(port.StatusSuccess)
	if n := advanceUntilWait(t, w, j); n != onEvent() {
		t.Fatalf("the request waits: %+v", n)
	}
	want := []request.Stage{
		request.CreatingRun, request.Running, request.Notifying, request.Notifying, request.Notifying, request.AwaitingChannel,
		request.Tracking, request.Tracking, request.Tracking, request.Tracking,
	}
	if diff := gocmp.Diff(want, f.saved); diff != "" {
		t.Errorf("saved stages (-want +got):\n%s", diff)
	}
	if !slices.Equal(f.posts, []string{"C1"}) || !slices.Equal(f.updates, []string{"C1"}) {
		t.Errorf("posted to %v, updated in %v", f.posts, f.updates)
	}
	if !slices.Equal(f.erased, []string{j.ID}) || j.Properties != nil {
		t.Errorf("erased %v; the request has the input %v", f.erased, j.Properties)
	}
	setIncident(w, f, func(i *incidentio.Incident) { i.Status.Category = "closed" })
	advanceUntilWait(t, w, j)
	if !slices.Equal(f.archived, []string{j.ID}) {
		t.Errorf("archived %v", f.archived)
	}
}

// setIncident changes the incident, and has the follower read it, as the process that polls.
func setIncident(w *Workflow, f *fakes, change func(*incidentio.Incident)) {
	f.incident, w.follower.polls = change, true
	_, _ = w.follower.readIncident(context.Background(), "01")
}

func TestWorkflow_UnknownStage(t *testing.T) {
	f := &fakes{}
	w, j := newWorkflow(f)
	j.Stage = "pondering"
	if n, err := w.advance(t.Context(), j); n != onEvent() || err == nil || len(f.saved) > 0 {
		t.Errorf("an unknown stage: %+v, %v, saved %v", n, err, f.saved)
	}
}

func TestCreateRun_Errors(t *testing.T) {
	for _, c := range []struct {
		name    string
		err     error
		stage   request.Stage
		outcome string
		delay   bool
	}{
		{"rate limited", &rest.Error{Status: http.StatusTooManyRequests}, request.Accepted, "", true},
		{"token expired", &rest.Error{Status: http.StatusUnauthorized}, request.Accepted, "", true},
		{"rejected", &rest.Error{Status: http.StatusUnprocessableEntity, Message: "name is too long"}, request.Notifying, request.Rejected, false},
		{"server error", &rest.Error{Status: http.StatusBadGateway}, request.CreatingRun, "", true},
		{"no answer", errors.New("timeout"), request.CreatingRun, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, j := newWorkflow(&fakes{createErr: c.err})
			n, _ := w.advance(t.Context(), j)
			if j.Stage != c.stage || (n.delay > 0) != c.delay {
				t.Errorf("at %s, %+v", j.Stage, n)
			}
			if c.outcome != "" && (j.Outcome == nil || j.Outcome.Status != c.outcome) {
				t.Errorf("outcome %+v", j.Outcome)
			}
		})
	}
}

func TestCreateRun_AnswerLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{createErr: errors.New("timeout"), createLost: true}
		w, j := newWorkflow(f)
		advanceToEnd(t, w, j)
		if len(f.runs) != 1 || j.RunID != "r_1" || j.Stage != request.Running {
			t.Errorf("%d runs, %+v", len(f.runs), j.Request)
		}
	})
}

// withRequestID makes the action of a request one with an input for its id.
func withRequestID(_ *fakes, j *job) {
	j.HasRequestIDInput, j.Properties["request_id"] = true, j.RunInputID()
}

func TestFindLostRun_OnlyOwnRuns(t *testing.T) {
	mine := map[string]any{"name": "API is slow", "defaulted": true}
	for _, c := range []struct {
		name string
		run  port.Run
		edit func(*fakes, *job)
		want bool
	}{
		{"equal properties", port.Run{Properties: mine}, nil, true},
		{"other properties", port.Run{Properties: map[string]any{"name": "another"}}, nil, false},
		{"another action", port.Run{Action: "restart", Properties: mine}, nil, false},
		{"created before the request", port.Run{Properties: mine, CreatedAt: time.Now().Add(-time.Minute)}, nil, false},
		{"of another request", port.Run{Properties: mine}, func(f *fakes, _ *job) { f.claims["r_9"] = "V2" }, false},
		{"identified by its request id", port.Run{Properties: map[string]any{"request_id": "foghorn-V1"}, CreatedAt: time.Now().Add(-time.Minute)}, withRequestID, true},
		{"with the request id of another request", port.Run{Properties: map[string]any{"name": "API is slow", "request_id": "foghorn-V2"}}, withRequestID, false},
		{"without a request id, such as one from Port's page", port.Run{Properties: mine}, withRequestID, false},
		{"older, of which Port shows no inputs", port.Run{CreatedAt: time.Now().Add(-time.Minute)}, withRequestID, false},
		{"the record has no request id", port.Run{Properties: map[string]any{"name": "another"}}, func(_ *fakes, j *job) { j.HasRequestIDInput = true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run.ID = "r_9"
			f := &fakes{runs: []port.Run{c.run}}
			w, j := newWorkflow(f)
			if c.edit != nil {
				c.edit(f, j)
			}
			run, err := w.findLostRun(t.Context(), j)
			if err != nil || (run != nil) != c.want {
				t.Errorf("found %+v, %v", run, err)
			}
		})
	}
}

// TestFindLostRun_OldRequest looks for the run of a request that is older than what is known of ended requests: the
// run that it finds can belong to one of them.
func TestFindLostRun_OldRequest(t *testing.T) {
	f := &fakes{knownSince: time.Now(), runs: []port.Run{{ID: "r_9", Properties: map[string]any{"name": "API is slow"}}}}
	w, j := newWorkflow(f)
	j.CreatedAt = f.knownSince.Add(-time.Minute)
	if run, err := w.findLostRun(t.Context(), j); run != nil || !errors.Is(err, errUnproven) {
		t.Errorf("found %+v, %v", run, err)
	}
	withRequestID(f, j)
	if run, err := w.findLostRun(t.Context(), j); run != nil || err != nil {
		t.Errorf("without its id: found %+v, %v", run, err)
	}
	f.runs[0].Properties["request_id"] = j.RunInputID()
	if run, err := w.findLostRun(t.Context(), j); run == nil || err != nil {
		t.Errorf("with its id: found %+v, %v", run, err)
	}
	f.runs[0].Properties = nil
	if run, err := w.findLostRun(t.Context(), j); run != nil || !errors.Is(err, errUnproven) {
		t.Errorf("of a run without inputs: found %+v, %v", run, err)
	}
}

func TestFindLostRun_AbsenceIsProven(t *testing.T) {
	now := time.Now()
	list := func(n int, step time.Duration) []port.Run { // the first run is now, the others earlier (or, with a negative step, later)
		runs := make([]port.Run, n)
		for i := range runs {
			runs[i].CreatedAt = now.Add(-time.Duration(i) * step)
		}
		return runs
	}
	shuffled := list(port.MaxRuns, time.Second)
	shuffled[0], shuffled[500] = shuffled[500], shuffled[0]
	for _, c := range []struct {
		name string
		runs []port.Run
		want bool
	}{
		{"no runs", nil, true},
		{"complete", list(port.MaxRuns-1, time.Millisecond), true},
		{"newest first, reaches back", list(port.MaxRuns, time.Second), true},
		{"newest first, does not reach back", list(port.MaxRuns, time.Millisecond), false},
		{"oldest first", list(port.MaxRuns, -time.Second), false},
		{"no order", shuffled, false},
		{"without times", make([]port.Run, port.MaxRuns), false},
	} {
		if got := provesAbsence(c.runs, now.Add(-time.Minute)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestRecoverRun_AbsenceNotProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{createErr: errors.New("timeout"), runs: make([]port.Run, port.MaxRuns)}
		w, j := newWorkflow(f)
		advanceToEnd(t, w, j)
		if len(f.runs) != port.MaxRuns || j.Outcome.Status != request.Unknown {
			t.Errorf("%d runs, %+v", len(f.runs), j.Outcome)
		}
		if !slices.Equal(f.posts, []string{"U1"}) {
			t.Errorf("posted to %v", f.posts)
		}
	})
}

func TestRecoverRun_GivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{createErr: errors.New("timeout"), listErr: errors.New("timeout")}
		w, j := newWorkflow(f)
		advanceToEnd(t, w, j)
		if j.Outcome == nil || j.Outcome.Status != request.Unknown || j.Stage != request.Done {
			t.Errorf("%+v", j.Request)
		}
		if age := time.Since(j.CreatedAt); age < createRunDeadline {
			t.Errorf("gave up after %v", age)
		}
		if !slices.Equal(f.posts, []string{"U1", "U1"}) { // the delay, and the result
			t.Errorf("posted to %v", f.posts)
		}
	})
}

func TestStartRun_Denied(t *testing.T) {
	for status, denied := range map[string]*identity.Denial{
		request.NoEmail: {NoEmail: true, Reason: "You are a guest."},
		request.Denied:  {Reason: "Only members of Acme can run it."},
	} {
		f := &fakes{denied: denied}
		w, j := newWorkflow(f)
		advanceUntilWait(t, w, j)
		if len(f.runAs) > 0 || j.Outcome.Status != status || j.Outcome.Reason != denied.Reason || !slices.Equal(f.posts, []string{"U1"}) {
			t.Errorf("%v runs, %+v, posted to %v", f.runAs, j.Outcome, f.posts)
		}
	}
}

// TestStartRun_NotAuthorizedYet checks that a request is kept while it is not known whether the reporter may run the
// action, and that this is decided again before each attempt to create the run.
func TestStartRun_NotAuthorizedYet(t *testing.T) {
	f := &fakes{authorizeErr: errors.New("timeout")}
	w, j := newWorkflow(f)
	if n, err := w.advance(t.Context(), j); err == nil || n.delay <= 0 || j.Stage != request.Accepted {
		t.Fatalf("%+v, %v in %s", n, err, j.Stage)
	}
	f.authorizeErr, f.createErr = nil, &rest.Error{Status: http.StatusTooManyRequests}
	if n, err := w.advance(t.Context(), j); err == nil || n.delay <= 0 || j.Stage != request.Accepted {
		t.Fatalf("%+v, %v in %s", n, err, j.Stage)
	}
	f.denied = &identity.Denial{Reason: "Your Slack account is deactivated."}
	advanceUntilWait(t, w, j)
	if f.authorized != 3 || len(f.runs) > 0 || j.Outcome.Status != request.Denied {
		t.Errorf("authorized %d times, %d runs, %+v", f.authorized, len(f.runs), j.Outcome)
	}
}

func TestCreateRun_AddressOfReporter(t *testing.T) {
	notFound := &rest.Error{Status: http.StatusNotFound, Message: "User was not found"}
	for _, c := range []struct {
		name, correct string
		unknown       *identity.Denial
		status        string
		runAs         []string
	}{
		{"Port spells it the same", "", nil, request.Rejected, []string{"alice@example.com"}},
		{"Port spells it otherwise", "Alice@example.com", nil, "", []string{"alice@example.com", "Alice@example.com"}},
		{"Port does not know it", "", &identity.Denial{Reason: "Port doesn't know the address"}, request.Denied, []string{"alice@example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakes{createErr: notFound, unknownEmail: c.unknown}
			w, j := newWorkflow(f)
			if f.correctEmail = c.correct; c.correct != "" {
				w.cfg.Users = &respelled{fakes: f}
			}
			advanceUntilWait(t, w, j)
			status := ""
			if j.Outcome != nil {
				status = j.Outcome.Status
			}
			if diff := gocmp.Diff(c.runAs, f.runAs); diff != "" || status != c.status {
				t.Errorf("ended with %q, run as (-want +got):\n%s", status, diff)
			}
		})
	}
}

// respelled gives Slack's spelling of the address first, and Port's once that was asked for.
type respelled struct {
	*fakes
	known bool
}

func (r *respelled) Authorize(context.Context, string, identity.Target) (string, *identity.Denial, error) {
	if r.known {
		return r.correctEmail, nil, nil
	}
	return "alice@example.com", nil, nil
}

func (r *respelled) CorrectEmail(context.Context, string) (string, *identity.Denial, error) {
	r.known = true
	return r.correctEmail, nil, nil
}

func TestCheckRun_RunRemoved(t *testing.T) {
	f := &fakes{}
	w, j := newWorkflow(f)
	advanceUntilWait(t, w, j)
	f.runs = nil
	advanceUntilWait(t, w, j)
	if j.Outcome != nil {
		t.Errorf("a new run is missing for a moment, and the request ended: %+v", j.Outcome)
	}
	j.StageEnteredAt = j.StageEnteredAt.Add(-newRunTimeout)
	advanceUntilWait(t, w, j)
	if j.Outcome == nil || j.Outcome.Status != request.Unknown {
		t.Errorf("%+v", j.Outcome)
	}
}

func TestDeliver_Errors(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     fakes
		posts []string
	}{
		{"answer lost, found in the history", fakes{postErr: errors.New("timeout"), postLost: true, found: true}, []string{"C1"}},
		{"answer lost, not posted", fakes{postErr: errors.New("timeout")}, []string{"C1"}},
		{"answer lost, history not readable", fakes{postErr: errors.New("timeout"), findErr: &slackapp.Error{Code: "missing_scope"}}, []string{"C1"}},
		{"answer lost, history never answers", fakes{postErr: errors.New("timeout"), findErr: errors.New("timeout")}, []string{"C1"}},
		{"rate limited", fakes{postErr: &slackapp.Error{Code: "ratelimited", RetryAfter: 3 * time.Second}}, []string{"C1"}},
		{"token rejected for a moment", fakes{postErr: &slackapp.Error{Code: "invalid_auth"}}, []string{"C1"}},
		{"workspace being moved", fakes{postErr: &slackapp.Error{Code: "org_login_required"}}, []string{"C1"}},
		{"an unknown code for a moment", fakes{postErr: &slackapp.Error{Code: "a_code_of_2030"}}, []string{"C1"}},
		{"a page of a proxy", fakes{postErr: &slackapp.Error{Status: 403}}, []string{"C1"}},
		{"not in the channel", fakes{postErr: &slackapp.Error{Code: "not_in_channel"}}, []string{"U1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := newWorkflow(&c.f)
				advanceUntilWait(t, w, j)
				c.f.endRun(port.StatusSuccess)
				c.f.channel = "C0INC"
				advanceToEnd(t, w, j)
				if j.Stage != request.Tracking || !slices.Equal(c.f.posts, c.posts) {
					t.Errorf("at %s, posted to %v, deliveries %v", j.Stage, c.f.posts, slices.Collect(maps.Keys(j.Deliveries)))
				}
			})
		})
	}
}

func TestPostLimiter_OneMessagePerSecondAndChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPostLimiter(postInterval, 1)
		if l.reserve("C1", "a") != 0 || l.reserve("C2", "b") != 0 {
			t.Error("the first message of a channel waits")
		}
		wait := l.reserve("C1", "c")
		if wait != time.Second || l.reserve("C1", "d") != 2*time.Second {
			t.Errorf("the second message waits %v", wait)
		}
		time.Sleep(wait)
		if l.reserve("C1", "c") != 0 {
			t.Error("a reservation is not kept")
		}
	})
}

func BenchmarkWorkflow(b *testing.B) {
	for b.Loop() {
		f := &fakes{channel: "C0INC"}
		w, j := newWorkflow(f)
		for j.Stage != request.Tracking {
			if j.Stage == request.Running {
				f.endRun(port.StatusSuccess)
			}
			if _, err := w.advance(b.Context(), j); err != nil {
				b.Fatal(err)
			}
		}
	}
}
