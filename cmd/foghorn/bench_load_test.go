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

// BenchmarkBurst declares many incidents as fast as 32 people can, and then with all forms
// open beforehand and all buttons pressed in one moment.
func BenchmarkBurst(b *testing.B) {
	for _, incidents := range []int{500, 2000} {
		b.Run(strconv.Itoa(incidents), func(b *testing.B) { benchmarkBurst(b, incidents, false) })
		b.Run(strconv.Itoa(incidents)+"-at-once", func(b *testing.B) { benchmarkBurst(b, incidents, true) })
	}
}

func benchmarkBurst(b *testing.B, incidents int, atOnce bool) {
	const hands = 32
	for b.Loop() {
		w := newGuideEnvironment(b)
		w.addPeople(incidents)
		p := w.startBotProcess(b)
		forms := make([]*slacktest.Modal, incidents)
		open := func(i int) { forms[i] = w.openModal(b, i, fmt.Sprintf("incident %d", i)) }
		took := make([]time.Duration, incidents)
		begun := time.Now()
		if atOnce {
			forEach(incidents, hands, open)
			begun = time.Now()
			forEach(incidents, incidents, func(i int) { took[i] = submitModal(b, forms[i]) })
		} else {
			forEach(incidents, hands, func(i int) { open(i); took[i] = submitModal(b, forms[i]) })
		}
		lost, doubled := w.countLostAndDoubled(b, incidents)
		b.ReportMetric(float64(incidents)/time.Since(begun).Seconds(), "incidents/s")
		reportQuantiles(b, took, "ack", "p50", "worst")
		b.ReportMetric(float64(lost), "lost")
		b.ReportMetric(float64(doubled), "doubled")
		b.ReportMetric(float64(len(w.port.Calls("")))/float64(incidents), "Port-calls/incident")
		p.kill()
	}
}

// forEach calls f for 0 to n-1, by so many at a time.
func forEach(n, hands int, f func(i int)) {
	next := make(chan int)
	var working sync.WaitGroup
	for range hands {
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

// countLostAndDoubled waits until every room was told, and counts what is missing or too much.
func (w *environment) countLostAndDoubled(b *testing.B, incidents int) (lost, doubled int) {
	b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		lost, doubled = 0, max(len(w.port.Runs())-incidents, 0)
		for i := range incidents {
			n := len(w.slack.Messages(channelID(i)))
			lost += max(1-n, 0)
			doubled += max(n-1, 0)
		}
		if lost == 0 || time.Now().After(deadline) {
			return lost, doubled
		}
	}
}

// BenchmarkInFlight holds 10,000 runs in flight: what they cost in memory and in calls.
func BenchmarkInFlight(b *testing.B) {
	const runs, people, watched = 10_000, 1000, 10 * time.Second
	for b.Loop() {
		w := newGuideEnvironment(b)
		w.addPeople(people)
		w.addEndlessAction(b)
		p := w.startBotProcess(b)
		time.Sleep(3 * time.Second) // what only the start needed is given back
		b.ReportMetric(p.residentMemory(b), "idle-MB")
		forEach(runs, 32, func(i int) { submitModal(b, w.openModal(b, i%people, fmt.Sprintf("incident %d", i))) })
		for len(w.port.Runs()) < runs && !b.Failed() {
			time.Sleep(10 * time.Millisecond)
		}
		before := time.Now()
		time.Sleep(watched)
		lists, all := 0, 0
		for _, c := range w.port.Calls("") {
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

// addEndlessAction makes the action one whose runs stay in progress: nobody tells how they end.
func (w *environment) addEndlessAction(b *testing.B) {
	b.Helper()
	action := strings.Replace(string(manifests.Guide().Action), `"synchronized": true`, `"synchronized": false`, 1)
	if err := w.port.PutAction(json.RawMessage(action)); err != nil {
		b.Fatal(err)
	}
}
