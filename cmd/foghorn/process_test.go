package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// built builds the program once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "foghorn-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "foghorn")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// A process is a real foghorn serve, which can be killed.
type process struct {
	cmd  *exec.Cmd
	done chan error
}

// launches starts a process between the world's services. edit is settings: name, value, name, value.
func (w *world) launches(t testing.TB, edit ...string) *process {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return w.runs(t, exec.Command(path, "serve"), edit...)
}

// runs starts a program with the settings of the world.
func (w *world) runs(t testing.TB, cmd *exec.Cmd, edit ...string) *process {
	t.Helper()
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for k, v := range w.env(edit...) {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if _, bench := t.(*testing.B); !bench { // which would print all of it
		cmd.Stderr = t.Output()
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, done: make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return p
}

// starts is launches, and waits until the process listens.
func (w *world) starts(t testing.TB, edit ...string) *process {
	t.Helper()
	p := w.launches(t, edit...)
	w.links(t, 2)
	return p
}

// links waits until so many links to Slack are open.
func (w *world) links(t testing.TB, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := w.slack.WaitSockets(ctx, n); err != nil {
		t.Fatalf("it does not listen: %v", err)
	}
}

// kills ends the process with no warning.
func (p *process) kills() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// room is the id of one of the channels that a test adds.
func room(i int) string { return "C0ROOM" + strconv.Itoa(i) }

// tries declares an incident by a name, and gives up after five seconds: the process behind
// the form may have been killed. It reports whether the submission was acked.
func (w *world) tries(ctx context.Context, who, channel, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	p := w.slack.Person(who)
	if _, err := p.Types(ctx, channel, "/incident"); err != nil {
		return false
	}
	form, err := p.WaitModal(ctx, func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		return false
	}
	defer func() { _ = form.Dismiss(ctx) }()
	for label, value := range map[string]string{"Name": name, "Severity": "Major", "Visibility": "public"} {
		if form.Fill(label, value) != nil {
			return false
		}
	}
	r, err := form.Submit(ctx)
	return err == nil && r.Closed
}

// told waits until every name is told, and gives how often each is in the channel and in Port.
func (w *world) told(ctx context.Context, names map[string]bool) (messages, runs map[string]int, err error) {
	for {
		messages, runs = map[string]int{}, map[string]int{}
		for _, c := range w.slack.Channels() {
			for _, m := range w.slack.Messages(c.ID) {
				for name := range names {
					if m.Shows(name + "!") {
						messages[name]++
					}
				}
			}
		}
		for _, r := range w.port.Runs() {
			name, _ := r.Properties["name"].(string)
			runs[name[:max(len(name)-1, 0)]]++
		}
		missing := 0
		for name, acked := range names {
			if acked && messages[name] == 0 {
				missing++
			}
		}
		if missing == 0 {
			return messages, runs, nil
		}
		select {
		case <-ctx.Done():
			return messages, runs, fmt.Errorf("%d were never told", missing)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestTenInFlight stops a process with ten incidents in flight, in order and with no
// warning, and starts another: all ten are told, once each.
func TestTenInFlight(t *testing.T) {
	for _, how := range []string{"SIGTERM", "SIGKILL"} {
		t.Run(how, func(t *testing.T) {
			w := opened(t)
			for i := range 10 { // Slack takes a message a second for one channel
				w.slack.AddChannel(slacktest.Channel{ID: room(i), Name: room(i), BotIn: true})
			}
			w.incident.Plan(emulator.Fault{Path: "/v2/incidents", Delay: 1500 * time.Millisecond, Times: 10})
			p := w.starts(t)
			names := map[string]bool{}
			for i := range 10 {
				name := fmt.Sprintf("incident %d of %s", i, how)
				if !w.tries(t.Context(), demoUser, room(i), name+"!") {
					t.Fatalf("%s was not acked", name)
				}
				names[name] = true
			}
			begun := time.Now()
			if how == "SIGTERM" {
				_ = p.cmd.Process.Signal(syscall.SIGTERM)
				if err := <-p.done; err != nil || time.Since(begun) > 10*time.Second {
					t.Errorf("it ended after %v with %v", time.Since(begun), err)
				}
			} else {
				p.kills()
			}
			w.starts(t)
			w.exactlyOnce(t, names)
		})
	}
}

// exactlyOnce waits for all that was acked and checks that nothing is lost or doubled.
func (w *world) exactlyOnce(t *testing.T, names map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second+time.Duration(len(names))*time.Second/4)
	defer cancel()
	messages, runs, err := w.told(ctx, names)
	if err != nil {
		t.Error(err)
	}
	acked := 0
	for name, ok := range names {
		if ok {
			acked++
		}
		if messages[name] > 1 || runs[name] > 1 || runs[name] != messages[name] {
			t.Errorf("%s (acked: %v): %d runs, %d messages", name, ok, runs[name], messages[name])
		}
	}
	t.Logf("%d submissions, %d acked", len(names), acked)
}

// soak is how many kills and incidents a soak has. SOAK=kills,incidents makes it longer:
// SOAK=100,1200 is the one to run before a release.
func soak(t *testing.T, kills, incidents int) (int, int) {
	t.Helper()
	if s := os.Getenv("SOAK"); s != "" {
		if _, err := fmt.Sscanf(s, "%d,%d", &kills, &incidents); err != nil {
			t.Fatalf("SOAK=%s: it looks like 100,1200", s)
		}
	}
	return kills, incidents
}

// writes has 8 people declare incidents, each in their own channel, again and again until
// it was acked. wait gives all names, and which of them were acked.
func (w *world) writes(t *testing.T, incidents int) (wait func() map[string]bool) {
	const writers = 8
	w.people(writers)
	var mu sync.Mutex
	names := map[string]bool{}
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for n, try := i, 0; n < incidents; try++ {
				name := fmt.Sprintf("incident %d of the soak, try %d", n, try)
				ok := w.tries(t.Context(), person(i), room(i), name+"!")
				mu.Lock()
				names[name] = ok
				mu.Unlock()
				if ok {
					n += writers
				} else {
					time.Sleep(20 * time.Millisecond) // as a person would, only faster
				}
			}
		})
	}
	return func() map[string]bool { writing.Wait(); return names }
}

// TestSoak kills a real process at random under load.
func TestSoak(t *testing.T) {
	kills, incidents := soak(t, 4, 24)
	w := opened(t)
	w.kills(t, kills, incidents, func() {})
}

// TestSoakWithFaults does so while Port and Slack lose answers, fail and hang up.
func TestSoakWithFaults(t *testing.T) {
	t.Parallel()
	kills, incidents := soak(t, 3, 24)
	w := opened(t)
	faults := []func(){
		func() { w.port.Plan(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, Lose: true}) },
		func() { w.port.Plan(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, Status: 502}) },
		func() { w.port.Plan(emulator.Fault{Times: 1, Cut: true}) },
		func() { w.port.RevokeTokens() },
		func() { w.slack.Plan(emulator.Fault{Path: "chat.postMessage", Times: 1, Lose: true}) },
		func() { w.slack.Plan(emulator.Fault{Path: "chat.postMessage", Times: 1, Status: 500}) },
		func() { w.slack.Plan(emulator.Fault{Path: "conversations.history", Times: 1, Status: 500}) },
		func() { w.slack.Disconnect("refresh_requested") },
		w.slack.Drop,
	}
	w.kills(t, kills, incidents, func() { faults[rand.IntN(len(faults))]() })
}

// kills kills a process again and again, and starts the next, under load. meanwhile is
// called three times between two kills.
func (w *world) kills(t *testing.T, kills, incidents int, meanwhile func()) {
	t.Helper()
	p := w.starts(t)
	wait := w.writes(t, incidents)
	for range kills {
		pause := time.Duration(100+rand.IntN(700)) * time.Millisecond // a crash has no event to wait for
		for range 3 {
			meanwhile()
			time.Sleep(pause / 3)
		}
		p.kills()
		p = w.starts(t)
	}
	w.exactlyOnce(t, wait())
}
