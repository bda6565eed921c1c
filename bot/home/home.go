// Package home shows people what they ran through the bot: the Home tab of the app in Slack, and the text of a list.
//
//	home.go    who has the Home tab open, and when it is published
//	render.go  the tab and the list, rendered from requests (pure)
//
// The Home tab is published when a user opens it, and when one of their requests changes within an hour. Requests of users
// who have not opened it cost nothing, and there are no timers.
package home

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

const (
	// watchTime is how long the tab is kept up to date after a user has opened it. Slack does not say when it is closed.
	watchTime = time.Hour

	// maxViewers is how many users have a tab that is kept up to date. Beyond it, the one that was opened first is not.
	maxViewers = 1000

	// publishers is how many tabs are published at a time, and publishPause is the time after each. Together they bound
	// the calls: Slack allows some hundred a minute.
	// https://docs.slack.dev/apis/web-api/rate-limits
	publishers   = 4
	publishPause = 500 * time.Millisecond

	// A tab that Slack did not publish, or without requests because they could not be read, is tried again, with a delay
	// that Slack can make longer.
	maxAttempts = 5
	retryDelay  = 2 * time.Second

	// readTimeout bounds the time in which the requests of a user are read.
	readTimeout = 3 * time.Second

	maxOpen  = 20 // open requests that the tab shows
	maxEnded = 20 // ended requests that the tab shows
)

// Config configures a Home. Everything is required.
type Config struct {
	Slack      Slack
	Store      Store
	Commands   []Command
	Title      func(action string) string // of an action; "" while it is not known
	PortAppURL string                     // of Port's web app, such as https://app.port.io
	Log        *logrus.Entry
}

// A Command is a slash command, which has a button. Action is empty for the one with which an action is chosen.
type Command struct {
	Name   string // such as /deploy
	Action string // identifier of the Port action
}

// Slack publishes Home tabs. A slackapp.HomeTabs is one.
type Slack interface {
	Publish(ctx context.Context, userID string, blocks []slack.Block) error
}

// Store lists the requests of a user, the newest first, without what was entered. A store.History is one.
type Store interface {
	ListOpen(ctx context.Context, user string, limit int) ([]*request.Request, error)
	ListEnded(ctx context.Context, user string, limit int) ([]*request.Request, error)
}

// A Home publishes the Home tabs of users and lists their requests. Make one with New; it is safe for concurrent use.
type Home struct {
	cfg   Config
	queue chan string // users whose tab has to be published; each is in it once

	mu      sync.Mutex
	viewers map[string]*viewer // by user
}

// A viewer is a user who has opened the tab.
type viewer struct {
	openedAt time.Time
	queued   bool // in the queue, or being published
	again    bool // something has changed since its requests were read
}

// New makes a Home. Run publishes.
func New(cfg Config) *Home {
	return &Home{cfg: cfg, queue: make(chan string, maxViewers), viewers: map[string]*viewer{}}
}

// Run publishes the tabs until ctx ends.
func (h *Home) Run(ctx context.Context) error {
	var working sync.WaitGroup
	for range publishers {
		working.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case user := <-h.queue:
					h.publish(ctx, user)
				}
			}
		})
	}
	working.Wait()
	return nil
}

// Opened says that a user has opened the tab. It does not wait.
func (h *Home) Opened(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.viewers[user]
	if v == nil {
		h.makeSpaceLocked()
		v = &viewer{}
		h.viewers[user] = v
	}
	v.openedAt = time.Now()
	h.enqueueLocked(user, v)
}

// RequestChanged says that a request of a user has changed. It does not wait.
func (h *Home) RequestChanged(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.viewers[user]
	switch {
	case v == nil:
	case time.Since(v.openedAt) < watchTime:
		h.enqueueLocked(user, v)
	case !v.queued:
		delete(h.viewers, user)
	}
}

// makeSpaceLocked removes the viewers whose time is over, or if there are none, the one who opened the tab first. Those
// that are queued stay: the queue has space for each viewer once.
func (h *Home) makeSpaceLocked() {
	if len(h.viewers) < maxViewers {
		return
	}
	first := ""
	for user, v := range h.viewers {
		switch {
		case v.queued:
		case time.Since(v.openedAt) >= watchTime:
			delete(h.viewers, user)
		case first == "" || v.openedAt.Before(h.viewers[first].openedAt):
			first = user
		}
	}
	if len(h.viewers) >= maxViewers {
		delete(h.viewers, first)
	}
}

func (h *Home) enqueueLocked(user string, v *viewer) {
	if v.queued {
		v.again = true
		return
	}
	select {
	case h.queue <- user:
		v.queued = true
	default: // more users than maxViewers opened it at once
		delete(h.viewers, user)
	}
}

// publish publishes the tab of a user, again if a request changes meanwhile, and with a delay if Slack does not answer or
// the requests cannot be read, such as while the store is being opened.
func (h *Home) publish(ctx context.Context, user string) {
	var err error
	defer func() { h.release(user, slackapp.IsRejected(err)) }()
	for attempt := 1; ctx.Err() == nil; attempt++ {
		h.begin(user)
		blocks, unreadable := h.render(ctx, user)
		err = h.cfg.Slack.Publish(ctx, user, blocks)
		if err == nil && unreadable == nil {
			sleep(ctx, publishPause)
			return
		}
		if ctx.Err() == nil {
			h.reportError(errors.Join(err, unreadable))
		}
		if slackapp.IsRejected(err) || attempt == maxAttempts {
			return
		}
		sleep(ctx, max(retryDelay, slackapp.RetryAfter(err)))
	}
}

func (h *Home) reportError(err error) {
	entry := h.cfg.Log.WithError(err)
	if slackapp.ErrorCode(err) == "not_enabled" {
		entry = entry.WithField("hint", "the app has no Home tab: update its manifest (foghorn slack-manifest)")
	}
	entry.Warn("failed to publish the Home tab")
}

// begin notes that the requests of a user are read now.
func (h *Home) begin(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.viewers[user].again = false
}

// release ends the publication of a tab, and begins the next one if a request has changed. If Slack has rejected the
// tab, such as for an app that has none, it is published when the user opens it again.
func (h *Home) release(user string, rejected bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.viewers[user]
	v.queued = false
	switch {
	case rejected:
		delete(h.viewers, user)
	case v.again:
		v.again = false
		h.enqueueLocked(user, v)
	}
}

// render renders the tab of a user. If the requests cannot be read, the tab has the buttons all the same.
func (h *Home) render(ctx context.Context, user string) (blocks []slack.Block, unreadable error) {
	c := content{}
	for _, command := range h.cfg.Commands {
		title := "Choose an action"
		if command.Action != "" {
			title = h.cfg.Title(command.Action)
		}
		c.buttons = append(c.buttons, button{command: command.Name, title: title})
	}
	if c.open, c.ended, unreadable = h.list(ctx, user, maxOpen, maxEnded); unreadable != nil {
		unreadable = fmt.Errorf("read the requests of a user: %w", unreadable)
		c.unreadable = true
	}
	return renderHome(c, h.cfg.PortAppURL), unreadable
}

func (h *Home) list(ctx context.Context, user string, open, ended int) (o, e []*request.Request, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if o, err = h.cfg.Store.ListOpen(ctx, user, open); err != nil {
		return nil, nil, err
	}
	e, err = h.cfg.Store.ListEnded(ctx, user, ended)
	return o, e, err
}

// ListText is the text that lists the last requests of a user, for this user only. It is at most 12 KB as an answer to a
// command.
func (h *Home) ListText(ctx context.Context, userID string) (slacktext.Text, error) {
	open, ended, err := h.list(ctx, userID, maxListed, maxListed)
	if err != nil {
		return "", fmt.Errorf("list requests: %w", err)
	}
	return renderList(open, ended, h.cfg.PortAppURL), nil
}

// sleep waits, at most until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
