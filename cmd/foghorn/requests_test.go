package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// requests runs foghorn requests with the settings that it needs, and returns what it prints.
func (e *environment) requests(t *testing.T, code int, args ...string) string {
	t.Helper()
	o := runCommand(t, map[string]string{"STATE_DIR": e.stateDir}, append([]string{"requests"}, args...)...)
	if o.code != code {
		t.Fatalf("%v: exit %d: %s%s", args, o.code, o.stdout, o.stderr)
	}
	return o.stdout + o.stderr
}

// rows lists requests.
func (e *environment) rows(t *testing.T, args ...string) (rows []request.Request) {
	t.Helper()
	o := runCommand(t, map[string]string{"STATE_DIR": e.stateDir}, append([]string{"requests", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(o.stdout), &rows); err != nil {
		t.Fatalf("%v: %s%s", err, o.stdout, o.stderr)
	}
	return rows
}

func expectTexts(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%q is missing from\n%s", text, out)
		}
	}
}

// waitRequest waits for the only request that is open.
func (e *environment) waitRequest(t *testing.T, ready func(request.Request) bool) request.Request {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if rows := e.rows(t, "--open"); len(rows) == 1 && ready(rows[0]) {
			return rows[0]
		} else if time.Now().After(deadline) {
			t.Fatalf("the open requests are %+v", rows)
		}
	}
}

// rateLimited is Port refusing runs for a minute.
var rateLimited = emulator.Fault{Path: "/runs", Method: "POST", Status: 429, Header: map[string][]string{"Retry-After": {"60"}, "Content-Type": {"application/json"}}, Body: `{"ok":false,"error":"rate_limit"}`}

// TestRequests_RunningBot has requests that are stuck because Port refuses calls: an operator finds out why, continues one
// and abandons another one.
func TestRequests_RunningBot(t *testing.T) {
	t.Parallel()
	e := newGuideEnvironment(t)
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			_ = stop()
		}
	}()
	expectTexts(t, e.requests(t, 0), "No requests.")
	if info, err := os.Stat(filepath.Join(e.stateDir, "control.sock")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("the control socket: %v, %v", info, err)
	}
	e.Port.InjectFault(rateLimited)
	if !e.tryDeclare(t.Context(), sandbox.UserID, sandbox.ChannelID, "Checkout is down") {
		t.Fatal("the submission was not accepted")
	}
	stuck := e.waitRequest(t, func(r request.Request) bool {
		return len(r.History) > 1 && r.History[1].Failures > 0 && r.Stage == request.Accepted
	})
	shown := e.requests(t, 0, "show", stuck.ID[:len(stuck.ID)-1])
	expectTexts(t, shown, stuck.ID, "creating_run", "last error: ", "429", "so far", sandbox.UserID)
	if strings.Contains(shown, "Checkout is down") {
		t.Errorf("the input is shown:\n%s", shown)
	}
	expectTexts(t, e.requests(t, 0, "show", stuck.ID, "--inputs"), `name = "Checkout is down"`, sandbox.UserEmail)
	if rows := e.rows(t, "--user", sandbox.UserEmail, "--action", stuck.Action, "--since", "1h"); len(rows) != 1 {
		t.Errorf("by user, action and time: %+v", rows)
	}

	late := store.Record{Request: &request.Request{Stage: stuck.Stage, CreatedAt: stuck.CreatedAt}}
	if isStuck(late, time.Now()) || !isStuck(late, time.Now().Add(stuckAfter)) {
		t.Error("doctor warns at another time")
	}
	expectTexts(t, runCommand(t, e.applySettings(), "doctor").stdout, "ok    requests         none is stuck")

	e.Port.ClearFaults()
	expectTexts(t, e.requests(t, 0, "retry", stuck.ID, "--by", "carol"), "The bot continues with request "+stuck.ID)
	if _, err := e.Slack.WaitMessage(t.Context(), sandbox.ChannelID, func(m slacktest.Message) bool { return m.Contains("Checkout is down") }); err != nil {
		t.Fatal(err)
	}

	e.Port.InjectFault(rateLimited)
	if !e.tryDeclare(t.Context(), sandbox.UserID, sandbox.ChannelID, "A mistake") {
		t.Fatal("the submission was not accepted")
	}
	second := e.waitRequest(t, func(r request.Request) bool {
		return len(r.History) > 1 && r.History[1].Failures > 0 && r.Stage == request.Accepted && r.ID != stuck.ID
	})
	expectTexts(t, e.requests(t, 1, "abandon", second.ID, "--reason", "It was a drill."), "nothing was changed", "Port has not created a run.")
	expectTexts(t, e.requests(t, 0, "abandon", second.ID, "--reason", "It was a drill.", "--by", "dave", "--yes"), "is abandoned", "Port has not created a run.")
	if _, err := e.Slack.WaitMessage(t.Context(), e.Slack.Person(sandbox.UserID).DM(), func(m slacktest.Message) bool {
		return m.Contains("It was a drill.") && m.Contains("Nothing was created.")
	}); err != nil {
		t.Fatal(err)
	}
	for len(e.rows(t, "--open")) > 0 { // the message is sent before the request ends
		time.Sleep(20 * time.Millisecond)
	}
	e.Port.ClearFaults()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	stopped = true
	if _, err := os.Stat(filepath.Join(e.stateDir, "control.sock")); err == nil {
		t.Error("the control socket is left")
	}
	e.expectHistory(t, stuck.ID, second.ID)
}

// expectHistory reads two requests of a bot that was stopped: one that an operator continued, and one that was abandoned.
func (e *environment) expectHistory(t *testing.T, continued, abandoned string) {
	t.Helper()
	expectTexts(t, e.requests(t, 0, "show", continued, "--inputs"), "retry by carol", "SUCCESS", "posted at", "erased when the request ended")
	expectTexts(t, e.requests(t, 0, "show", abandoned), "abandon by dave: It was a drill.", "ABANDONED")
	expectTexts(t, e.requests(t, 1, "retry", abandoned), "has ended: there is nothing to retry")
	expectTexts(t, e.requests(t, 2, "show", "V"), "several requests begin with")
	expectTexts(t, e.requests(t, 2, "show", "NONE"), "no request has it")
	if rows := e.rows(t); len(rows) != 2 || rows[0].ID != abandoned || rows[1].ID != continued {
		t.Errorf("the newest first: %+v", rows)
	}
	if rows := e.rows(t, "--limit", "1"); len(rows) != 1 || rows[0].ID != abandoned {
		t.Errorf("the newest: %+v", rows)
	}
	lines := strings.Split(strings.TrimSpace(e.requests(t, 0, "export")), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0]+lines[1], continued) || strings.Contains(lines[0]+lines[1], "Checkout is down") {
		t.Errorf("the export is %s", lines)
	}
	if runs := e.Port.Runs(); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}
