package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"foghorn/bot/request"
	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/slackapp/slacktest"
)

// runRequests runs foghorn requests in a process. settings are name=value.
func runRequests(t *testing.T, settings string, args ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.Command(binaryPath(t), append([]string{"requests"}, args...)...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), settings}
	data, err := cmd.CombinedOutput()
	return string(data), err == nil
}

// listRequests lists all requests, by id.
func listRequests(t *testing.T, settings string) map[string]request.Request {
	t.Helper()
	out, _ := runRequests(t, settings, "--json", "--limit", "0")
	var rows []request.Request
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all := map[string]request.Request{}
	for _, r := range rows {
		all[r.ID] = r
	}
	return all
}

// declareStuck declares incidents while Port refuses runs, and returns their ids.
func (e *environment) declareStuck(t *testing.T, settings string, n int) (ids []string) {
	t.Helper()
	e.Port.InjectFault(rateLimited)
	for i := range n {
		if !e.tryDeclare(t.Context(), sandbox.UserID, sandbox.ChannelID, fmt.Sprint("stuck ", i)) {
			t.Fatal("the submission was not accepted")
		}
	}
	for len(ids) < n {
		ids = nil
		for id, r := range listRequests(t, settings) {
			if len(r.History) > 1 && r.Stage == request.Accepted {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// expectInterventions checks that all that was answered with success is recorded.
func expectInterventions(t *testing.T, r request.Request, by []string) {
	t.Helper()
	for _, name := range by {
		if !slices.ContainsFunc(r.Interventions, func(i request.Intervention) bool { return i.By == name }) {
			t.Errorf("%s is not recorded for %s: %+v", name, r.ID, r.Interventions)
		}
	}
}

// waitFor waits until the list of requests fits.
func waitFor(t *testing.T, settings string, fits func(map[string]request.Request) bool) map[string]request.Request {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		all := listRequests(t, settings)
		if fits(all) {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("the requests are %+v", all)
		}
	}
}

// TestProcess_KillDuringOperation kills the bot at random times while an operator retries one request and abandons others.
// Each request ends once, and what was answered with success is recorded.
func TestProcess_KillDuringOperation(t *testing.T) {
	t.Parallel()
	const kills = 3
	e := newGuideEnvironment(t)
	p := e.startBotProcess(t)
	settings := "STATE_DIR=" + e.stateDir
	ids := e.declareStuck(t, settings, kills+1)
	retried, abandoned := ids[0], ids[1:]
	var by []string
	for i, id := range abandoned {
		name := fmt.Sprint("operator ", i)
		var asking sync.WaitGroup
		var retryOK, abandonOK bool
		asking.Go(func() { _, retryOK = runRequests(t, settings, "retry", retried, "--by", name) })
		asking.Go(func() {
			_, abandonOK = runRequests(t, settings, "abandon", id, "--by", name, "--yes", "--reason", "drill "+id)
		})
		time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond) // a crash has no event to wait for
		p.kill()
		asking.Wait()
		p = e.startBotProcess(t)
		if retryOK {
			by = append(by, name)
		}
		if !abandonOK { // it may be stored all the same
			_, _ = runRequests(t, settings, "abandon", id, "--by", name, "--yes", "--reason", "drill "+id)
		}
	}
	for _, id := range abandoned { // before Port accepts runs again
		waitFor(t, settings, func(all map[string]request.Request) bool { return len(all[id].Interventions) > 0 })
	}
	e.Port.ClearFaults()
	_, _ = runRequests(t, settings, "retry", retried, "--by", "last") // the new process may have continued already
	all := waitFor(t, settings, func(all map[string]request.Request) bool {
		for _, r := range all {
			if r.Stage != request.Done {
				return false
			}
		}
		return true
	})
	expectInterventions(t, all[retried], by)
	ms, runs := e.Slack.Messages(sandbox.ChannelID), e.Port.Runs()
	if all[retried].Outcome.Status != request.Success || len(runs) != 1 || len(ms) != 1 {
		t.Errorf("retried: %+v, %d runs, the channel has %v", all[retried].Outcome, len(runs), ms)
	}
	direct := e.Slack.Messages(e.Slack.Person(sandbox.UserID).DM())
	for _, id := range abandoned {
		informed := slices.DeleteFunc(slices.Clone(direct), func(m slacktest.Message) bool { return !m.Contains("drill " + id) })
		if r := all[id]; r.Outcome.Status != request.Abandoned || len(r.Interventions) != 1 || len(informed) != 1 {
			t.Errorf("abandoned: %+v, %+v, messages %v", r.Outcome, r.Interventions, informed)
		}
	}
	t.Logf("%d retries were recorded", len(by))
}
