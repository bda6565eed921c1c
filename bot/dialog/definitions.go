package dialog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/singleflight"

	"foghorn/bot/form"
)

const (
	// freshFor is how long a definition is used without reading it again in the background.
	freshFor = 15 * time.Second

	// refreshInterval is how often a definition is read while it is not used.
	refreshInterval = 5 * time.Minute

	// maxRereadDelay is the longest delay before it is read again after a failure.
	maxRereadDelay = 4 * time.Second

	// maxChosenForms is how many forms of actions without a command are kept: those that were used last.
	maxChosenForms = 100
)

// errNotOffered reports an action that cannot be chosen.
var errNotOffered = fmt.Errorf("an automation, or not published: %w", errUnknownView)

// errDefinition reports a definition of which no form can be made.
var errDefinition = errors.New("its definition in Port is invalid")

// definitions caches the forms of actions. A form that was read once is always served at
// once, and read again in the background. Only those of commands are kept whether they are used or not.
type definitions struct {
	port       Port
	commands   []Command
	forms      *cache.Cache // action -> definition
	group      singleflight.Group
	background *sync.WaitGroup

	mu       sync.Mutex
	failures map[string]failure   // of the actions of commands whose last read failed
	chosen   map[string]time.Time // actions without a command that are in forms -> last use
}

type failure struct {
	err   error     // of the last read
	since time.Time // the first of consecutive failures
}

type definition struct {
	form   *form.Form
	readAt time.Time
}

func newDefinitions(p Port, background *sync.WaitGroup, commands ...Command) *definitions {
	return &definitions{
		port: p, commands: commands, forms: cache.New(cache.NoExpiration, 0), background: background,
		failures: map[string]failure{}, chosen: map[string]time.Time{},
	}
}

// cached is the form of an action, if it was ever read. An old one is read again in the background.
func (d *definitions) cached(ctx context.Context, action string) (*form.Form, bool) {
	v, ok := d.forms.Get(action)
	if !ok {
		return nil, false
	}
	def := v.(definition)
	d.keep(action)
	if time.Since(def.readAt) > freshFor {
		ctx = context.WithoutCancel(ctx)                       // the caller's deadline is for its answer
		d.background.Go(func() { _, _ = d.read(ctx, action) }) // recordResult keeps its error
	}
	return def.form, true
}

// get is the form of an action: the cached one, or if it was never read, the one that Port returns now.
func (d *definitions) get(ctx context.Context, action string) (*form.Form, error) {
	if f, cached := d.cached(ctx, action); cached {
		return f, nil
	}
	return d.read(ctx, action)
}

// read reads the form of an action from Port. Simultaneous callers share one call.
func (d *definitions) read(ctx context.Context, action string) (*form.Form, error) {
	v, err, _ := d.group.Do(action, func() (any, error) {
		a, err := d.port.GetAction(ctx, action)
		if d.hasCommand(action) {
			d.recordResult(action, err)
		} else if err == nil && (a.Trigger == "automation" || !a.Published) {
			d.forms.Delete(action)
			err = errNotOffered
		}
		if err != nil {
			return nil, err
		}
		f, err := form.Compile(a.Raw)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errDefinition, err)
		}
		d.forms.SetDefault(action, definition{form: f, readAt: time.Now()})
		d.keep(action)
		return f, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*form.Form), nil
}

func (d *definitions) hasCommand(action string) bool {
	return slices.ContainsFunc(d.commands, func(c Command) bool { return c.Action == action })
}

// keep records that the form of an action is used. If too many are kept, it removes the one that was not used for the longest time.
func (d *definitions) keep(action string) {
	if d.hasCommand(action) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.chosen[action] = time.Now()
	if len(d.chosen) <= maxChosenForms {
		return
	}
	oldest := action
	for other, used := range d.chosen {
		if used.Before(d.chosen[oldest]) {
			oldest = other
		}
	}
	delete(d.chosen, oldest)
	d.forms.Delete(oldest)
}

func (d *definitions) recordResult(action string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.failures, action)
		return
	}
	since := time.Now()
	if f, failed := d.failures[action]; failed {
		since = f.since
	}
	d.failures[action] = failure{err, since}
}

// check reports why the definition of an action could not be read for longer than the grace period, or ever.
func (d *definitions) check(action string, grace time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, read := d.forms.Get(action)
	f, failed := d.failures[action]
	switch {
	case failed && (!read || time.Since(f.since) > grace):
		return f.err
	case !failed && !read:
		return errors.New("the definition of the action has not been read yet")
	}
	return nil
}

// refresh reads the form of an action now and every refreshInterval, until ctx ends. After
// a failure, which it reports to failed, it reads again sooner.
func (d *definitions) refresh(ctx context.Context, action string, failed func(error)) {
	for {
		wait := refreshInterval
		if _, err := d.read(ctx, action); err != nil {
			failed(err)
			wait = maxRereadDelay - rand.N(maxRereadDelay/2)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// reportProblems logs and counts the conditions of a form that exceeded their limits: the form may differ from Port's.
func (d *Dialog) reportProblems(state *form.State) {
	for _, p := range state.Problems {
		d.cfg.Metrics.ConditionFailed(p.Cost)
		d.cfg.Log.WithFields(logrus.Fields{"input": p.Input, "cost": p.Cost}).Warn("failed to evaluate a condition: " + p.Reason)
	}
}
