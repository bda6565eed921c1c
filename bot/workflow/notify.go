package workflow

import (
	"context"
	"errors"
	"time"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

const (
	// channelLookupTimeout is how long the incident's own channel is awaited. Later the messages get it as they get other
	// changes.
	channelLookupTimeout = 15 * time.Second

	// messageLookupTimeout is how long a message whose answer was lost is looked up before it is posted again.
	messageLookupTimeout = 5 * time.Minute

	// requiredTimeout is how long the only message to the reporter is tried, if it is not known whether Slack's error
	// passes.
	requiredTimeout = time.Hour
)

// notify is the stage Notifying: it posts the first message that has not been posted.
func (w *Workflow) notify(ctx context.Context, j *job) (next, error) {
	for _, m := range w.cfg.Renderer.Final(w.finalInput(j)) {
		if !j.Deliveries[m.Key].Completed() {
			return w.deliver(ctx, j, m)
		}
	}
	if w.follows(j) {
		j.Enter(request.AwaitingChannel)
		return w.saveThen(ctx, j, again())
	}
	return w.complete(ctx, j)
}

// finalInput is what the messages about the outcome are rendered from.
func (w *Workflow) finalInput(j *job) message.Input {
	in := messageInput(j)
	if w.follows(j) {
		incident := *in.Outcome.Incident
		incident.Level, _ = w.follower.severities.level(incident.SeverityID)
		in.Outcome.Incident = &incident
	}
	return in
}

// addChannel is the stage AwaitingChannel: incident.io creates the incident's channel a moment after the incident. An
// incident that the key cannot read is not followed: it is private, or another organization's.
func (w *Workflow) addChannel(ctx context.Context, j *job) (next, error) {
	declared := *j.Outcome.Incident
	incident, err := w.cfg.Incidents.GetIncident(ctx, declared.ID)
	expired := time.Since(j.StageEnteredAt) >= channelLookupTimeout
	switch {
	case isUnreadable(err) && (expired || messageInput(j).Visibility() == "private"):
		w.log(j).Info("the key of incident.io cannot read the incident: its messages are not updated")
		return w.complete(ctx, j)
	case err != nil && !expired:
		return after(max(backoff(j, maxPortDelay), rest.RetryAfter(err))), err
	case err != nil:
		return w.startTracking(ctx, j, false)
	case incident.SlackChannelID == "" && !differs(incident, declared) && !expired:
		return after(backoff(j, maxPortDelay)), nil
	}
	s := w.follower.remember(declared.ID, snapshot{incident: describe(incident)})
	j.incident = &s
	return w.startTracking(ctx, j, true)
}

// deliver posts one message, once. It saves the delivery before it posts and after. A
// delivery that was saved without a result is looked up in the channel first, where the app may read it.
//
// A message can be posted twice in one case: its answer was lost, and the history of the channel cannot be
// read, for lack of a scope or for five minutes. It is posted again then, because a duplicate is better
// than no message.
func (w *Workflow) deliver(ctx context.Context, j *job, m message.Delivery) (next, error) {
	m.Message.Metadata = slackapp.Metadata{EventType: message.MetadataType, Key: j.ID + "." + m.Key}
	d := j.Deliveries[m.Key]
	if d == nil {
		d = &request.Delivery{}
	}
	if !d.StartedAt.IsZero() {
		end := postEnd(d)
		if early := time.Until(end); early > 0 {
			return after(early), nil
		}
		ts, found, err := w.cfg.Slack.FindMessage(ctx, m.To, m.Message, d.StartedAt.Add(-MaxClockSkew), end.Add(MaxClockSkew))
		if err != nil && !slackapp.IsRejected(err) && time.Since(d.StartedAt) < messageLookupTimeout {
			return after(max(backoff(j, maxSlackDelay), slackapp.RetryAfter(err))), err
		}
		if found {
			d.TS, d.Shown = ts, shownDigest(m.Message)
			return w.saveThen(ctx, j, again())
		}
	}
	if delay := w.limiter.reserve(m.To, m.Message.Metadata.Key); delay > 0 {
		return after(delay), nil
	}
	if j.Deliveries == nil {
		j.Deliveries = map[string]*request.Delivery{}
	}
	d.StartedAt = time.Now().UTC()
	j.Deliveries[m.Key] = d
	if err := w.save(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	w.cfg.CrashPoint("before posting to " + m.Key)
	posted, err := w.cfg.Slack.PostMessage(ctx, m.To, m.Message)
	w.cfg.CrashPoint("after posting to " + m.Key)
	return w.recordDelivery(ctx, j, m, posted, err)
}

// recordDelivery saves what Slack answered to a message.
func (w *Workflow) recordDelivery(ctx context.Context, j *job, m message.Delivery, posted slackapp.Posted, err error) (next, error) {
	d := j.Deliveries[m.Key]
	switch {
	case err == nil:
		d.TS, d.Shown = posted.TS, shownDigest(m.Message)
		if posted.Conversation != m.To {
			d.Conversation = posted.Conversation
		}
		if m.Key == request.ToChannel && !j.Outcome.EndedAt.IsZero() {
			w.cfg.Metrics.NotificationDelayed(max(0, time.Since(j.Outcome.EndedAt))) // the clocks can differ
		}
		return w.saveThen(ctx, j, again())
	case !slackapp.IsRejected(err) && !slackapp.IsUndone(err): // it may be posted: deliver looks for it
		return after(max(callGracePeriod, time.Until(postEnd(d)))), err
	case isRefused(d, m, err):
		w.log(j).WithError(err).WithField("delivery", m.Key).Warn("failed to post a message: Slack rejected it")
		if m.Required && w.postEphemeral(ctx, j, m.Message) && time.Since(d.RefusedSince) < requiredTimeout {
			break
		}
		d.ErrorCode = slackapp.ErrorCode(err)
		return w.saveThen(ctx, j, again())
	}
	d.StartedAt = time.Time{} // Slack has not posted it
	return after(max(backoff(j, maxSlackDelay), slackapp.RetryAfter(err))), errors.Join(err, w.save(ctx, j))
}

// postEnd is when Slack can no longer be working on the call that posts a message.
func postEnd(d *request.Delivery) time.Time {
	return d.StartedAt.Add(slackapp.CallTimeout + callGracePeriod)
}

// isRefused reports that it does not help to post a message again.
func isRefused(d *request.Delivery, m message.Delivery, err error) bool {
	limit := slackapp.RetryLimit(err)
	if limit == 0 && !slackapp.IsRejected(err) {
		d.RefusedSince = time.Time{}
		return false
	}
	if d.RefusedSince.IsZero() {
		d.RefusedSince = time.Now().UTC()
	}
	if m.Required {
		limit = max(limit, requiredTimeout)
	}
	return slackapp.IsRejected(err) || time.Since(d.RefusedSince) > limit
}

// postEphemeral shows the reporter a message in the channel of the command. Whether it was
// seen is not known, so it is used where nothing else is possible. It reports whether to try again later.
func (w *Workflow) postEphemeral(ctx context.Context, j *job, m slackapp.Message) (retry bool) {
	if j.Channel == "" {
		return false
	}
	err := w.cfg.Slack.PostEphemeral(ctx, j.Channel, j.User, m)
	if err != nil {
		w.log(j).WithError(err).Warn("failed to post an ephemeral message")
	}
	return err != nil && !slackapp.IsRejected(err)
}

// startedNotice returns a function that informs the reporter, privately, that the request
// is being processed, unless authorized says within startedNoticeDelay that the reporter may not run the action. The
// function does not use the job, which continues at the same time. Nothing is saved: a second notice is harmless.
func (w *Workflow) startedNotice(j *job, authorized <-chan bool) func(context.Context) {
	in, log := messageInput(j), w.log(j)
	return func(ctx context.Context) {
		select {
		case ok := <-authorized:
			if !ok {
				return
			}
		case <-time.After(startedNoticeDelay):
		}
		ctx, cancel := context.WithTimeout(ctx, startedNoticeTimeout)
		defer cancel()
		for in.Channel != "" {
			err := w.cfg.Slack.PostEphemeral(ctx, in.Channel, in.Reporter, message.Started(in))
			if err == nil {
				return
			}
			if !slackapp.IsUndone(err) || !sleep(ctx, max(startedNoticeRetryDelay, slackapp.RetryAfter(err))) {
				break
			}
		}
		if _, err := w.cfg.Slack.PostMessage(context.WithoutCancel(ctx), in.Reporter, message.StartedDirect(in)); err != nil {
			log.WithError(err).Warn("failed to inform the reporter that the request has started")
		}
	}
}
