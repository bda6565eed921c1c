package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// BenchmarkBurst declares incidents as fast as 32 people can, and with all forms open and submitted at the same moment;
// then in a container of 128 MB.
func BenchmarkBurst(b *testing.B) {
	for _, incidents := range []int{500, 2000} {
		b.Run(strconv.Itoa(incidents), func(b *testing.B) { benchmarkBurst(b, incidents, false, 0) })
		b.Run(strconv.Itoa(incidents)+"-at-once", func(b *testing.B) { benchmarkBurst(b, incidents, true, 0) })
	}
	const container = 128 << 20
	b.Run("2000-in-128MB", func(b *testing.B) { benchmarkBurst(b, 2000, false, container) })
	b.Run("2000-at-once-in-128MB", func(b *testing.B) { benchmarkBurst(b, 2000, true, container) })
}

// benchmarkBurst declares incidents. container is a limit of memory in bytes; 0: none.
func benchmarkBurst(b *testing.B, incidents int, atOnce bool, container int) {
	const workers = 32
	for b.Loop() {
		e := newGuideEnvironment(b)
		e.addPeople(incidents)
		p := e.startBotInContainer(b, container)
		forms := make([]*slacktest.Modal, incidents)
		open := func(i int) { forms[i] = e.openModal(b, i, fmt.Sprintf("incident %d", i)) }
		took := make([]time.Duration, incidents)
		begun := time.Now()
		if atOnce {
			forEach(incidents, workers, open)
			begun = time.Now()
			forEach(incidents, incidents, func(i int) { took[i] = submitModal(b, forms[i]) })
		} else {
			forEach(incidents, workers, func(i int) { open(i); took[i] = submitModal(b, forms[i]) })
		}
		lost, doubled := e.countLostAndDoubled(b, incidents)
		b.ReportMetric(float64(incidents)/time.Since(begun).Seconds(), "incidents/s")
		reportQuantiles(b, took, "ack", "p50", "worst")
		b.ReportMetric(float64(lost), "lost")
		b.ReportMetric(float64(doubled), "doubled")
		b.ReportMetric(float64(len(e.Port.Calls("")))/float64(incidents), "Port-calls/incident")
		b.ReportMetric(p.peakMemory(b), "peak-MB")
		p.kill()
	}
}

// startBotInContainer starts foghorn serve in a cgroup with a limit of memory, which includes what the system caches of
// its files. Where a cgroup is not permitted, it gets only the heap limit that serve sets in one. RLIMIT_DATA and
// RLIMIT_AS cannot limit a Go program to so little: they count memory that it reserves and never uses.
func (e *environment) startBotInContainer(b *testing.B, limit int) *process {
	if limit == 0 {
		return e.startBotProcess(b)
	}
	group, err := makeMemoryGroup(limit)
	if err != nil {
		b.Logf("no cgroup, only a limit of the heap: %v", err)
		return e.startBotProcess(b, "GOMEMLIMIT", fmt.Sprintf("%.0f", memoryShare*float64(limit)))
	}
	b.Cleanup(func() { _ = os.Remove(group) })
	p := e.launchCommand(b, exec.Command("sh", "-c", `echo $$ > "$1/cgroup.procs" && exec "$2" serve`, "sh", group, binaryPath(b)))
	e.waitConnections(b, 2)
	return p
}

// makeMemoryGroup makes a cgroup (version 1 or 2) with a limit of memory in bytes, and returns its directory.
func makeMemoryGroup(limit int) (dir string, err error) {
	for root, file := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"} {
		if dir, err = os.MkdirTemp(root, "foghorn-bench-"); err != nil {
			continue
		}
		if err = os.WriteFile(filepath.Join(dir, file), []byte(strconv.Itoa(limit)), 0o600); err == nil {
			return dir, nil
		}
		_ = os.Remove(dir)
	}
	return "", err
}

// forEach calls f for 0 to n-1 in a number of goroutines.
func forEach(n, workers int, f func(i int)) {
	next := make(chan int)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	working.Wait()
}

// countLostAndDoubled waits for a message in every channel and counts missing and additional messages and runs.
func (e *environment) countLostAndDoubled(b *testing.B, incidents int) (lost, doubled int) {
	b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		lost, doubled = 0, max(len(e.Port.Runs())-incidents, 0)
		for i := range incidents {
			n := len(e.Slack.Messages(channelID(i)))
			lost += max(1-n, 0)
			doubled += max(n-1, 0)
		}
		if lost == 0 || time.Now().After(deadline) {
			return lost, doubled
		}
	}
}

// BenchmarkInFlight measures memory and requests with 10,000 runs in flight.
func BenchmarkInFlight(b *testing.B) {
	const runs, people, watched = 10_000, 1000, 10 * time.Second
	for b.Loop() {
		e := newGuideEnvironment(b)
		e.addPeople(people)
		e.addEndlessAction(b)
		p := e.startBotProcess(b)
		time.Sleep(3 * time.Second) // the runtime returns memory that only the start needed
		b.ReportMetric(p.residentMemory(b), "idle-MB")
		forEach(runs, 32, func(i int) { submitModal(b, e.openModal(b, i%people, fmt.Sprintf("incident %d", i))) })
		for len(e.Port.Runs()) < runs && !b.Failed() {
			time.Sleep(10 * time.Millisecond)
		}
		before := time.Now()
		time.Sleep(watched)
		lists, all := 0, 0
		for _, c := range e.Port.Calls("") {
			if c.Time.Before(before) {
				continue
			}
			all++
			if c.Path == "/v1/actions/runs" {
				lists++
			}
		}
		b.ReportMetric(float64(lists)/watched.Seconds(), "lists/s")
		b.ReportMetric(float64(all)/watched.Seconds(), "Port-calls/s")
		b.ReportMetric(p.residentMemory(b), "MB-with-10000")
		p.kill()
	}
}

// addEndlessAction replaces the action by one whose runs stay in progress.
func (e *environment) addEndlessAction(b *testing.B) {
	b.Helper()
	action := strings.Replace(string(manifests.Guide().Action), `"synchronized": true`, `"synchronized": false`, 1)
	if err := e.Port.PutAction(json.RawMessage(action)); err != nil {
		b.Fatal(err)
	}
}
