package store

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/sirupsen/logrus"

	"foghorn/bot/request"
)

// addEndedLog writes n ended requests of a user into the log.
func addEndedLog(t testing.TB, s *Store, user string, from, n int) {
	t.Helper()
	at := time.Now().UTC().Add(-time.Hour)
	for i := range n {
		r := request.Request{
			ID: fmt.Sprintf("V%s%d", user, from+i), Stage: request.Done, StageEnteredAt: at, CreatedAt: at, User: user, Channel: "C0GENERAL",
			Action: "create_incident_io_incident_webhook", Title: "Create incident.io incident", RunID: fmt.Sprintf("r_%s%d", user, i),
			Outcome:    &request.Outcome{Status: request.Success, EndedAt: at, Incident: &request.Incident{ID: "01", Permalink: "https://app.incident.io/incidents/1"}},
			Deliveries: map[string]*request.Delivery{request.ToChannel: {StartedAt: at, TS: "1700000000.000100"}},
		}
		data, err := r.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.js.PublishAsync(endedSubject(user), data); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 || i == n-1 {
			<-s.js.PublishAsyncComplete()
		}
	}
}

// sameSubjectAs is another user whose ended requests have the same subject.
func sameSubjectAs(user string) string {
	for i := 0; ; i++ {
		if other := fmt.Sprintf("U0OTHER%d", i); endedSubject(other) == endedSubject(user) {
			return other
		}
	}
}

// TestListEnded_NewestOfUser lists the newest requests of a user, among those of users with the same and other subjects.
func TestListEnded_NewestOfUser(t *testing.T) {
	s := newStore(t)
	const alice = "U0ALICE"
	other := sameSubjectAs(alice)
	if found, err := (History{s}).ListEnded(t.Context(), alice, 20); err != nil || len(found) > 0 {
		t.Fatalf("an empty log has %d requests, %v", len(found), err)
	}
	addEndedLog(t, s, alice, 0, 30)
	addEndedLog(t, s, alice, 29, 1) // archived twice
	addEndedLog(t, s, other, 0, 500)
	addEndedLog(t, s, "U0BOB", 0, 2000)
	for _, c := range []struct {
		user        string
		limit       int
		first, last string
		n           int
	}{
		{alice, 20, "VU0ALICE29", "VU0ALICE10", 20},
		{alice, 100, "VU0ALICE29", "VU0ALICE0", 30},
		{other, 20, "V" + other + "499", "V" + other + "480", 20},
		{"U0BOB", 1, "VU0BOB1999", "VU0BOB1999", 1},
	} {
		found, err := (History{s}).ListEnded(t.Context(), c.user, c.limit)
		if err != nil || len(found) != c.n || found[0].ID != c.first || found[len(found)-1].ID != c.last {
			t.Errorf("%s, at most %d: %d requests, %v", c.user, c.limit, len(found), err)
		}
	}
	if found, err := (History{s}).ListEnded(t.Context(), "U0NOBODY", 20); err != nil || len(found) > 0 {
		t.Errorf("a user without requests has %d, %v", len(found), err)
	}
}

// TestListOpen_OfUser lists open requests, without what was entered, until they have ended.
func TestListOpen_OfUser(t *testing.T) {
	changed := make(chan string, 100)
	log := logrus.New()
	log.SetOutput(t.Output())
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), Secret: "xoxb-test", Log: logrus.NewEntry(log), OnChange: func(user string) { changed <- user }})
	if err != nil {
		t.Fatal(err)
	}
	runTestStore(t, s)
	awaitChange := func() {
		t.Helper()
		select {
		case user := <-changed:
			if user != "U0ALICE" {
				t.Errorf("a request of %q has changed", user)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no change was reported")
		}
	}
	r := &request.Request{ID: "V1", User: "U0ALICE", Title: "Restart", Stage: request.Accepted, Properties: map[string]any{"name": "what was typed"}}
	if err := s.Accept(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	awaitChange()
	open, err := (History{s}).ListOpen(t.Context(), "U0ALICE", 10)
	if err != nil || len(open) != 1 || open[0].Title != "Restart" || open[0].Properties != nil {
		t.Fatalf("listed %+v, %v", open, err)
	}
	if open, err := (History{s}).ListOpen(t.Context(), "U0BOB", 10); err != nil || len(open) > 0 {
		t.Errorf("another user has %d, %v", len(open), err)
	}
	r.Finish(request.Outcome{Status: request.Failure, Reason: "what was typed is wrong"})
	r.Enter(request.Done)
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	awaitChange()
	if err := s.Archive(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	awaitChange()
	ended, err := (History{s}).ListEnded(t.Context(), "U0ALICE", 10)
	if err != nil || len(ended) != 1 || ended[0].Outcome.Status != request.Failure || ended[0].Outcome.Reason != "" || ended[0].Title != "Restart" {
		t.Errorf("listed %+v, %v", ended, err)
	}
	if open, err := (History{s}).ListOpen(t.Context(), "U0ALICE", 10); err != nil || len(open) > 0 {
		t.Errorf("%d are still open, %v", len(open), err)
	}
}

// writeLog writes into a store that is not open, without a sync of each write, which takes minutes.
func writeLog(b *testing.B, dir string, write func(*Store)) {
	srv, err := server.NewServer(&server.Options{ServerName: "foghorn", JetStream: true, StoreDir: dir, JetStreamMaxStore: 8 << 30, DontListen: true, NoLog: true, NoSigs: true})
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
	write(&Store{js: js})
	conn.Close()
	srv.Shutdown()
	srv.WaitForShutdown()
}

// BenchmarkListEnded reads the last requests of users from a log of a million: of the last and the first of 500 equally
// active users, of one whose requests are too far back, and of two without any.
func BenchmarkListEnded(b *testing.B) {
	cfg := Config{Dir: b.TempDir(), Secret: "xoxb-test", Log: logrus.NewEntry(logrus.New())}
	s, err := Open(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	s.Close()
	writeLog(b, cfg.Dir, func(unsynced *Store) {
		addEndedLog(b, unsynced, "U0RARE", 0, 3)
		for i := range 20_000 {
			addEndedLog(b, unsynced, fmt.Sprintf("U0MANY%d", i%500), i*50, 50)
		}
	})
	if s, err = Open(context.Background(), cfg); err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, user := range []string{"U0MANY499", "U0MANY0", "U0RARE", sameSubjectAs("U0MANY7"), "U0NOBODY"} {
		b.Run(user, func(b *testing.B) {
			n := 0
			for b.Loop() {
				found, err := (History{s}).ListEnded(context.Background(), user, 20)
				if err != nil {
					b.Fatal(err)
				}
				n = len(found)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(n), "found")
			b.ReportMetric(float64(m.HeapInuse>>20), "heap-MB")
		})
	}
}
