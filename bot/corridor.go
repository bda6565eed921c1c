package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// workers is how many requests are advanced at a time.
	workers = 128

	// park says that a request rests until somebody wakes it.
	park = time.Duration(-1)

	// busyAgain is when a message is handed out again whose request is in other hands.
	busyAgain = time.Second
)

// work takes requests off the stream and advances them, until ctx ends; then it waits for
// the steps at work, which run on the context of the process.
func (b *Bot) work(ctx, process context.Context) error {
	messages, err := b.journal.corridor.Messages(jetstream.PullMaxMessages(2 * workers))
	if err != nil {
		return fmt.Errorf("take work: %w", err)
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()

	var steps sync.WaitGroup
	defer steps.Wait()
	slots := make(chan struct{}, workers)
	for {
		msg, err := messages.Next()
		switch {
		case ctx.Err() != nil || errors.Is(err, jetstream.ErrMsgIteratorClosed):
			if msg != nil {
				_ = msg.Nak()
			}
			return nil
		case err != nil: // the store is away; the iterator comes back by itself
			b.cfg.Log.WithError(err).Warn("take work")
			if !sleep(ctx, time.Second) {
				return nil
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			_ = msg.Nak()
			return nil
		}
		steps.Go(func() {
			defer func() { <-slots }()
			b.handle(ctx, process, msg)
		})
	}
}

// handle carries one message's request as far as it goes now.
func (b *Bot) handle(ctx, process context.Context, msg jetstream.Msg) {
	id := msg.Subject()[strings.LastIndexByte(msg.Subject(), '.')+1:]
	if !b.hands.take(id) {
		_ = msg.NakWithDelay(busyAgain)
		return
	}
	defer b.hands.give(id)
	b.accepting.letPass(ctx)
	wait, err := b.carry(ctx, process, id, msg)
	entry := b.cfg.Log.WithField("request", id)
	if errors.Is(err, errChanged) {
		entry.Debug("another process holds the request")
		wait, err = busyAgain, nil
	}
	if err != nil {
		b.cfg.Metrics.retry(b.index.stage(id))
		entry = entry.WithError(err)
		if wait > 0 {
			entry = entry.WithField("again", wait.Round(time.Millisecond).String())
		}
		entry.Warn("a step did not succeed")
	}
	b.edge("before giving work back")
	if wait == park {
		err = msg.Ack()
	} else {
		err = msg.NakWithDelay(wait)
	}
	if err != nil { // it will be handed out again, and found done
		entry.WithError(err).Warn("give work back")
	}
}

// carry advances a request until it must wait.
func (b *Bot) carry(ctx, process context.Context, id string, msg jetstream.Msg) (wait time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			wait, err = 30*time.Second, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	r, err := b.journal.load(process, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		if !strings.HasPrefix(msg.Subject(), subjectAccepted) {
			return park, nil // it was kept its time, and removed
		}
		if r, err = decode(msg.Data()); err != nil {
			return park, err
		}
		b.log(r).WithField("action", r.Action).Info(string(Accepted))
		r.logged = Accepted
		var told sync.WaitGroup
		tell := b.begun(r)
		told.Go(func() { tell(process) })
		defer told.Wait()
	}
	if errors.Is(err, errNotOurs) {
		return park, err // a later version or a human goes on with it
	}
	if err != nil {
		return 5 * time.Second, err
	}
	for {
		_ = msg.InProgress()
		wait, err := b.advance(process, r)
		if wait != 0 || err != nil {
			return wait, err
		}
		if ctx.Err() != nil {
			return time.Millisecond, nil // an edge: the next process goes on from here
		}
	}
}

// sleep waits. It reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
