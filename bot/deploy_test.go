package bot_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"foghorn/integrations/slackapp/slacktest"
)

// oneNode is a JetStream server that several bots can share, and its address.
func oneNode(t *testing.T) string {
	t.Helper()
	n := &node{opts: &server.Options{
		ServerName: "alone", Host: "127.0.0.1", Port: freePort(t), NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
	}}
	n.start(t)
	t.Cleanup(n.stop)
	return fmt.Sprintf("nats://127.0.0.1:%d", n.opts.Port)
}

// crosses declares an incident. When Slack says that the app did not answer, the form must
// open all the same, and what was submitted must be kept. It gives how often that was.
func (h *house) crosses(who, channel, name string) (crossed int, err error) {
	p, soon := h.slack.Person(who), h.soon()
	if _, err := p.Types(soon, channel, "/incident"); errors.Is(err, slacktest.ErrOperationTimeout) && p.Top() != nil {
		crossed++
	} else if err != nil {
		return 0, err
	}
	form, err := p.WaitModal(soon, func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		return crossed, err
	}
	for label, value := range map[string]string{"Name": name, "Severity": "Minor", "Visibility": "public"} {
		if err := form.Fill(label, value); err != nil {
			return crossed, err
		}
	}
	r, err := form.Submit(soon)
	if err == nil && r.Trouble != "" {
		crossed++
		err = form.Dismiss(soon)
	} else if err == nil && !r.Closed {
		err = fmt.Errorf("submitted: %+v", r)
	}
	return crossed, err
}

// TestADeployWithOverlap replaces a replica, and again, while people go on declaring: the new
// one listens before the old one is told to stop. All of it is told, and told once.
func TestADeployWithOverlap(t *testing.T) {
	t.Parallel()
	const people, deploys = 4, 2
	h := newHouse(t)
	url := oneNode(t)
	_, stopOld := h.replica(url, nil)
	if err := h.slack.WaitSockets(h.soon(), 2); err != nil {
		t.Fatal(err)
	}
	deployed := make(chan struct{})
	declared := make([]int, people)
	var crossed atomic.Int64
	var typing sync.WaitGroup
	for i := range people {
		who, email := fmt.Sprintf("U0D%d", i), fmt.Sprintf("d%d@example.com", i)
		h.port.AddUser(email)
		h.slack.AddUser(slacktest.User{ID: who, Name: who, RealName: who, Email: email})
		typing.Go(func() {
			for over := false; !over && !t.Failed(); declared[i]++ {
				select {
				case <-deployed:
					over = true // and once more
				default:
				}
				room := fmt.Sprintf("C0D%dX%d", i, declared[i]) // each its own, as messages to one are paced
				h.slack.AddChannel(slacktest.Channel{ID: room, Name: room, BotIn: true})
				n, err := h.crosses(who, room, room+".")
				if crossed.Add(int64(n)); err != nil {
					t.Errorf("%s, incident %d: %v", who, declared[i], err)
					return
				}
			}
		})
	}
	for range deploys {
		next, stopNext := h.replica(url, nil)
		if err := h.slack.WaitSockets(h.soon(), 4); err != nil {
			t.Error(err)
		}
		stopOld()
		if err := h.slack.WaitSockets(h.soon(), 2); err != nil {
			t.Error(err)
		}
		h.bot, stopOld = next, stopNext
	}
	close(deployed)
	typing.Wait()
	h.settled()
	for i := range people {
		for n := range declared[i] {
			room := fmt.Sprintf("C0D%dX%d", i, n)
			h.shows(room, room+".")
		}
	}
	runs := map[any]int{}
	for _, r := range h.port.Runs() {
		runs[r.Properties["name"]]++
	}
	for i := range people {
		for n := range declared[i] {
			room := fmt.Sprintf("C0D%dX%d", i, n)
			if ms := h.slack.Messages(room); len(ms) != 1 || runs[room+"."] != 1 {
				t.Errorf("%s: %d runs, %d messages", room, runs[room+"."], len(ms))
			}
		}
	}
	t.Logf("declared %v during %d deploys; %d envelopes crossed with the end of their link", declared, deploys, crossed.Load())
}
