package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/request"
)

// BenchmarkHistory measures what ended requests cost: the time from the start of the process until /readyz returns 200,
// its memory then and when JetStream has released what the start read, and the acks of submissions. The files are left as
// by kill -9.
func BenchmarkHistory(b *testing.B) {
	for _, ended := range []int{0, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("ended=%d", ended), func(b *testing.B) {
			const people, settle = 50, 15 * time.Second
			e := newGuideEnvironment(b)
			e.addPeople(people)
			e.startBotProcess(b).kill() // creates the streams
			e.addHistory(b, ended)
			var took []time.Duration
			for b.Loop() {
				addr := freeAddr(b)
				begun := time.Now()
				p := e.launchBot(b, "HTTP_ADDR", addr)
				for !isReady(b, "http://"+addr+"/readyz") {
					time.Sleep(time.Millisecond)
				}
				b.ReportMetric(float64(time.Since(begun).Milliseconds()), "ready-ms")
				b.ReportMetric(p.residentMemory(b), "MB")
				time.Sleep(settle)
				b.ReportMetric(p.residentMemory(b), "settled-MB")
				for i := range people {
					took = append(took, submitModal(b, e.openModal(b, i, fmt.Sprintf("incident %d", i))))
				}
				p.kill()
			}
			reportQuantiles(b, took, "ack", "p50", "p99")
		})
	}
}

// addHistory writes n ended requests into the store of a bot that does not run.
func (e *environment) addHistory(b *testing.B, n int) {
	b.Helper()
	srv, err := server.NewServer(&server.Options{ServerName: "foghorn", JetStream: true, StoreDir: e.stateDir, JetStreamMaxStore: 8 << 30, DontListen: true, NoLog: true, NoSigs: true})
	if err != nil {
		b.Fatal(err)
	}
	srv.Start()
	conn, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		b.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		b.Fatal(err)
	}
	at := time.Now().UTC().Add(-24 * time.Hour)
	for i := range n {
		r := request.Request{
			ID: fmt.Sprintf("VHISTORY%d", i), Stage: request.Done, StageEnteredAt: at, CreatedAt: at, User: "U0ALICE", Channel: "C0GENERAL",
			Action: "create_incident_io_incident_webhook", Title: "Create incident.io incident", RunID: fmt.Sprintf("r_history%d", i),
			Outcome:    &request.Outcome{Status: request.Success, EndedAt: at, Incident: &request.Incident{ID: "01", Permalink: "https://app.incident.io/incidents/1"}},
			Deliveries: map[string]*request.Delivery{request.ToChannel: {StartedAt: at, TS: "1700000000.000100"}},
		}
		data, err := r.Encode(nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := js.PublishAsync(fmt.Sprintf("foghorn.ended.%02x", i%64), data); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 999 || i == n-1 {
			<-js.PublishAsyncComplete()
		}
	}
	conn.Close()
	srv.Shutdown()
	srv.WaitForShutdown()
	_ = exec.Command("sync").Run() // otherwise the first acks wait until the system has written hundreds of MB
	files, err := filepath.Glob(filepath.Join(e.stateDir, "jetstream", "*", "streams", "FOGHORN_ENDED", "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no files were written: %v", err)
	}
}
