package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// BenchmarkBurst declares incidents as fast as 32 people can, and with all forms open and submitted at the same moment;
// then with the heap limit that serve sets in a container of 128 MB. RLIMIT_DATA and RLIMIT_AS cannot limit a Go program
// to so little: they count memory that it reserves and never uses.
func BenchmarkBurst(b *testing.B) {
	for _, incidents := range []int{500, 2000} {
		b.Run(strconv.Itoa(incidents), func(b *testing.B) { benchmarkBurst(b, incidents, false) })
		b.Run(strconv.Itoa(incidents)+"-at-once", func(b *testing.B) { benchmarkBurst(b, incidents, true) })
	}
	const container = 128 << 20
	limit := fmt.Sprintf("%.0f", memoryShare*container)
	b.Run("2000-in-128MB", func(b *testing.B) { benchmarkBurst(b, 2000, false, "GOMEMLIMIT", limit) })
	b.Run("2000-at-once-in-128MB", func(b *testing.B) { benchmarkBurst(b, 2000, true, "GOMEMLIMIT", limit) })
}

func benchmarkBurst(b *testing.B, incidents int, atOnce bool, settings ...string) {
	const workers = 32
	for b.Loop() {
		e := newGuideEnvironment(b)
		e.addPeople(incidents)
		p := e.startBotProcess(b, settings...)
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
