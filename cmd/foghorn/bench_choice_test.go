package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/slackapp/slacktest"
)

// BenchmarkChoice measures the choice among 1,000 actions, alternating with the guide's command in the same process: from
// the command to the view, the answers to a type-ahead, and the memory.
func BenchmarkChoice(b *testing.B) {
	const rounds, actions = 500, 1000
	e := newChoiceEnvironment(b, actions)
	p := e.startBotProcess(b, "SLACK_RUN_COMMAND", "/run")
	e.measureOpen(b, "/run") // the list has been read
	var choice, guide, typed []time.Duration
	for b.Loop() {
		for i := range rounds {
			guide = append(guide, e.measureOpen(b, "/incident"))
			choice = append(choice, e.measureOpen(b, "/run"))
			typed = append(typed, e.measureTypeAhead(b, fmt.Sprintf("action %d", 500+i%10)))
		}
	}
	reportQuantiles(b, guide, "guide", "p50", "p99")
	reportQuantiles(b, choice, "choice", "p50", "p99")
	reportQuantiles(b, typed, "type-ahead", "p50", "p99")
	lists := 0
	for _, c := range e.Port.Calls("") {
		if c.Path == "/v1/actions" {
			lists++
		}
	}
	b.ReportMetric(float64(lists), "list-calls")
	b.ReportMetric(p.residentMemory(b), "MB")
	b.ReportMetric(p.peakMemory(b), "peak-MB")
	time.Sleep(15 * time.Second)
	b.ReportMetric(p.residentMemory(b), "idle-MB")
}

// newChoiceEnvironment is an environment with a number of actions of about 3 KB each.
func newChoiceEnvironment(b *testing.B, actions int) *environment {
	b.Helper()
	s, err := sandbox.Start(sandbox.Config{PortUsers: []string{sandbox.UserEmail}, Slack: slacktest.Config{
		Users:    []slacktest.User{{ID: sandbox.UserID, Name: "alice", RealName: "Alice", Email: sandbox.UserEmail}},
		Channels: []slacktest.Channel{{ID: sandbox.ChannelID, Name: "general", BotIsMember: true}},
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	if err := s.InstallGuide(); err != nil {
		b.Fatal(err)
	}
	for i := range actions {
		definition := fmt.Sprintf(`{"identifier":"action_%d","title":"Action %d","description":%q,
			"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"input":{"type":"string"}},"required":[]}},
			"invocationMethod":{"type":"KAFKA","payload":{"text":%q}}}`, i, i, strings.Repeat("what it does ", 40), strings.Repeat("payload ", 300))
		if err := s.Port.PutAction(json.RawMessage(definition)); err != nil {
			b.Fatal(err)
		}
	}
	return &environment{s, b.TempDir()}
}

// measureOpen measures from a command to its view.
func (e *environment) measureOpen(b *testing.B, command string) time.Duration {
	p := e.Slack.Person(sandbox.UserID)
	begun := time.Now()
	if _, err := p.SlashCommand(b.Context(), sandbox.ChannelID, command); err != nil {
		b.Fatal(err)
	}
	m, err := p.WaitModal(b.Context(), func(m *slacktest.Modal) bool { return m.Title() != "Loading" })
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(begun)
	if err := m.Dismiss(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// measureTypeAhead measures from a text that is typed to its options.
func (e *environment) measureTypeAhead(b *testing.B, text string) time.Duration {
	p := e.Slack.Person(sandbox.UserID)
	if _, err := p.SlashCommand(b.Context(), sandbox.ChannelID, "/run"); err != nil {
		b.Fatal(err)
	}
	m, err := p.WaitTopModal(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	if options, err := m.SearchOptions(b.Context(), "Action", text); err != nil || len(options) == 0 {
		b.Fatalf("%q finds %v, %v", text, options, err)
	}
	took := time.Since(begun)
	if err := m.Dismiss(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}
