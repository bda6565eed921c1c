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
	// channelLookupTimeout is how long the incident's own channel is awaited.
	channelLookupTimeout = 2 * time.Minute

	// messageLookupTimeout is how long a message whose answer was lost is looked up before it is posted again.
	messageLookupTimeout = 5 * time.Minute

	// requiredTimeout is how long the only message to the reporter is tried, if it is not known whether Slack's error
	// passes.
	requiredTimeout = time.Hour

	// incidentTimeout is how long incident.io is asked for the incident's own channel while it does not answer.
	incidentTimeout = time.Hour
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
	incident, err := w.cfg.Incidents.GetIncident(ctx, j.Outcome.Incident.ID)
	age := time.Since(j.StageEnteredAt)
	switch {
	case err != nil && !rest.IsRejected(err) && age < incidentTimeout:
		return after(max(backoff(j, maxPortDelay), rest.RetryAfter(err))), err
	case incident.SlackChannelID == "" && age < channelLookupTimeout:
		return after(backoff(j, maxSlackDelay)), err
	case incident.SlackChannelID == "":
		return w.complete(ctx, j)
	}
	j.Outcome.Incident.Channel = incident.SlackChannelID
	if err := w.updateMessages(ctx, j); err != nil && age < incidentTimeout {
		return after(max(backoff(j, maxSlackDelay), slackapp.RetryAfter(err))), err
	}
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
	d := j.Deliveries[m.Key]
	if d == nil {
		d = &request.Delivery{}
	}
	if !d.StartedAt.IsZero() {
		end := d.StartedAt.Add(slackapp.CallTimeout + callGracePeriod)
		if early := time.Until(end); early > 0 {
			return after(early), nil
		}
		ts, found, err := w.cfg.Slack.FindMessage(ctx, m.To, m.Message, d.StartedAt.Add(-MaxClockSkew), end.Add(MaxClockSkew))
		if err != nil && !slackapp.IsRejected(err) && time.Since(d.StartedAt) < messageLookupTimeout {
			return after(max(backoff(j, maxSlackDelay), slackapp.RetryAfter(err))), err
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
	d.StartedAt = time.Now().UTC()
	j.Deliveries[m.Key] = d
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
			w.cfg.Metrics.NotificationDelayed(max(0, time.Since(j.Outcome.EndedAt))) // the clocks can differ
		}
		return w.saveThen(ctx, j, again())
	case !slackapp.IsRejected(err) && !slackapp.IsUndone(err): // it may be posted: deliver looks for it
		return after(max(callGracePeriod, time.Until(d.StartedAt.Add(slackapp.CallTimeout+callGracePeriod)))), err
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

// updateMessages renders the channel messages again. To update a message twice is harmless, and a
// message that cannot be updated is still correct. It returns the errors that can pass.
func (w *Workflow) updateMessages(ctx context.Context, j *job) (failed error) {
	for _, m := range w.cfg.Renderer.Final(messageInput(j)) {
		d := j.Deliveries[m.Key]
		if d == nil || d.TS == "" || m.To == j.User {
			continue
		}
		switch err := w.cfg.Slack.UpdateMessage(ctx, m.To, d.TS, m.Message); {
		case slackapp.IsRejected(err):
			w.log(j).WithError(err).WithField("delivery", m.Key).Warn("failed to update a message")
		case err != nil:
			failed = err
		}
	}
	return failed
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
