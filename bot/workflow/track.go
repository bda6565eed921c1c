package workflow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/slackapp"
)

const (
	// maxTracking is how long the messages follow an incident.
	maxTracking = 30 * 24 * time.Hour

	// minEditInterval is the least time between two edits of one message.
	minEditInterval = 10 * time.Second

	// severitiesPatience is how long a request is woken again and again because the severities are not known.
	severitiesPatience = 2 * time.Minute

	// stateGone is the state of an incident that the key cannot read.
	stateGone = "gone"
)

// follows reports whether the messages of a request follow an incident.
func (w *Workflow) follows(j *job) bool {
	return w.cfg.Incidents != nil && j.Outcome != nil && j.Outcome.Incident != nil && j.Outcome.Incident.ID != ""
}

// startTracking ends what people wait for.
func (w *Workflow) startTracking(ctx context.Context, j *job, seen bool) (next, error) {
	catalog := w.startCatalog(*j.Outcome.Incident)
	j.StartTracking(messageInput(j).Visibility(), seen)
	j.Tracked.Catalog = catalog
	return w.saveThen(ctx, j, again())
}

// track is the stage Tracking: the request was woken because its incident differs from what the messages show. It posts
// one reply, or edits one message, or updates the entity in Port's catalog.
func (w *Workflow) track(ctx context.Context, j *job) (next, error) {
	if err := w.eraseInput(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	if !w.follows(j) || j.Tracked == nil || time.Since(j.StageEnteredAt) > maxTracking {
		return w.complete(ctx, j)
	}
	s, ok, n, err := w.follower.read(ctx, j)
	if !ok {
		return n, err
	}
	settled := w.observe(j, s)
	in := trackedInput(j, s)
	if n, err, done := w.postEscalation(ctx, j, in); done {
		return n, err
	}
	edit, err, due := w.editMessage(ctx, j, s, in)
	if due && edit == again() {
		return edit, err
	}
	catalog, catalogErr := w.updateCatalog(ctx, j, s) // also while an edit has to wait
	switch {
	case due:
		return sooner(edit, catalog), cmp.Or(err, catalogErr)
	case catalogErr != nil || catalog != onEvent():
		return catalog, catalogErr
	case s.gone || in.Outcome.Incident.HasEnded():
		return w.complete(ctx, j)
	case !settled: // the severities are being read
		return after(w.cfg.FollowInterval), nil
	}
	return w.saveState(ctx, j, s.state)
}

// saveState records what the messages show, and waits until the incident differs.
func (w *Workflow) saveState(ctx context.Context, j *job, state string) (next, error) {
	if j.Tracked.State == state {
		return onEvent(), nil
	}
	j.Tracked.State = state
	return w.saveThen(ctx, j, onEvent())
}

// eraseInput erases the submission, unless that has been done.
func (w *Workflow) eraseInput(ctx context.Context, j *job) error {
	if j.Key == nil {
		return nil
	}
	w.cfg.CrashPoint("before erasing the input")
	if err := w.store.Archive(ctx, j.Request); err != nil {
		return err
	}
	w.cfg.CrashPoint("after erasing the input")
	j.Key = nil
	return nil
}

// sooner is the delay of an edit, or that of the catalog if it is shorter.
func sooner(edit, catalog next) next {
	if catalog.delay > 0 && catalog.delay < edit.delay {
		return catalog
	}
	return edit
}

// observe notices what must not be forgotten about an incident: that it became private, and that its severity rose to the
// highest level. The next save records it. It reports false if that is not certain yet.
//
// An incident that the key could read, and can no longer, is taken for private: incident.io answers the same for private
// incidents and for those that do not exist. One that it could never read may belong to another organization.
func (w *Workflow) observe(j *job, s snapshot) (settled bool) {
	t := j.Tracked
	if j.Outcome.Incident.Visibility == "public" && isPrivate(t, s) && !t.Hidden {
		t.Hidden = true
		for _, d := range j.Deliveries {
			d.EditError = "" // an attempt is due even where an earlier edit was rejected
		}
	}
	if s.gone {
		return true
	}
	t.Seen = true
	severity := s.incident.SeverityID
	level, known := w.follower.severities.level(severity)
	if !known {
		return severity == t.Severity && time.Since(j.StageEnteredAt) > severitiesPatience
	}
	isFirst := t.State == "" && t.Severity == "" && strings.EqualFold(j.Outcome.Incident.Severity, s.incident.Severity)
	if before, _ := w.follower.severities.level(t.Severity); level == 1 && before != 1 && !isFirst {
		t.Escalated = true
	}
	t.Severity, t.Level = severity, level
	return true
}

// isPrivate reports that an incident is private now.
func isPrivate(t *request.Tracked, s snapshot) bool {
	if s.gone {
		return t.Seen
	}
	return s.incident.Visibility != "" && s.incident.Visibility != "public"
}

// trackedInput is what the messages are rendered from.
func trackedInput(j *job, s snapshot) message.Input {
	in := messageInput(j)
	in.Hidden = j.Tracked.Hidden
	if s.gone {
		return in
	}
	current := s.incident
	current.Visibility = in.Outcome.Incident.Visibility // it decided who got the messages
	if current.SeverityID == j.Tracked.Severity {
		current.Level = j.Tracked.Level
	}
	in.Outcome.Incident = &current
	return in
}

// postEscalation posts the next reply that says that the severity rose. It reports false if there is none to post.
func (w *Workflow) postEscalation(ctx context.Context, j *job, in message.Input) (n next, err error, acted bool) {
	if !j.Tracked.Escalated {
		return next{}, nil, false
	}
	for _, m := range w.cfg.Renderer.Final(in) {
		d := j.Deliveries[m.Key]
		if d == nil || d.TS == "" || in.Hidden && m.To != j.User || j.Deliveries[request.EscalatedPrefix+m.Key].Completed() {
			continue
		}
		m.To = d.ConversationOr(m.To)
		n, err = w.deliver(ctx, j, w.cfg.Renderer.Escalation(in, m, d.TS))
		return n, err, true
	}
	return next{}, nil, false
}

// editMessage edits the message that shows something else and was not edited for the longest time. It reports false if
// there is none.
func (w *Workflow) editMessage(ctx context.Context, j *job, s snapshot, in message.Input) (n next, err error, acted bool) {
	var stale *message.Delivery
	for _, m := range w.cfg.Renderer.Final(in) {
		d := j.Deliveries[m.Key]
		switch {
		case d == nil || d.TS == "" || d.EditError != "" || d.Shown == shownDigest(m.Message):
		case s.gone && (m.To == j.User || !in.Hidden): // what it should show is not known
		case stale == nil || d.EditedAt.Before(j.Deliveries[stale.Key].EditedAt):
			stale = &m
		}
	}
	if stale == nil {
		return next{}, nil, false
	}
	n, err = w.edit(ctx, j, *stale)
	return n, err, true
}

// edit edits one message. The attempt is saved before, so that the next one, also of another process, comes minEditInterval
// later. To repeat an edit is harmless.
func (w *Workflow) edit(ctx context.Context, j *job, m message.Delivery) (next, error) {
	d := j.Deliveries[m.Key]
	interval := w.cfg.scale(minEditInterval)
	if early := time.Until(d.EditedAt.Add(interval)); early > 0 {
		return after(early), nil
	}
	if !j.Tracked.Hidden { // what became private is removed before others are edited
		if delay := w.edits.reserve("", j.ID+"."+m.Key); delay > 0 {
			return after(delay), nil
		}
	}
	d.EditedAt = time.Now().UTC()
	if err := w.save(ctx, j); err != nil {
		return after(storeRetryDelay), err
	}
	w.cfg.CrashPoint("before editing " + m.Key)
	err := w.cfg.Slack.UpdateMessage(ctx, d.ConversationOr(m.To), d.TS, m.Message)
	w.cfg.CrashPoint("after editing " + m.Key)
	m.Required = false
	switch {
	case err == nil:
		d.Shown, d.RefusedSince = shownDigest(m.Message), time.Time{}
	case isRefused(d, m, err):
		w.log(j).WithError(err).WithField("delivery", m.Key).Warn("failed to edit a message: Slack rejected it, and it is not edited any more")
		d.EditError = slackapp.ErrorCode(err)
	default:
		return after(max(interval, slackapp.RetryAfter(err)) + rand.N(interval/2)), err
	}
	return w.saveThen(ctx, j, again())
}

// describe is what messages show of an incident. Its level is not known.
func describe(i incidentio.Incident) request.Incident {
	out := request.Incident{
		ID: i.ID, Name: i.Name, Reference: i.Reference, Permalink: i.Permalink, Summary: i.Summary, Visibility: i.Visibility,
		Status: i.Status.Name, Category: i.Status.Category, Channel: i.SlackChannelID, Lead: i.Lead.Name, LeadUser: i.Lead.SlackUserID,
	}
	if i.Severity != nil {
		out.Severity, out.SeverityID = i.Severity.Name, i.Severity.ID
	}
	if out.HasEnded() { // no later change is followed
		out.EndedAfter = cmp.Or(i.EndedAt, i.UpdatedAt).Sub(i.CreatedAt) // an update can be later than the end
	}
	return message.CleanIncident(out)
}

// stateOf identifies what messages show of an incident, without revealing it.
func stateOf(shown request.Incident) string {
	shown.EndedAfter = 0
	return digest(shown)
}

// shownDigest identifies what a message shows.
func shownDigest(m slackapp.Message) string { return digest([]any{m.Text, m.Blocks}) }

// digest identifies a value without revealing it. The value must be one that can be encoded as JSON.
func digest(value any) string {
	data, _ := json.Marshal(value)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// differs reports whether an incident changed since the run's response in something that its messages show, without its
// channel.
func differs(i incidentio.Incident, declared request.Incident) bool {
	now := describe(i)
	return !strings.EqualFold(now.Visibility, declared.Visibility) || now.Status != declared.Status || now.Severity != declared.Severity || now.Name != declared.Name
}
