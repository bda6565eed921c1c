package main

import (
	"context"
	"testing"
	"time"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// TestProcess_KillDuringEdit kills a process that follows an incident while it edits the message, and the next one while it
// replies that the severity is the highest. Slack's answers are lost. The channel has one message and one reply.
func TestProcess_KillDuringEdit(t *testing.T) {
	t.Parallel()
	e := newGuideEnvironment(t)
	settings := []string{"INCIDENT_IO_API_KEY", e.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL", e.IncidentIO.URL()}
	p := e.startBotProcess(t, settings...)
	if !e.tryDeclare(t.Context(), sandbox.UserID, sandbox.ChannelID, "API is slow") {
		t.Fatal("the submission was not accepted")
	}
	waitFor := func(what string, fits func(slacktest.Message) bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := e.Slack.WaitMessage(ctx, sandbox.ChannelID, fits); err != nil {
			t.Fatalf("%s: %v; the channel has %v", what, err, e.Slack.Messages(sandbox.ChannelID))
		}
	}
	shows := func(text string) func(slacktest.Message) bool {
		return func(m slacktest.Message) bool { return m.ThreadTS == "" && m.Contains(text) }
	}
	isReply := func(m slacktest.Message) bool { return m.ThreadTS != "" }

	waitFor("the message has the incident's channel", shows("<#C"))
	e.editIncident(t, incidentiotest.Edit{Severity: "Critical"})
	e.Slack.InjectFault(emulator.Fault{Path: "/chat.update", DropResponse: true, Times: 1})
	e.Slack.InjectFault(emulator.Fault{Path: "/chat.postMessage", DropResponse: true, Times: 1})
	waitFor("the message is edited", shows("Critical"))
	p.kill()
	p = e.startBotProcess(t, settings...)
	waitFor("the reply is posted", isReply)
	p.kill()
	e.startBotProcess(t, settings...)
	e.editIncident(t, incidentiotest.Edit{Status: "Closed"})
	waitFor("the message shows the end", shows("Closed after"))

	replies := 0
	ms := e.Slack.Messages(sandbox.ChannelID)
	for _, m := range ms {
		if isReply(m) {
			replies++
		}
	}
	if len(ms) != 2 || replies != 1 {
		t.Errorf("%d messages, of which %d replies: %v", len(ms), replies, ms)
	}
}

func (e *environment) editIncident(t *testing.T, edit incidentiotest.Edit) {
	t.Helper()
	if err := e.IncidentIO.Edit(e.IncidentIO.Incidents()[0].ID, edit); err != nil {
		t.Fatal(err)
	}
}
