package testenv

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// ExpectMessage waits for a message that contains a text, in a channel or in a user's direct messages.
func (e *Env) ExpectMessage(channel, text string) slacktest.Message {
	e.t.Helper()
	m, err := e.Slack.WaitMessage(e.Context(), channel, func(m slacktest.Message) bool { return strings.Contains(m.Text, text) })
	if err != nil {
		e.t.Fatalf("%s has no message with %q: %v", channel, text, MessageTexts(e.Slack.Messages(channel)))
	}
	return m
}

// ExpectEphemeral waits for an ephemeral message to a user that contains a text.
func (e *Env) ExpectEphemeral(who, text string) {
	e.t.Helper()
	if _, err := e.Slack.WaitEphemeral(e.Context(), who, func(m slacktest.Message) bool { return strings.Contains(m.Text, text) }); err != nil {
		e.t.Fatalf("%s has no ephemeral message with %q: %v", who, text, MessageTexts(e.Slack.Ephemerals(who)))
	}
}

// ExpectNoMessages checks that a channel has no message.
func (e *Env) ExpectNoMessages(channel string) {
	e.t.Helper()
	if ms := e.Slack.Messages(channel); len(ms) > 0 {
		e.t.Errorf("%s has the messages %v", channel, MessageTexts(ms))
	}
}

// ExpectExactlyOnce checks that there is one run and one message.
func (e *Env) ExpectExactlyOnce(name string) {
	e.t.Helper()
	e.ExpectMessage(General, name)
	e.WaitIdle()
	if runs := e.Port.Runs(); len(runs) != 1 {
		e.t.Errorf("%d runs", len(runs))
	}
	if ms := e.Slack.Messages(General); len(ms) != 1 {
		e.t.Errorf("%d messages: %v", len(ms), MessageTexts(ms))
	}
}

// ExpectNotSaved submits the form, which must report that it was not saved.
func (e *Env) ExpectNotSaved(m *slacktest.Modal) {
	e.t.Helper()
	r, err := m.Submit(e.Context())
	if err != nil || r.Closed || !strings.Contains(fmt.Sprint(r.Errors), "Not saved") {
		e.t.Fatalf("a submission that cannot be stored was answered with %+v, %v", r, err)
	}
}

// FilesContaining lists the files of the store that contain a text.
func (e *Env) FilesContaining(text string) (found []string) {
	e.t.Helper()
	err := filepath.WalkDir(e.StateDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() { // the control socket cannot be read
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return found
}

// WaitRun waits for the only run, and returns its properties and its entity.
func (e *Env) WaitRun() (properties map[string]any, entity string) {
	e.t.Helper()
	ctx := e.Context()
	for {
		if runs := e.Port.Runs(); len(runs) == 1 {
			return runs[0].Properties, runs[0].Entity
		}
		if ctx.Err() != nil {
			e.t.Fatalf("%d runs", len(e.Port.Runs()))
		}
		e.ExpectEphemeral(Alice, "Running")
	}
}

// WaitIdle waits until no request is pending.
func (e *Env) WaitIdle() {
	e.t.Helper()
	e.WaitFor("no request is pending", func() bool { return e.Bot.Pending() == 0 })
}

// WaitFollowed waits until n requests follow their incident.
func (e *Env) WaitFollowed(n int) {
	e.t.Helper()
	e.WaitFor("incidents are followed", func() bool { return e.Bot.Followed() == n })
}

// WaitFor waits for a condition of which no event informs.
func (e *Env) WaitFor(what string, holds func() bool) {
	e.t.Helper()
	ctx := e.Context()
	for !holds() {
		if !waitTick(ctx) {
			e.t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// WaitCrash waits until crashed is closed, and reports false if the bot completes its work instead.
func (e *Env) WaitCrash(crashed <-chan struct{}) bool {
	e.t.Helper()
	started := false
	for ctx := e.Context(); ; {
		select {
		case <-crashed:
			return true
		default:
		}
		started = started || e.Bot.Pending() > 0 || len(e.Slack.Messages(General)) > 0
		if started && e.Bot.Pending() == 0 {
			return false
		}
		if !waitTick(ctx) {
			e.t.Fatal("the bot neither crashed nor completed its work")
		}
	}
}

func waitTick(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

// CountRunCalls counts the calls about runs that Port received since a time: lists and reads.
func (e *Env) CountRunCalls(since time.Time) (lists, reads int) {
	for _, c := range e.Port.Calls("") {
		switch {
		case c.Time.Before(since) || c.Method != http.MethodGet:
		case c.Path == "/v1/actions/runs":
			lists++
		case strings.HasPrefix(c.Path, "/v1/actions/runs/"):
			reads++
		}
	}
	return lists, reads
}

// MessageTexts are the texts of messages.
func MessageTexts(messages []slacktest.Message) (texts []string) {
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	return texts
}
