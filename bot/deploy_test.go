package bot_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// startNode starts a JetStream server for several bots, and returns its address.
func startNode(t *testing.T) string {
	t.Helper()
	n := &node{opts: &server.Options{
		ServerName: "alone", Host: "127.0.0.1", Port: freePort(t), NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
	}}
	n.start(t)
	t.Cleanup(n.stop)
	return fmt.Sprintf("nats://127.0.0.1:%d", n.opts.Port)
}

// TestDeploy_WithOverlap replaces a replica twice while users declare incidents: the new one is connected
// before the old one is stopped. A step that crosses with the end of a connection is not acked; the user
// repeats it. Each incident has one run and one message, whether the app had received the first attempt or not.
func TestDeploy_WithOverlap(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	const people, deploys = 4, 2
	e := testenv.New(t)
	url := startNode(t)
	_, stopOld := e.StartReplica(url, nil)
	if err := e.Slack.WaitSockets(e.Context(), 2); err != nil {
		t.Fatal(err)
	}
	deployed := make(chan struct{})
	declared := make([]int, people)
	var repeated atomic.Int64
	var typing sync.WaitGroup
	for i := range people {
		who, email := fmt.Sprintf("U0D%d", i), fmt.Sprintf("d%d@example.com", i)
		e.Port.AddUser(email)
		e.Slack.AddUser(slacktest.User{ID: who, Name: who, RealName: who, Email: email})
		typing.Go(func() {
			for over := false; !over && !t.Failed(); declared[i]++ {
				select {
				case <-deployed:
					over = true // and once more
				default:
				}
				room := fmt.Sprintf("C0D%dX%d", i, declared[i]) // each its own, as messages to one are paced
				e.Slack.AddChannel(slacktest.Channel{ID: room, Name: room, BotIn: true})
				n, err := e.DeclareDuringDeploy(who, room, room+".")
				if repeated.Add(int64(n)); err != nil {
					t.Errorf("%s, incident %d: %v", who, declared[i], err)
					return
				}
			}
		})
	}
	for range deploys {
		next, stopNext := e.StartReplica(url, nil)
		if err := e.Slack.WaitSockets(e.Context(), 4); err != nil {
			t.Error(err)
		}
		stopOld()
		if err := e.Slack.WaitSockets(e.Context(), 2); err != nil {
			t.Error(err)
		}
		e.Bot, stopOld = next, stopNext
	}
	close(deployed)
	typing.Wait()
	e.WaitIdle()
	for i := range people {
		for n := range declared[i] {
			channel := fmt.Sprintf("C0D%dX%d", i, n)
			e.ExpectMessage(channel, channel+".")
		}
	}
	runs := map[any]int{}
	for _, r := range e.Port.Runs() {
		runs[r.Properties["name"]]++
	}
	for i := range people {
		for n := range declared[i] {
			channel := fmt.Sprintf("C0D%dX%d", i, n)
			if ms := e.Slack.Messages(channel); len(ms) != 1 || runs[channel+"."] != 1 {
				t.Errorf("%s: %d runs, %d messages", channel, runs[channel+"."], len(ms))
			}
		}
	}
	t.Logf("declared %v during %d deploys; %d steps were repeated", declared, deploys, repeated.Load())
}
