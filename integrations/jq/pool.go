package jq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// maxWorkers is how many evaluations run at the same time. Each can take maxMemory, so two of
	// them, a spare and the bot stay below 256 MB.
	maxWorkers  = 2
	idleTimeout = 5 * time.Minute
	startLimit  = time.Second * raceFactor
	startPause  = 10 * time.Second // after a worker could not be started
)

var errBusy = errors.New("all workers are busy")

// A pool owns the worker processes. An idle one has no goroutine: it is read only while it evaluates.
type pool struct {
	free chan struct{} // holds one element for each evaluation

	path string // of the binary; empty: this one

	mu       sync.Mutex
	idle     []*worker // the one that was used last is at the end
	starting bool      // a spare is being started
	timer    *time.Timer
	failed   error     // of the last start
	retry    time.Time // of the next start after a failed one
}

// take returns a worker for one evaluation.
func (p *pool) take(ctx context.Context) (*worker, error) {
	select {
	case p.free <- struct{}{}:
	default:
		ctx, cancel := context.WithTimeout(ctx, workerWait)
		defer cancel()
		select {
		case p.free <- struct{}{}:
		case <-ctx.Done():
			return nil, errBusy
		}
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	w, err := p.start()
	if err != nil {
		<-p.free
	}
	return w, err
}

// release takes a worker back, and starts a spare if there is no other idle one: it replaces a
// worker that ends.
func (p *pool) release(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	<-p.free
	if !w.ended {
		p.idle = append(p.idle, w)
	}
	if !p.starting && len(p.idle) < 2 && len(p.idle)+len(p.free) <= maxWorkers {
		p.starting = true
		go p.addSpare()
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(idleTimeout, p.endIdle)
	} else {
		p.timer.Reset(idleTimeout)
	}
}

func (p *pool) addSpare() {
	w, err := p.start()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting = false
	if err == nil {
		p.idle = slices.Insert(p.idle, 0, w)
	}
}

func (p *pool) start() (*worker, error) {
	p.mu.Lock()
	failed := p.failed
	if time.Now().After(p.retry) {
		failed = nil
	}
	p.mu.Unlock()
	if failed != nil {
		return nil, failed
	}
	w, err := startWorker(p.path)
	if err != nil {
		err = fmt.Errorf("start a worker process: %w", err)
		p.mu.Lock()
		p.failed, p.retry = err, time.Now().Add(startPause)
		p.mu.Unlock()
	}
	return w, err
}

// endIdle ends the idle workers.
func (p *pool) endIdle() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, w := range idle {
		w.end()
	}
}
