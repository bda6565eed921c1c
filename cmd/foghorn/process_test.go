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

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// binaryPath returns the path of a foghorn binary, built once. Tests that need it are slow and skipped by -short.
func binaryPath(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs foghorn in a process of its own")
	}
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

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

// process is a foghorn serve that can be killed.
type process struct {
	cmd  *exec.Cmd
	done chan error
}

// launchBot starts foghorn serve in a process. edit is settings: name, value, ...
func (e *environment) launchBot(t testing.TB, edit ...string) *process {
	t.Helper()
	return e.launchCommand(t, exec.Command(binaryPath(t), "serve"), edit...)
}

// launchCommand starts a program with the settings of the environment.
func (e *environment) launchCommand(t testing.TB, cmd *exec.Cmd, edit ...string) *process {
	t.Helper()
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for k, v := range e.botSettings(edit...) {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if _, bench := t.(*testing.B); !bench { // benchmarks would print the log
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

// startBotProcess starts foghorn serve in a process and waits until it is connected.
func (e *environment) startBotProcess(t testing.TB, edit ...string) *process {
	t.Helper()
	p := e.launchBot(t, edit...)
	e.waitConnections(t, 2)
	return p
}

// waitConnections waits until n connections to Slack are open.
func (e *environment) waitConnections(t testing.TB, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.Slack.WaitConnections(ctx, n); err != nil {
		t.Fatalf("the bot did not connect: %v", err)
	}
}

// kill ends the process with SIGKILL.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// channelID returns the id of a channel that a test adds.
func channelID(i int) string { return "C0TEST" + strconv.Itoa(i) }

// countResults waits until each accepted incident has a message, and counts messages and runs by name.
func (e *environment) countResults(ctx context.Context, names map[string]bool) (messages, runs map[string]int, err error) {
	for {
		messages, runs = map[string]int{}, map[string]int{}
		for _, c := range e.Slack.Channels() {
			for _, m := range e.Slack.Messages(c.ID) {
				for name := range names {
					if m.Contains(name + "!") {
						messages[name]++
					}
				}
			}
		}
		for _, r := range e.Port.Runs() {
			name, _ := r.Properties["name"].(string)
			runs[name[:max(len(name)-1, 0)]]++
		}
		missing := 0
		for name, accepted := range names {
			if accepted && messages[name] == 0 {
				missing++
			}
		}
		if missing == 0 {
			return messages, runs, nil
		}
		select {
		case <-ctx.Done():
			return messages, runs, fmt.Errorf("%d incidents have no message", missing)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestProcess_KillWithTenInFlight ends a process with ten incidents in flight and starts another: each incident gets
// one message.
func TestProcess_KillWithTenInFlight(t *testing.T) {
	t.Parallel()
	for _, signal := range []string{"SIGTERM", "SIGKILL"} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			e := newGuideEnvironment(t)
			for i := range 10 { // Slack accepts one message a second for a channel
				e.Slack.AddChannel(slacktest.Channel{ID: channelID(i), Name: channelID(i), BotIsMember: true})
			}
			e.IncidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Delay: 1500 * time.Millisecond, Times: 10})
			p := e.startBotProcess(t)
			names := map[string]bool{}
			for i := range 10 {
				name := fmt.Sprintf("incident %d of %s", i, signal)
				if !e.tryDeclare(t.Context(), sandbox.UserID, channelID(i), name+"!") {
					t.Fatalf("%s was not accepted", name)
				}
				names[name] = true
			}
			begun := time.Now()
			if signal == "SIGTERM" {
				_ = p.cmd.Process.Signal(syscall.SIGTERM)
				if err := <-p.done; err != nil || time.Since(begun) > 10*time.Second {
					t.Errorf("the process ended after %v with %v", time.Since(begun), err)
				}
			} else {
				p.kill()
			}
			e.startBotProcess(t)
			e.expectExactlyOnce(t, names)
		})
	}
}

// expectExactlyOnce waits for the messages of all accepted incidents and checks that none is lost or doubled.
func (e *environment) expectExactlyOnce(t *testing.T, names map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second+time.Duration(len(names))*time.Second/4)
	defer cancel()
	messages, runs, err := e.countResults(ctx, names)
	if err != nil {
		t.Error(err)
	}
	accepted := 0
	for name, ok := range names {
		if ok {
			accepted++
		}
		if messages[name] > 1 || runs[name] > 1 || runs[name] != messages[name] {
			t.Errorf("%s (accepted: %v): %d runs, %d messages", name, ok, runs[name], messages[name])
		}
	}
	t.Logf("%d submissions, %d accepted", len(names), accepted)
}

// soakSize returns the number of kills and incidents of a soak test. The environment variable SOAK=kills,incidents
// replaces the defaults; before a release, use SOAK=100,1200.
func soakSize(t *testing.T, kills, incidents int) (int, int) {
	t.Helper()
	if s := os.Getenv("SOAK"); s != "" {
		if _, err := fmt.Sscanf(s, "%d,%d", &kills, &incidents); err != nil {
			t.Fatalf("SOAK=%s: use kills,incidents, such as 100,1200", s)
		}
	}
	return kills, incidents
}

// declareMany has 8 people declare incidents, each in their own channel, and retries until each is accepted. wait
// returns all names, and whether the submission was accepted.
func (e *environment) declareMany(t *testing.T, incidents int) (wait func() map[string]bool) {
	const writers = 8
	e.addPeople(writers)
	var mu sync.Mutex
	names := map[string]bool{}
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for n, try := i, 0; n < incidents; try++ {
				name := fmt.Sprintf("incident %d of the soak, try %d", n, try)
				ok := e.tryDeclare(t.Context(), benchUserID(i), channelID(i), name+"!")
				mu.Lock()
				names[name] = ok
				mu.Unlock()
				if ok {
					n += writers
				} else {
					time.Sleep(20 * time.Millisecond) // a person retries later
				}
			}
		})
	}
	return func() map[string]bool { writing.Wait(); return names }
}

// TestSoak_Kills kills a process at random times under load.
func TestSoak_Kills(t *testing.T) {
	t.Parallel()
	kills, incidents := soakSize(t, 4, 24)
	e := newGuideEnvironment(t)
	e.killRepeatedly(t, kills, incidents, func() {})
}

// TestSoak_KillsWithFaults is TestSoak_Kills while requests to Port and Slack fail.
func TestSoak_KillsWithFaults(t *testing.T) {
	t.Parallel()
	kills, incidents := soakSize(t, 3, 24)
	e := newGuideEnvironment(t)
	faults := []func(){
		func() {
			e.Port.InjectFault(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, DropResponse: true})
		},
		func() {
			e.Port.InjectFault(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, Status: 502})
		},
		func() { e.Port.InjectFault(emulator.Fault{Times: 1, DropConnection: true}) },
		func() { e.Port.RevokeTokens() },
		func() { e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, DropResponse: true}) },
		func() { e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, Status: 500}) },
		func() { e.Slack.InjectFault(emulator.Fault{Path: "conversations.history", Times: 1, Status: 500}) },
		func() { e.Slack.Disconnect("refresh_requested") },
		e.Slack.DropConnections,
	}
	e.killRepeatedly(t, kills, incidents, func() { faults[rand.IntN(len(faults))]() })
}

// killRepeatedly kills and restarts a process under load. It calls meanwhile three times between two kills.
func (e *environment) killRepeatedly(t *testing.T, kills, incidents int, meanwhile func()) {
	t.Helper()
	p := e.startBotProcess(t)
	wait := e.declareMany(t, incidents)
	for range kills {
		pause := time.Duration(100+rand.IntN(700)) * time.Millisecond // a crash has no event to wait for
		for range 3 {
			meanwhile()
			time.Sleep(pause / 3)
		}
		p.kill()
		p = e.startBotProcess(t)
	}
	e.expectExactlyOnce(t, wait())
}
