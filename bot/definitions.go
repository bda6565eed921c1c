package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"

	"foghorn/bot/form"
	"foghorn/integrations/port"
)

const (
	// freshFor is how long a definition is used without asking Port again behind it.
	freshFor = 15 * time.Second

	// refreshEvery is how often a definition is read anew while nobody uses it.
	refreshEvery = 5 * time.Minute
)

// definitions keeps the forms of actions. A form that was read once is served at once, for
// as long as the process lives, and read anew behind.
type definitions struct {
	port  *port.Client
	forms *cache.Cache // action -> definition
	group singleflight.Group
	tasks *sync.WaitGroup

	mu     sync.Mutex
	failed error     // of the last read; nil: it succeeded
	since  time.Time // of the first failure in a row
}

type definition struct {
	form *form.Form
	read time.Time
}

func newDefinitions(p *port.Client, tasks *sync.WaitGroup) *definitions {
	return &definitions{port: p, forms: cache.New(cache.NoExpiration, 0), tasks: tasks}
}

// cached is the form of an action, if it was ever read. An old one is refreshed behind.
func (d *definitions) cached(ctx context.Context, action string) (*form.Form, bool) {
	v, ok := d.forms.Get(action)
	if !ok {
		return nil, false
	}
	def := v.(definition)
	if time.Since(def.read) > freshFor {
		d.tasks.Go(func() { _, _ = d.read(ctx, action) })
	}
	return def.form, true
}

// read asks Port for an action's form. Callers at the same time share one call.
func (d *definitions) read(ctx context.Context, action string) (*form.Form, error) {
	v, err, _ := d.group.Do(action, func() (any, error) {
		a, err := d.port.Action(ctx, action)
		d.note(err)
		if err != nil {
			return nil, err
		}
		f, err := form.Compile(a.Raw)
		if err != nil {
			return nil, err
		}
		d.forms.SetDefault(action, definition{form: f, read: time.Now()})
		return f, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*form.Form), nil
}

// note remembers how the last read went.
func (d *definitions) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil && d.failed == nil {
		d.since = time.Now()
	}
	d.failed = err
}

// trouble is why no definition could be read for that long, or ever.
func (d *definitions) trouble(quiet time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.forms.ItemCount() == 0 && d.failed == nil:
		return errors.New("the action's definition is not read yet")
	case d.failed != nil && (d.forms.ItemCount() == 0 || time.Since(d.since) > quiet):
		return d.failed
	}
	return nil
}

// refresh reads an action's form now and every refreshEvery, until ctx ends. Failures are
// told to failed and tried again sooner.
func (d *definitions) refresh(ctx context.Context, action string, failed func(error)) {
	for {
		wait := refreshEvery
		if _, err := d.read(ctx, action); err != nil {
			failed(err)
			wait = freshFor
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}
