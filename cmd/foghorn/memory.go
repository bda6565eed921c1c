package main

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"runtime/metrics"
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
	// releaseInterval is how often it is decided whether memory is returned to the system.
	releaseInterval = 15 * time.Second

	// startGCPercent is how much garbage the heap has in the first startIntervals, in percent of what is in use: the start
	// reads the store and all incidents that are followed, and JetStream keeps what it read for ten seconds.
	startGCPercent = 40
	startIntervals = 4

	// idleCollections is how many garbage collections Go makes in an interval at most while the bot has little to do.
	// While it has more, what is returned would be needed again at once.
	idleCollections = 8

	// minRelease is how much is returned at least. A release is a garbage collection.
	minRelease = 4 << 20
)

// releaseMemory keeps the resident memory close to what is in use, until ctx ends: Go keeps what a poll of many
// incidents needed. It does nothing if GOGC is set.
func releaseMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := debug.SetGCPercent(startGCPercent)
	tick := time.NewTicker(releaseInterval)
	defer tick.Stop()
	for n, collections := 1, uint64(0); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n == startIntervals {
			debug.SetGCPercent(percent)
		}
		h := readHeap()
		isIdle := h.collections-collections <= idleCollections
		if n == 1 || isIdle && h.releasable > minRelease { // at first, after the start
			debug.FreeOSMemory()
		}
		collections = h.collections
	}
}

// A heap is the state of the heap.
type heap struct {
	collections uint64 // since the start, without those of releases
	releasable  uint64 // bytes of garbage and of free memory that is not returned
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	value := func(n int) uint64 { return samples[n].Value.Uint64() }
	return heap{value(0), value(2) - min(value(1), value(2)) + value(3)}
}
