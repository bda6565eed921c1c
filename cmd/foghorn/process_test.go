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

// buildBinary builds the program once.
var buildBinary = sync.OnceValues(func() (string, error) {
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

// launchBot starts a process between the world's services. edit is settings: name, value, name, value.
func (w *environment) launchBot(t testing.TB, edit ...string) *process {
	t.Helper()
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	return w.launchCommand(t, exec.Command(path, "serve"), edit...)
}

// launchCommand starts a program with the settings of the world.
func (w *environment) launchCommand(t testing.TB, cmd *exec.Cmd, edit ...string) *process {
	t.Helper()
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for k, v := range w.botSettings(edit...) {
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

// startBotProcess is launches, and waits until the process listens.
func (w *environment) startBotProcess(t testing.TB, edit ...string) *process {
	t.Helper()
	p := w.launchBot(t, edit...)
	w.waitConnections(t, 2)
	return p
}

// waitConnections waits until so many links to Slack are open.
func (w *environment) waitConnections(t testing.TB, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := w.slack.WaitConnections(ctx, n); err != nil {
		t.Fatalf("it does not listen: %v", err)
	}
}

// kill ends the process with no warning.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// channelID is the id of one of the channels that a test adds.
func channelID(i int) string { return "C0ROOM" + strconv.Itoa(i) }

// tryDeclare declares an incident by a name, and gives up after five seconds: the process behind
// the form may have been killed. It reports whether the submission was acked.
func (w *environment) tryDeclare(ctx context.Context, who, channel, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	p := w.slack.Person(who)
	if _, err := p.SlashCommand(ctx, channel, "/incident"); err != nil {
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

// countResults waits until every name is told, and gives how often each is in the channel and in Port.
func (w *environment) countResults(ctx context.Context, names map[string]bool) (messages, runs map[string]int, err error) {
	for {
		messages, runs = map[string]int{}, map[string]int{}
		for _, c := range w.slack.Channels() {
			for _, m := range w.slack.Messages(c.ID) {
				for name := range names {
					if m.Contains(name + "!") {
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

// TestProcess_KillWithTenInFlight stops a process with ten incidents in flight, in order and with no
// warning, and starts another: all ten are told, once each.
func TestProcess_KillWithTenInFlight(t *testing.T) {
	for _, how := range []string{"SIGTERM", "SIGKILL"} {
		t.Run(how, func(t *testing.T) {
			w := newGuideEnvironment(t)
			for i := range 10 { // Slack takes a message a second for one channel
				w.slack.AddChannel(slacktest.Channel{ID: channelID(i), Name: channelID(i), BotIsMember: true})
			}
			w.incidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Delay: 1500 * time.Millisecond, Times: 10})
			p := w.startBotProcess(t)
			names := map[string]bool{}
			for i := range 10 {
				name := fmt.Sprintf("incident %d of %s", i, how)
				if !w.tryDeclare(t.Context(), demoUser, channelID(i), name+"!") {
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
				p.kill()
			}
			w.startBotProcess(t)
			w.expectExactlyOnce(t, names)
		})
	}
}

// expectExactlyOnce waits for all that was acked and checks that nothing is lost or doubled.
func (w *environment) expectExactlyOnce(t *testing.T, names map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second+time.Duration(len(names))*time.Second/4)
	defer cancel()
	messages, runs, err := w.countResults(ctx, names)
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

// soakSize is how many kills and incidents a soak has. SOAK=kills,incidents makes it longer:
// SOAK=100,1200 is the one to run before a release.
func soakSize(t *testing.T, kills, incidents int) (int, int) {
	t.Helper()
	if s := os.Getenv("SOAK"); s != "" {
		if _, err := fmt.Sscanf(s, "%d,%d", &kills, &incidents); err != nil {
			t.Fatalf("SOAK=%s: it looks like 100,1200", s)
		}
	}
	return kills, incidents
}

// declareMany has 8 people declare incidents, each in their own channel, again and again until
// it was acked. wait gives all names, and which of them were acked.
func (w *environment) declareMany(t *testing.T, incidents int) (wait func() map[string]bool) {
	const writers = 8
	w.addPeople(writers)
	var mu sync.Mutex
	names := map[string]bool{}
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for n, try := i, 0; n < incidents; try++ {
				name := fmt.Sprintf("incident %d of the soak, try %d", n, try)
				ok := w.tryDeclare(t.Context(), benchUserID(i), channelID(i), name+"!")
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

// TestSoak_Kills kills a real process at random under load.
func TestSoak_Kills(t *testing.T) {
	kills, incidents := soakSize(t, 4, 24)
	w := newGuideEnvironment(t)
	w.killRepeatedly(t, kills, incidents, func() {})
}

// TestSoak_KillsWithFaults does so while Port and Slack lose answers, fail and hang up.
func TestSoak_KillsWithFaults(t *testing.T) {
	t.Parallel()
	kills, incidents := soakSize(t, 3, 24)
	w := newGuideEnvironment(t)
	faults := []func(){
		func() {
			w.port.InjectFault(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, DropResponse: true})
		},
		func() {
			w.port.InjectFault(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, Status: 502})
		},
		func() { w.port.InjectFault(emulator.Fault{Times: 1, DropConnection: true}) },
		func() { w.port.RevokeTokens() },
		func() { w.slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, DropResponse: true}) },
		func() { w.slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, Status: 500}) },
		func() { w.slack.InjectFault(emulator.Fault{Path: "conversations.history", Times: 1, Status: 500}) },
		func() { w.slack.Disconnect("refresh_requested") },
		w.slack.DropConnections,
	}
	w.killRepeatedly(t, kills, incidents, func() { faults[rand.IntN(len(faults))]() })
}

// killRepeatedly kills a process again and again, and starts the next, under load. meanwhile is
// called three times between two kills.
func (w *environment) killRepeatedly(t *testing.T, kills, incidents int, meanwhile func()) {
	t.Helper()
	p := w.startBotProcess(t)
	wait := w.declareMany(t, incidents)
	for range kills {
		pause := time.Duration(100+rand.IntN(700)) * time.Millisecond // a crash has no event to wait for
		for range 3 {
			meanwhile()
			time.Sleep(pause / 3)
		}
		p.kill()
		p = w.startBotProcess(t)
	}
	w.expectExactlyOnce(t, wait())
}
