package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"foghorn/integrations/port/porttest"
)

const (
	// stepDelay is the time between two steps of a run, in which people see it in progress.
	stepDelay = 700 * time.Millisecond

	// maxWebhookBytes bounds the body of a webhook. Port's emulator sends at most as much.
	maxWebhookBytes = 1 << 20
)

// A backend receives the webhooks of all actions that are not incident.io's, so that nothing of the demo leaves this
// machine. For the demo's own actions it reports progress, log lines and a result to Port, as a deployment system does.
type backend struct {
	port    *porttest.Server
	stopped chan struct{}
	playing sync.WaitGroup
}

func newBackend(port *porttest.Server) *backend {
	return &backend{port: port, stopped: make(chan struct{})}
}

// webhook is the body of the webhooks of the demo's own actions.
type webhook struct {
	Action  string
	Context struct {
		RunID  string `json:"runId"`
		Entity string
	}
	Inputs struct{ Version, Environment, Result string }
}

// ServeHTTP answers a webhook. What it reports to Port follows after the answer.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in webhook
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxWebhookBytes)).Decode(&in); err == nil {
		if play, ok := in.play(); ok {
			b.playing.Go(func() { b.report(in.Context.RunID, play) })
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"ok":true,"note":"the demo answers for every backend"}`))
}

// A play is what the backend reports about a run.
type play struct {
	steps           []step
	status, summary string
}

type step struct{ label, log string }

// play returns what the backend reports for one of the demo's own actions.
func (in webhook) play() (p play, ok bool) {
	service, version := in.Context.Entity, in.Inputs.Version
	where := cmp.Or(in.Inputs.Environment, "staging")
	switch in.Action {
	case "deploy_service":
		p = play{
			[]step{
				{"Building", fmt.Sprintf("built the image %s:%s", service, version)},
				{"Rolling out", fmt.Sprintf("replacing 3 pods of %s in %s", service, where)},
				{"Checking health", "3 of 3 pods are ready"},
			},
			porttest.Success, fmt.Sprintf("%s %s runs in %s on 3 of 3 pods.", service, version, where),
		}
		if in.Inputs.Result == "failure" {
			p.steps[2].log = "error: readiness probe of pod 1 failed: GET /healthz: 503 Service Unavailable"
			p.steps = append(p.steps, step{"Rolling back", "rolled back to the previous version"})
			p.status, p.summary = porttest.Failure, fmt.Sprintf("The health check of %s %s failed.", service, version)
		}
	case "restart_service":
		p = play{
			[]step{{"Restarting", fmt.Sprintf("replacing 3 pods of %s", service)}, {"Checking health", "3 of 3 pods are ready"}},
			porttest.Success, "3 of 3 pods were replaced.",
		}
	case "grant_database_access":
		p = play{
			[]step{{"Granting", fmt.Sprintf("created a read-only role for the database of %s", service)}},
			porttest.Success, fmt.Sprintf("Read access to the database of %s until tomorrow.", service),
		}
	default:
		return play{}, false
	}
	return p, true
}

// report reports the steps of a run and its result, until Close is called.
func (b *backend) report(run string, p play) {
	for _, s := range p.steps {
		if !b.wait() || b.port.UpdateRun(run, func(r *porttest.Run) { r.StatusLabel = s.label }) != nil {
			return
		}
		b.port.AddLog(run, s.log)
	}
	if b.wait() {
		_ = b.port.EndRun(run, p.status, p.summary) // it has ended already
	}
}

// wait waits until the next step, and says whether there is one.
func (b *backend) wait() bool {
	select {
	case <-time.After(stepDelay):
		return true
	case <-b.stopped:
		return false
	}
}

// Close ends what is being reported.
func (b *backend) Close() {
	close(b.stopped)
	b.playing.Wait()
}
