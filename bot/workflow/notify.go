package workflow

import (
	"context"
	"errors"
	"time"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

const (
	// channelLookupTimeout is how long the incident's own channel is awaited.
	channelLookupTimeout = 2 * time.Minute

	// messageLookupTimeout is how long a message whose answer was lost is looked up before it is posted again.
	messageLookupTimeout = 5 * time.Minute
)

// notify is the stage Notifying: it posts the first message that has not been posted.
func (w *Workflow) notify(ctx context.Context, j *job) (next, error) {
	for _, m := range w.cfg.Renderer.Final(messageInput(j)) {
		if !j.Deliveries[m.Key].Completed() {
			return w.deliver(ctx, j, m)
		}
	}
	if incident := j.Outcome.Incident; w.cfg.Incidents != nil && incident != nil && incident.Channel == "" {
		j.Enter(request.AwaitingChannel)
		return w.saveThen(ctx, j, again())
	}
	return w.complete(ctx, j)
}

// addChannel is the stage AwaitingChannel: incident.io creates the incident's channel a
// moment after the incident.
func (w *Workflow) addChannel(ctx context.Context, j *job) (next, error) {
	if time.Since(j.StageEnteredAt) > channelLookupTimeout {
		return w.complete(ctx, j)
	}
	incident, err := w.cfg.Incidents.GetIncident(ctx, j.Outcome.Incident.ID)
	if err != nil || incident.SlackChannelID == "" {
		return after(backoff(j)), err
	}
	j.Outcome.Incident.Channel = incident.SlackChannelID
	w.updateMessages(ctx, j)
	return w.complete(ctx, j)
}

// deliver posts one message, once. It saves the delivery before it posts and after. A
// delivery that was saved without a result is looked up in the channel first, where the app may read it.
//
// A message can be posted twice in one case: its answer was lost, and the history of the channel cannot be
// read, for lack of a scope or for five minutes. It is posted again then, because a duplicate is better
// than no message.
func (w *Workflow) deliver(ctx context.Context, j *job, m message.Delivery) (next, error) {
	m.Message.Metadata = slackapp.Metadata{EventType: message.MetadataType, Key: j.ID + "." + m.Key}
	if d := j.Deliveries[m.Key]; d != nil {
		if early := time.Until(d.StartedAt.Add(slackapp.CallTimeout + callGracePeriod)); early > 0 {
			return after(early), nil
		}
		ts, found, err := w.cfg.Slack.FindMessage(ctx, m.To, m.Message, d.StartedAt.Add(-maxClockSkew))
		if err != nil && !slackapp.IsRejected(err) && time.Since(d.StartedAt) < messageLookupTimeout {
			return after(backoff(j)), err
		}
		if found {
			d.TS = ts
			return w.saveThen(ctx, j, again())
		}
	}
	if delay := w.limiter.reserve(m.To, m.Message.Metadata.Key); delay > 0 {
		return after(delay), nil
	}
	if j.Deliveries == nil {
		j.Deliveries = map[string]*request.Delivery{}
	}
	j.Deliveries[m.Key] = &request.Delivery{StartedAt: time.Now().UTC()}
	if err := w.save(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	w.cfg.CrashPoint("before posting to " + m.Key)
	ts, err := w.cfg.Slack.PostMessage(ctx, m.To, m.Message)
	w.cfg.CrashPoint("after posting to " + m.Key)
	return w.recordDelivery(ctx, j, m, ts, err)
}

// recordDelivery saves what Slack answered to a message.
func (w *Workflow) recordDelivery(ctx context.Context, j *job, m message.Delivery, ts string, err error) (next, error) {
	d := j.Deliveries[m.Key]
	switch {
	case err == nil:
		d.TS = ts
		if m.Key == request.ToChannel && !j.Outcome.EndedAt.IsZero() {
			w.cfg.Metrics.NotificationDelayed(time.Since(j.Outcome.EndedAt))
		}
		return w.saveThen(ctx, j, again())
	case slackapp.IsRateLimited(err), slackapp.IsNotSent(err): // Slack has not posted it
		delete(j.Deliveries, m.Key)
		return after(max(backoff(j), slackapp.RetryAfter(err))), errors.Join(err, w.save(ctx, j))
	case slackapp.IsRejected(err):
		d.ErrorCode = slackapp.ErrorCode(err)
		w.log(j).WithError(err).WithField("delivery", m.Key).Warn("failed to post a message: Slack rejected it")
		if m.Required {
			w.postEphemeral(ctx, j, m.Message)
		}
		return w.saveThen(ctx, j, again())
	}
	return after(slackapp.CallTimeout + callGracePeriod), err // it may be posted: deliver looks for it
}

// updateMessages renders the channel messages again. To update a message twice is harmless, and a
// message that cannot be updated is still correct.
func (w *Workflow) updateMessages(ctx context.Context, j *job) {
	for _, m := range w.cfg.Renderer.Final(messageInput(j)) {
		d := j.Deliveries[m.Key]
		if d == nil || d.TS == "" || m.To == j.User {
			continue
		}
		if err := w.cfg.Slack.UpdateMessage(ctx, m.To, d.TS, m.Message); err != nil {
			w.log(j).WithError(err).WithField("delivery", m.Key).Warn("failed to update a message")
		}
	}
}

// postEphemeral shows the reporter a message in the channel of the command. Whether it was
// seen is not known, so it is used where nothing else is possible.
func (w *Workflow) postEphemeral(ctx context.Context, j *job, m slackapp.Message) {
	if j.Channel == "" {
		return
	}
	if err := w.cfg.Slack.PostEphemeral(ctx, j.Channel, j.User, m); err != nil {
		w.log(j).WithError(err).Warn("failed to post an ephemeral message")
	}
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
		if in.Channel != "" && w.cfg.Slack.PostEphemeral(ctx, in.Channel, in.Reporter, message.Started(in)) == nil {
			return
		}
		if _, err := w.cfg.Slack.PostMessage(ctx, in.Reporter, message.StartedDirect(in)); err != nil {
			log.WithError(err).Warn("failed to inform the reporter that the request has started")
		}
	}
}
