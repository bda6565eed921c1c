package main

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkFollowed measures the memory with 1,000 incidents that are followed: after a start by kill -9, at its peak in
// the first polls and later, also without the parts of the program's file.
func BenchmarkFollowed(b *testing.B) {
	const incidents, settle = 1000, 30 * time.Second
	for b.Loop() {
		e := newGuideEnvironment(b)
		e.addPeople(incidents)
		settings := []string{"INCIDENT_IO_API_KEY", e.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL", e.IncidentIO.URL()}
		p := e.startBotProcess(b, settings...)
		forEach(incidents, 32, func(i int) { submitModal(b, e.openModal(b, i, fmt.Sprintf("incident %d", i))) })
		if lost, doubled := e.countLostAndDoubled(b, incidents); lost+doubled > 0 {
			b.Errorf("%d lost, %d doubled", lost, doubled)
		}
		time.Sleep(settle / 2) // their channels become known
		b.ReportMetric(p.peakMemory(b), "declared-peak-MB")
		p.kill()
		p = e.startBotProcess(b, settings...)
		time.Sleep(settle)
		b.ReportMetric(p.residentMemory(b), "MB")
		b.ReportMetric(p.peakMemory(b), "peak-MB")
		b.ReportMetric(p.memory(b, "RssAnon:"), "anonymous-MB")
		p.kill()
	}
}
