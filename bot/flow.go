package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/card"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

const (
	// settle is added to a call's own timeout before what it did is looked up: the far
	// side may finish a little after this side stopped waiting.
	settle = time.Second

	// skew is how far the clocks of Port and Slack may be off from this one's.
	skew = 5 * time.Second

	// lateAfter is how long a run goes on before the reporter hears that it is late.
	lateAfter = 5 * time.Minute

	// giveUpAfter is how long a run is followed. Approvals can take days.
	giveUpAfter = 14 * 24 * time.Hour

	// linkFor is how long the incident's own channel is awaited.
	linkFor = 2 * time.Minute

	// askFor is how long Port is asked for a run. Declaring an incident hours after it
	// was typed would do more harm than saying that it was not declared.
	askFor = time.Hour
)

// THE CORRIDOR. A request that was accepted (see dialog.go) goes through the stages below,
// from top to bottom, and the same lines carry on after a crash: what is read from the
// journal decides, and nothing else.
//
// advance does what the request's stage asks for, at most one outside effect, and writes
// down how far it came. It returns how long to wait before the request is looked at again:
// 0, at once; park, not before somebody wakes it.
func (b *Bot) advance(ctx context.Context, r *Request) (wait time.Duration, err error) {
	switch r.Stage {

	case Accepted: // nothing was asked of Port: find out as whom to ask, and ask
		if time.Since(r.Made) > askFor {
			r.end(card.Outcome{Status: card.Refused, Reason: "Port or Slack could not be reached for an hour."})
			return 0, b.write(ctx, r)
		}
		if b.overdue(r) {
			return b.deliver(ctx, r, b.room.IsLate(r.facts()))
		}
		if r.Email == "" {
			email, reason, err := b.email(ctx, r.User)
			if err != nil {
				return b.backoff(r), err
			}
			if reason != "" {
				r.end(card.Outcome{Status: card.NoEmail, Reason: reason})
				return 0, b.write(ctx, r)
			}
			r.Email = email
		}
		return b.ask(ctx, r)

	case Asking: // the answer was lost: Port may have made the run, or may still be at it
		if early := time.Until(r.Since.Add(port.RunTimeout + settle)); early > 0 {
			return early, nil
		}
		if b.overdue(r) {
			return b.deliver(ctx, r, b.room.IsLate(r.facts()))
		}
		run, err := b.find(ctx, r)
		if err != nil && time.Since(r.Made) > askFor {
			r.end(card.Outcome{Status: card.Lost, Reason: "Port's answer was lost, and Port could not be asked again for an hour."})
			return 0, b.write(ctx, r)
		}
		if err != nil {
			return b.backoff(r), err
		}
		if run == nil {
			return b.ask(ctx, r)
		}
		b.log(r).WithField("run", run.ID).Info("found the run whose answer was lost")
		r.RunID = run.ID
		r.enter(Running)
		return 0, b.write(ctx, r)

	case Running: // woken: it has ended, waits for somebody, or is late
		run, err := b.port.Run(ctx, r.RunID)
		if e, ok := errors.AsType[*rest.Error](err); ok && e.Status == http.StatusNotFound {
			r.end(card.Outcome{Status: card.Lost, Reason: "Port no longer knows the run " + r.RunID + "."})
			return 0, b.write(ctx, r)
		}
		if err != nil {
			return park, err // the follower wakes it again
		}
		switch {
		case run.Ended():
			r.end(ending(run))
			return 0, b.write(ctx, r)
		case time.Since(r.Since) > giveUpAfter:
			r.end(card.Outcome{Status: card.Lost, Reason: "The run has not ended in 14 days."})
			return 0, b.write(ctx, r)
		case run.Status == port.StatusWaitingForApproval && !r.Posts[card.Waiting].done():
			return b.deliver(ctx, r, b.room.Waits(r.facts()))
		case run.Status != port.StatusWaitingForApproval && b.overdue(r):
			return b.deliver(ctx, r, b.room.IsLate(r.facts()))
		}
		return park, nil // the follower wakes it

	case Telling:
		for _, d := range b.room.End(r.facts()) {
			if !r.Posts[d.Key].done() {
				return b.deliver(ctx, r, d)
			}
		}
		if b.cfg.Incidents != nil && r.Outcome.Incident != nil && r.Outcome.Incident.Channel == "" {
			r.enter(Linking)
			return 0, b.write(ctx, r)
		}
		return b.told(ctx, r)

	case Linking: // incident.io makes the incident's channel a moment after the incident
		if time.Since(r.Since) > linkFor {
			return b.told(ctx, r)
		}
		found, err := b.cfg.Incidents.Incident(ctx, r.Outcome.Incident.ID)
		if err != nil || found.SlackChannelID == "" {
			return b.backoff(r), err
		}
		r.Outcome.Incident.Channel = found.SlackChannelID
		b.edit(ctx, r)
		return b.told(ctx, r)

	case Told:
		return park, nil
	}
	return park, fmt.Errorf("the stage %q is not known to this version; the request is left as it is", r.Stage)
}

// told ends a request. What people wrote is not kept longer than it is needed.
func (b *Bot) told(ctx context.Context, r *Request) (time.Duration, error) {
	r.Properties = nil
	r.enter(Told)
	return park, b.write(ctx, r)
}

// ask asks Port for the run.
func (b *Bot) ask(ctx context.Context, r *Request) (time.Duration, error) {
	r.enter(Asking)
	if err := b.write(ctx, r); err != nil {
		return 0, err
	}
	b.edge("before the run")
	run, err := b.port.CreateRun(ctx, port.NewRun{Action: r.Action, RunAs: r.Email, Entity: r.Target, Properties: r.Properties})
	b.edge("after the run")
	if err == nil {
		return b.running(ctx, r, run)
	}
	e, ok := errors.AsType[*rest.Error](err)
	switch {
	case ok && (e.Limited() || e.NotSent() || e.Status == http.StatusUnauthorized): // Port has done nothing, and the person is not to blame
		wait := max(b.backoff(r), e.RetryAfter)
		r.enter(Accepted)
		return wait, errors.Join(err, b.write(ctx, r))
	case ok && e.Refused():
		r.end(card.Outcome{Status: card.Refused, Reason: said(e)})
		return 0, b.write(ctx, r)
	}
	return port.RunTimeout + settle, err // it may be done: look before asking again
}

// running writes down that Port has the run.
func (b *Bot) running(ctx context.Context, r *Request, run port.Run) (time.Duration, error) {
	r.RunID = run.ID
	if run.Ended() {
		r.end(ending(run))
		return 0, b.write(ctx, r)
	}
	r.enter(Running)
	if err := b.write(ctx, r); err != nil {
		return 0, err
	}
	if run.Status == port.StatusWaitingForApproval {
		return 0, nil // tell the reporter
	}
	return park, nil
}

// find looks for the run of a request whose answer was lost. It gives nil when Port has
// none: by the request's id where the action takes it, else by equal properties of the
// same person since the asking, a run that no other request holds.
func (b *Bot) find(ctx context.Context, r *Request) (*port.Run, error) {
	query := port.RunsQuery{Action: r.Action, Exclude: []string{"payload", "response"}, Limit: 1000}
	if !r.Marked {
		query.UserEmail = r.Email
	}
	runs, err := b.port.Runs(ctx, query)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		if run.Action != "" && run.Action != r.Action || !sameProperties(run.Properties, r.Properties) {
			continue
		}
		if !r.Marked {
			if !run.CreatedAt.IsZero() && run.CreatedAt.Before(r.Made.Add(-skew)) || b.index.holds(run.ID, r.ID) {
				continue
			}
			if ours, err := b.journal.claim(ctx, run.ID, r.ID); err != nil {
				return nil, err
			} else if !ours {
				continue
			}
		}
		return &run, nil
	}
	return nil, nil
}

// sameProperties reports that a run has all the properties that were asked for. Port may
// add defaults of its own.
func sameProperties(run, asked map[string]any) bool {
	for k, v := range asked {
		if !reflect.DeepEqual(canonical(run[k]), canonical(v)) {
			return false
		}
	}
	return true
}

// canonical is a value as JSON reads it back.
func canonical(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	_ = json.Unmarshal(data, &out)
	return out
}

// ending is what a run that has ended comes to.
func ending(run port.Run) card.Outcome {
	o := card.Outcome{Status: run.Status, Links: run.Links, Ended: run.EndedAt}
	if o.Ended.IsZero() {
		o.Ended = time.Now().UTC()
	}
	switch run.Status {
	case port.StatusSuccess:
		o.Incident = card.Read(run.Response)
		return o
	case port.StatusFailure, port.StatusDeclined, port.StatusCancelled:
	default:
		o.Status = card.Failure
	}
	o.Reason = card.Complaint(run.Response)
	if o.Reason == "" {
		o.Reason = run.Summary
	}
	if o.Reason == "" {
		o.Reason = run.StatusLabel
	}
	return o
}

// said is a refusal in Port's own words.
func said(e *rest.Error) string {
	words := e.Message
	if words == "" {
		words = e.Code
	}
	if words == "" {
		words = fmt.Sprintf("HTTP status %d", e.Status)
	}
	if e.RequestID != "" {
		words += "\n(trace " + e.RequestID + ")"
	}
	return words
}

// email finds out as whom Port is asked. A reason instead of an e-mail is final.
func (b *Bot) email(ctx context.Context, user string) (email, reason string, err error) {
	p, err := b.slack.Person(ctx, user)
	e, ok := errors.AsType[*slackapp.Error](err)
	switch {
	case ok && e.Code == "missing_scope":
		return "", "The Slack app may not read e-mail addresses: it needs the scopes users:read and users:read.email. Ask whoever runs Foghorn.", nil
	case ok && e.Refused():
		return "", "Slack does not tell who you are (" + e.Code + ").", nil
	case err != nil:
		return "", "", err
	case p.Bot:
		return "", "A bot asked, and Port runs actions for people.", nil
	case p.Email != "":
		return p.Email, "", nil
	case p.Stranger:
		return "", "You are from another workspace, and Slack keeps your e-mail address from this one. Ask somebody of this workspace to run it.", nil
	}
	return "", "Slack shows no e-mail address for you. Guests may have none; otherwise the Slack app lacks the scope users:read.email.", nil
}

// write saves the request. It is the only place that does, and the only one that logs a
// change of stage.
func (b *Bot) write(ctx context.Context, r *Request) error {
	b.edge("before writing " + string(r.Stage))
	if err := b.journal.save(ctx, r); err != nil {
		return err
	}
	b.edge("after writing " + string(r.Stage))
	if r.Stage != r.logged {
		r.logged = r.Stage
		if r.Stage == Told {
			b.cfg.Metrics.ended.WithLabelValues(r.Outcome.Status).Inc()
		}
		entry := b.log(r)
		if r.RunID != "" {
			entry = entry.WithField("run", r.RunID)
		}
		if r.Outcome != nil {
			entry = entry.WithField("outcome", r.Outcome.Status)
		}
		entry.Info(string(r.Stage))
	}
	return nil
}

func (b *Bot) log(r *Request) *logrus.Entry { return b.cfg.Log.WithField("request", r.ID) }

// overdue reports that the reporter should hear that the run is late, and has not yet.
func (b *Bot) overdue(r *Request) bool {
	return time.Since(r.Made) > lateAfter && !r.Posts[card.Late].done()
}

// backoff grows with the time that is spent on the same thing.
func (b *Bot) backoff(r *Request) time.Duration {
	since := r.Since
	if r.Stage == Accepted || r.Stage == Asking {
		since = r.Made // these two go back and forth
	}
	return min(max(time.Since(since)/2, 500*time.Millisecond), 30*time.Second)
}
