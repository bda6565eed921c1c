package main

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/sirupsen/logrus"
)

// memoryShare is the share of a container's memory that the Go heap uses at most; the rest is for stacks, for the
// processes that evaluate conditions and for the page cache, which a container's limit includes.
const memoryShare = 0.7

// limitMemory sets the soft limit of the Go heap to a share of the limit of the container, unless GOMEMLIMIT is set. The
// number of processors is limited by the Go runtime itself.
func limitMemory(log *logrus.Entry) {
	_, err := memlimit.Set(memlimit.WithRatio(memoryShare))
	if err != nil && !errors.Is(err, memlimit.ErrNoCgroup) && !errors.Is(err, memlimit.ErrCgroupsNotSupported) {
		log.WithError(err).Warn("failed to read the memory limit of the container")
	}
}

const (
	// startTime is how long the start reads the store, and startGCPercent how much garbage the heap has meanwhile, in percent
	// of what is in use.
	startTime      = 2 * time.Second
	startGCPercent = 40

	// releaseInterval is how often memory is returned to the system: Go keeps what a poll of many incidents needed.
	releaseInterval = 15 * time.Second
)

// releaseMemory keeps the resident memory close to what is in use, until ctx ends. It does nothing if GOGC is set.
func releaseMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := debug.SetGCPercent(startGCPercent)
	restore := time.AfterFunc(startTime, func() { debug.SetGCPercent(percent) })
	defer restore.Stop()
	tick := time.NewTicker(releaseInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			debug.FreeOSMemory()
		}
	}
}
