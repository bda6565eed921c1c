package dialog

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

const (
	// incidentAge is how long an incident is shown, and maxIncidents how many are.
	incidentAge  = time.Hour
	maxIncidents = 5

	// incidentsFresh is how long the list is used without reading it again when a form opens. What is older than
	// incidentsMaxAge is not shown.
	incidentsFresh  = 3 * time.Second
	incidentsMaxAge = 5 * time.Minute

	// The list is also read every incidentsInterval until no form has been opened for incidentsUse, so that the
	// next form opens with it.
	incidentsInterval = time.Minute
	incidentsUse      = time.Hour

	// incidentsCallInterval and incidentsBurst bound the calls to 240 an hour, however many forms are opened.
	incidentsCallInterval = 15 * time.Second
	incidentsBurst        = 20

	incidentsPageSize = 25
	incidentsTimeout  = 10 * time.Second

	// incidentsRetryDelay is the least delay after a failure.
	incidentsRetryDelay = 10 * time.Second

	// mayListTTL is how long it is known that a user may run the action, as long as its permissions are.
	mayListTTL = time.Minute

	maxIncidentURL = 500 // bytes
)

// An incidentList has the open incidents of the last hour. It is read in the background: no form waits for it.
type incidentList struct {
	source   Incidents // nil: there is no list
	reporter func(incident string) string
	onError  func(error)
	calls    *rate.Limiter
	reads    singleflight.Group

	mu       sync.Mutex
	found    []incidentio.Incident // the newest first
	readAt   time.Time
	nextRead time.Time // not before
	usedAt   time.Time // the latest form
	failing  bool      // the latest read failed, which was reported

	shown shownIncidents // what get returned last
}

// shownIncidents are incidents as forms show them.
type shownIncidents struct {
	list  []modal.Incident
	block slack.Block // nil: there are none
	until time.Time   // then an age differs, or an incident is not shown any more; zero: they were not rendered
}

func newIncidentList(source Incidents, reporter func(string) string, onError func(error)) *incidentList {
	return &incidentList{source: source, reporter: reporter, onError: onError, calls: rate.NewLimiter(rate.Every(incidentsCallInterval), incidentsBurst)}
}

// run reads the list now and, while it is used, every incidentsInterval until ctx ends.
func (l *incidentList) run(ctx context.Context) {
	if l.source == nil {
		return
	}
	l.refresh(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(incidentsInterval):
		}
		l.mu.Lock()
		used := !l.usedAt.IsZero() && time.Since(l.usedAt) < incidentsUse
		l.mu.Unlock()
		if used {
			l.refresh(ctx)
		}
	}
}

// use records that a form opens.
func (l *incidentList) use() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.usedAt = time.Now()
}

// refresh reads the list if it is not fresh. Simultaneous callers share one call.
func (l *incidentList) refresh(ctx context.Context) {
	if l.source == nil {
		return
	}
	_, _, _ = l.reads.Do("", func() (any, error) {
		l.mu.Lock()
		due := !time.Now().Before(l.nextRead)
		l.mu.Unlock()
		if !due || !l.calls.Allow() {
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), incidentsTimeout)
		defer cancel()
		page, err := l.source.ListIncidents(ctx, incidentio.IncidentsQuery{Categories: incidentio.OpenCategories(), PageSize: incidentsPageSize})
		l.record(page.Incidents, err)
		return nil, nil
	})
}

// record keeps the result of a read. It reports the first of consecutive failures.
func (l *incidentList) record(found []incidentio.Incident, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.nextRead = time.Now().Add(max(rest.RetryAfter(err), incidentsRetryDelay))
		if !l.failing {
			l.onError(err)
		}
		l.failing = true
		return
	}
	l.found = slices.DeleteFunc(found, func(i incidentio.Incident) bool {
		return i.Visibility != "public" || i.Mode == "test" || i.Mode == "tutorial"
	})
	for n, i := range l.found { // incident.io knows only Port's API key as the creator
		if user := l.reporter(i.ID); user != "" {
			l.found[n].Reporter = incidentio.Person{SlackUserID: user}
		}
	}
	l.failing, l.readAt, l.shown = false, time.Now(), shownIncidents{}
	l.nextRead = l.readAt.Add(incidentsFresh)
}

// get is what forms show now. It is rendered again only when it differs.
func (l *incidentList) get() shownIncidents {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); !now.Before(l.shown.until) {
		l.shown = l.renderLocked(now)
	}
	return l.shown
}

// renderLocked is what forms show from now on.
func (l *incidentList) renderLocked(now time.Time) (out shownIncidents) {
	out.until = l.readAt.Add(incidentsMaxAge)
	if !now.Before(out.until) {
		out.until = now.Add(incidentsMaxAge) // until the list is read
		return out
	}
	for _, i := range l.found {
		age := now.Sub(i.CreatedAt)
		if age >= incidentAge || len(out.list) == maxIncidents {
			continue
		}
		out.list = append(out.list, modal.Incident{
			Reference: i.Reference, Name: i.Name, Severity: severityName(i.Severity), Who: whoText(i), Age: age, URL: slacktext.ValidURL(i.Permalink, maxIncidentURL),
		})
		if older := i.CreatedAt.Add((max(age, 0).Truncate(time.Minute)) + time.Minute); older.Before(out.until) {
			out.until = older
		}
	}
	out.block = modal.RenderIncidents(out.list)
	return out
}

func severityName(s *incidentio.Severity) string {
	if s == nil {
		return ""
	}
	return s.Name
}

// whoText is who declared an incident, else who leads it.
func whoText(i incidentio.Incident) slacktext.Text {
	if who := personText(i.Reporter); who != "" {
		return slacktext.Format("declared by %s", who)
	}
	if who := personText(i.Lead); who != "" {
		return slacktext.Format("led by %s", who)
	}
	return ""
}

// personText mentions a person. A view shows the name, and sends no notification.
func personText(p incidentio.Person) slacktext.Text {
	if channelPattern.MatchString(p.SlackUserID) {
		return slacktext.User(p.SlackUserID)
	}
	return slacktext.Literal(slacktext.Truncate(slacktext.SingleLine(p.Name), maxPersonName))
}

const maxPersonName = 40 // UTF-16 code units

// listsIncidents reports that the form of an action shows recent incidents.
func (d *Dialog) listsIncidents(action string) bool {
	return d.incidents.source != nil && action == d.cfg.Action
}

// withIncidents is a form with the recent incidents, if it is known without a call that the user may run the action.
func (d *Dialog) withIncidents(view slack.ModalViewRequest, userID, action string) (_ slack.ModalViewRequest, shown []modal.Incident) {
	if !d.listsIncidents(action) {
		return view, nil
	}
	d.incidents.use()
	if _, may := d.mayList.Get(userID); !may {
		return view, nil
	}
	recent := d.incidents.get()
	if recent.block == nil {
		return view, nil
	}
	return modal.ShowIncidents(view, recent.block), recent.list
}

// keepIncidents is a view of an open form with the recent incidents, if the form has shown them before.
func (d *Dialog) keepIncidents(view slack.ModalViewRequest, page modal.Page) slack.ModalViewRequest {
	if !page.Listed || !d.listsIncidents(page.Action) {
		return view
	}
	return modal.ShowIncidents(view, d.incidents.get().block)
}

// updateIncidents reads the recent incidents again after a form has opened, in the background, and shows them to a user
// who may run the action. A form that has changed meanwhile stays as it is.
func (d *Dialog) updateIncidents(ctx context.Context, opened slackapp.View, view slack.ModalViewRequest, userID, action string, shown []modal.Incident) {
	if !d.listsIncidents(action) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	d.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, loadTimeout)
		defer cancel()
		d.incidents.refresh(ctx)
		recent := d.incidents.get()
		if sameIncidents(recent.list, shown) || !d.checkMayList(ctx, userID, action) {
			return
		}
		err := d.updates.update(ctx, opened, "", modal.ShowIncidents(view, recent.block))
		if err != nil && slackapp.ErrorCode(err) != "hash_conflict" && slackapp.ErrorCode(err) != "not_found" { // changed or closed meanwhile
			d.log(ctx).WithError(err).Warn("failed to show the recent incidents in a form")
		}
	})
}

// checkMayList reports that a user may run the action.
func (d *Dialog) checkMayList(ctx context.Context, userID, action string) bool {
	if _, may := d.mayList.Get(userID); may {
		return true
	}
	_, denied, err := d.cfg.Users.Authorize(ctx, userID, identity.Target{Action: action, AnyEntity: true})
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to look up whether a user may see the recent incidents")
	}
	if err != nil || denied != nil {
		return false
	}
	d.mayList.DeleteExpired()
	d.mayList.SetDefault(userID, true)
	return true
}

// sameIncidents reports that two lists look the same but for the age.
func sameIncidents(a, b []modal.Incident) bool {
	return slices.EqualFunc(a, b, func(x, y modal.Incident) bool {
		x.Age, y.Age = 0, 0
		return x == y
	})
}
