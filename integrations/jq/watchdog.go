package jq

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	watchInterval = 2 * time.Millisecond
	cancelGrace   = 5 * time.Millisecond // of CPU time, between the cancellation and the end
)

// A watchdog ends the process if a program exceeds its limits. Before that, it cancels the context,
// which ends the programs that consist of many steps of gojq.
type watchdog struct {
	idle   uint64 // bytes of memory without a program
	ticker *time.Ticker

	mu      sync.Mutex
	program time.Duration // CPU time at the start of the program
	end     time.Duration // CPU time at the end of the batch; 0: there is none
	cancel  context.CancelFunc
}

func newWatchdog() *watchdog {
	d := &watchdog{ticker: time.NewTicker(watchInterval)}
	d.ticker.Stop()
	d.idle = d.memory()
	debug.SetMemoryLimit(int64(d.idle) + maxMemory*3/4)
	go func() {
		for range d.ticker.C {
			d.check()
		}
	}()
	return d
}

// memory returns the bytes that the process has from the system, on top of an idle one.
func (d *watchdog) memory() uint64 {
	m := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(m)
	return max(m[0].Value.Uint64()-m[1].Value.Uint64(), d.idle) - d.idle
}

func (d *watchdog) check() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.end == 0 {
		return
	}
	now := cpuTime()
	switch {
	case d.memory() > maxMemory:
		os.Exit(exitMemory)
	case now > d.program+programCPU+cancelGrace:
		os.Exit(exitProgramCPU)
	case now > d.end+cancelGrace:
		os.Exit(exitBatchCPU)
	case now > d.program+programCPU || now > d.end:
		d.cancel()
	}
}

// start begins to watch a batch that may take an amount of CPU time.
func (d *watchdog) start(cpu time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.program = cpuTime()
	d.end, d.cancel = d.program+cpu, func() {}
	d.ticker.Reset(watchInterval)
}

func (d *watchdog) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ticker.Stop()
	d.end = 0
	d.cancel()
}

// next begins to watch a program. It returns false if the batch has used up its time.
func (d *watchdog) next() (context.Context, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancel()
	ctx, cancel := context.WithCancel(context.Background())
	d.program, d.cancel = cpuTime(), cancel
	return ctx, d.program <= d.end
}

// judge replaces the response of a program that was canceled.
func (d *watchdog) judge(ctx context.Context, r response) response {
	if ctx.Err() == nil {
		return r
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if cpuTime() > d.program+programCPU {
		return response{Cost: Time}
	}
	return response{Cost: Total}
}
