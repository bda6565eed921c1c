package workflow

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/identity"
	"foghorn/bot/request"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// An outage is services that do not work until it ends.
type outage struct {
	*fakes
	end        time.Time
	timesOut   bool // a call gets no response; otherwise it fails at once
	slackError error
}

// begin fails a call that begins before the end.
func (o *outage) begin(timeout time.Duration, err error) error {
	if !time.Now().Before(o.end) {
		return nil
	}
	if o.timesOut {
		time.Sleep(timeout)
	}
	return err
}

func (o *outage) callPort() error {
	return o.begin(port.CreateRunTimeout, &rest.Error{Status: 503, RetryAfter: 5 * time.Second})
}

func (o *outage) callSlack() error { return o.begin(slackapp.CallTimeout, o.slackError) }

func (o *outage) Authorize(ctx context.Context, user string, t identity.Target) (string, *identity.Denial, error) {
	if err := o.callPort(); err != nil {
		return "", nil, err
	}
	return o.fakes.Authorize(ctx, user, t)
}

func (o *outage) CreateRun(ctx context.Context, run port.RunRequest) (port.Run, error) {
	if err := o.callPort(); err != nil {
		return port.Run{}, err
	}
	return o.fakes.CreateRun(ctx, run)
}

func (o *outage) ListRuns(ctx context.Context, q port.RunsQuery) ([]port.Run, error) {
	if err := o.callPort(); err != nil {
		return nil, err
	}
	return o.fakes.ListRuns(ctx, q)
}

func (o *outage) PostMessage(ctx context.Context, channel string, m slackapp.Message) (slackapp.Posted, error) {
	if err := o.callSlack(); err != nil {
		return slackapp.Posted{}, err
	}
	return o.fakes.PostMessage(ctx, channel, m)
}

func (o *outage) FindMessage(ctx context.Context, channel string, m slackapp.Message, from, to time.Time) (string, bool, error) {
	if err := o.callSlack(); err != nil {
		return "", false, err
	}
	return o.fakes.FindMessage(ctx, channel, m, from, to)
}

func (o *outage) UpdateMessage(ctx context.Context, channel, ts string, m slackapp.Message) error {
	if err := o.callSlack(); err != nil {
		return err
	}
	return o.fakes.UpdateMessage(ctx, channel, ts, m)
}

func (o *outage) GetIncident(ctx context.Context, id string) (incidentio.Incident, error) {
	if err := o.callPort(); err != nil {
		return incidentio.Incident{}, err
	}
	return o.fakes.GetIncident(ctx, id)
}

// TestOutage_WorksAgainWithin15Seconds has all services fail for a while when a request enters each of the stages, and
// measures from the end of the outage to the end of the stage.
func TestOutage_WorksAgainWithin15Seconds(t *testing.T) {
	const limit = 15 * time.Second
	prepare := map[request.Stage]func(*testing.T, *fakes, *Workflow, *job){
		request.Accepted:    func(*testing.T, *fakes, *Workflow, *job) {},
		request.CreatingRun: func(_ *testing.T, _ *fakes, _ *Workflow, j *job) { j.Enter(request.CreatingRun) },
		request.Notifying: func(t *testing.T, f *fakes, w *Workflow, j *job) {
			advanceUntilWait(t, w, j)
			f.endRun(port.StatusSuccess)
			if _, err := w.checkRun(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		},
		request.AwaitingChannel: func(t *testing.T, f *fakes, w *Workflow, j *job) {
			advanceUntilWait(t, w, j)
			f.endRun(port.StatusSuccess)
			for j.Stage != request.AwaitingChannel {
				if _, err := w.advance(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	for stage, enter := range prepare {
		for _, length := range []time.Duration{time.Second, 20 * time.Second, 50 * time.Minute} {
			for _, timesOut := range []bool{false, true} {
				for name, slackError := range map[string]error{
					"no response": errors.New("timeout"), "proxy": &slackapp.Error{Status: 403}, "token": &slackapp.Error{Code: "invalid_auth"},
				} {
					t.Run(fmt.Sprintf("%s %v %v %s", stage, length, timesOut, name), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							f := &fakes{}
							w, j := newWorkflow(f)
							enter(t, f, w, j)
							f.channel = "C0INC"
							o := &outage{fakes: f, end: time.Now().Add(length), timesOut: timesOut, slackError: slackError}
							w.cfg.Port, w.cfg.Slack, w.cfg.Users, w.cfg.Incidents = o, o, o, o
							for j.Stage == stage || stage == request.Accepted && j.Stage == request.CreatingRun {
								n, _ := w.advance(t.Context(), j)
								time.Sleep(n.delay)
							}
							if late := time.Since(o.end); late > limit {
								t.Errorf("%s ended %v after the outage", stage, late)
							}
						})
					})
				}
			}
		}
	}
}

// TestAddChannel_Outage has incident.io fail for longer than an incident's channel is awaited. The messages get it when
// the incident can be read again.
func TestAddChannel_Outage(t *testing.T) {
	for _, length := range []time.Duration{10 * time.Minute, 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakes{}
			w, j := newWorkflow(f)
			advanceUntilWait(t, w, j)
			f.endRun(port.StatusSuccess)
			f.channel = "C0INC"
			o := &outage{fakes: f, end: time.Now().Add(length)}
			w.cfg.Incidents, w.follower.incidents = o, o
			for j.Stage != request.Tracking || len(f.updates) == 0 {
				n, _ := w.advance(t.Context(), j)
				time.Sleep(n.delay)
				if time.Since(o.end) > 30*time.Second {
					t.Fatalf("after %v: at %s, updated %v", length, j.Stage, f.updates)
				}
			}
		})
	}
}
