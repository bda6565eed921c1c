package message

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

var update = flag.Bool("update", false, "write testdata/messages.golden.txt")

// TestMessages_Golden renders every message into one file, for a reader who reviews the wording.
func TestMessages_Golden(t *testing.T) {
	const file = "testdata/messages.golden.txt"
	var b strings.Builder
	b.WriteString("All messages about a run, as package message renders them.\n" +
		"\"text\" is the notification and what programs read; below it are the blocks that people see.\n")
	for _, c := range goldenCases() {
		checkMessage(t, c.message)
		fmt.Fprintf(&b, "\n== %s\ntext     %s\n", c.name, indent(c.message.Text))
		for _, block := range c.message.Blocks {
			b.WriteString(describeBlock(t, block))
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got); -update writes it:\n%s", file, diff)
	}
}

type goldenCase struct {
	name    string
	message slackapp.Message
}

func goldenCases() []goldenCase {
	final := func(edit func(*Input)) slackapp.Message {
		in := publicInput()
		edit(&in)
		all := renderer.Final(in)
		return all[len(all)-1].Message
	}
	input := func(edit func(*Input)) Input {
		in := publicInput()
		in.Outcome = request.Outcome{}
		edit(&in)
		return in
	}
	failure := func(status, reason string) slackapp.Message {
		return final(func(in *Input) { in.Outcome = request.Outcome{Status: status, Reason: reason} })
	}
	rejected := func(code string) slackapp.Message {
		return final(func(in *Input) { in.Rejected[request.ToChannel] = code })
	}
	unchanged := func(*Input) {}
	return []goldenCase{
		{"accepted", Started(input(unchanged))},
		{"accepted, in a channel where the bot is not", StartedDirect(input(unchanged))},
		{"accepted, private", Started(input(func(in *Input) { in.Properties["visibility"] = "private" }))},
		{"incident declared", final(func(in *Input) { in.Outcome.Incident.Channel = "" })},
		{"incident declared, with its channel and a summary", final(func(in *Input) {
			in.Outcome.Incident.Summary = "p99 is 4 s.\n\nCheckout fails for <some> customers.\nStarted at 14:55.\nA fourth line."
		})},
		{"incident declared, private", final(func(in *Input) { in.Outcome.Incident.Visibility = "private" })},
		{"incident declared, without severity, status and permalink", final(func(in *Input) {
			in.Properties["severity"] = nil
			in.Outcome.Incident = &request.Incident{Name: "API is slow", Visibility: "public"}
		})},
		{"incident with its level and lead", final(func(in *Input) { in.Outcome.Incident.Level, in.Outcome.Incident.LeadUser = 1, "U0BOB" })},
		{"incident with a lead who is not in Slack", final(func(in *Input) { in.Outcome.Incident.Level, in.Outcome.Incident.Lead = 2, "Bo *B*" })},
		{"incident closed", final(func(in *Input) {
			in.Outcome.Incident.Level, in.Outcome.Incident.Status, in.Outcome.Incident.Category = 3, "Closed", "closed"
			in.Outcome.Incident.EndedAfter = 72*time.Minute + 5*time.Second
		})},
		{"incident closed, for the reporter of a private one", final(func(in *Input) {
			in.Outcome.Incident.Level, in.Outcome.Incident.Status, in.Outcome.Incident.Category = 4, "Merged", "merged"
			in.Outcome.Incident.Visibility, in.Outcome.Incident.EndedAfter = "private", 26*time.Hour
		})},
		{"incident that became private", final(func(in *Input) { in.Hidden = true })},
		{"incident that became private, for the reporter", final(func(in *Input) { in.Hidden, in.Channel, in.Rejected[request.ToAnnounce] = true, "", "is_archived" })},
		{"severity raised to the highest level", renderer.Escalation(publicInput(), Delivery{}, "1.1").Message},
		{"incident declared, names with marks", final(func(in *Input) {
			in.Outcome.Incident.Name, in.Outcome.Incident.Severity = "*API* is `slow` :x: @here <!here>", "~Major~"
			in.Outcome.Incident.Summary = "> see _https://example.com_"
		})},
		{"incident declared, the bot is not in the channel", rejected("not_in_channel")},
		{"incident declared, the channel is archived", rejected("is_archived")},
		{"incident declared, the bot does not see the channel", rejected("channel_not_found")},
		{"incident declared in a group message", final(func(in *Input) { in.Direct, in.Rejected[request.ToChannel] = true, "channel_not_found" })},
		{"incident declared, the bot does not see the channel for announcements", final(func(in *Input) {
			in.Rejected[request.ToAnnounce] = "channel_not_found"
		})},
		{"incident declared, a scope is missing", rejected("missing_scope")},
		{"incident declared, posting is restricted", rejected("restricted_action_read_only_channel")},
		{"incident declared, an admin restricts the app", rejected("app_access_restricted")},
		{"incident declared, any other error of Slack", rejected("unexpected_code")},
		{"action succeeded", final(func(in *Input) {
			in.Title, in.Entity = "Deploy service", "checkout"
			in.Outcome.Incident, in.Outcome.Summary = nil, "Deployed version 1.4 to 12 hosts."
			in.Outcome.Links = []string{"https://ci.example.com/1", "ftp://example.com"}
		})},
		{"action succeeded, for an entity that Port shows", final(func(in *Input) {
			in.Title, in.Entity = "Restart a service", "checkout"
			in.Outcome.Incident, in.Outcome.Summary = nil, "3 pods restarted"
			in.Outcome.Entity = &request.Entity{Blueprint: "service", Identifier: "checkout", Title: "*Checkout* & co"}
		})},
		{"action succeeded, with an entity that it created", final(func(in *Input) {
			in.Title = "Create a service"
			in.Outcome.Incident = nil
			in.Outcome.Entity = &request.Entity{Blueprint: "service", Identifier: "new one", Title: "New one"}
		})},
		{"failed, for an entity", final(func(in *Input) {
			in.Title, in.Entity = "Restart a service", "checkout"
			in.Outcome = request.Outcome{
				Status: request.Failure, Reason: "the pods did not start", Links: []string{"https://ci.example.com/1"},
				Entity: &request.Entity{Blueprint: "service", Identifier: "checkout", Title: "Checkout"},
			}
		})},
		{"abandoned before there was a run", final(func(in *Input) {
			in.RunID, in.Outcome = "", request.Outcome{Status: request.Abandoned, Reason: "Port was down for an hour: declare it in incident.io."}
		})},
		{"abandoned while the run was being created", final(func(in *Input) {
			in.RunID, in.Outcome = "", request.Outcome{Status: request.Abandoned, Reason: "It was a drill.", MayHaveRun: true}
		})},
		{"abandoned while it ran", final(func(in *Input) { in.Outcome = request.Outcome{Status: request.Abandoned, Reason: "It was a *drill*."} })},
		{"waits for approval", renderer.AwaitingApproval(input(unchanged)).Message},
		{"waits for approval, by two people", renderer.AwaitingApproval(input(func(in *Input) { in.Approvers = []string{"Bob Jones", "*Carol* <!here>"} })).Message},
		{"waits for approval, also by people without a name", renderer.AwaitingApproval(input(func(in *Input) { in.Approvers = []string{"", "Bob Jones", ""} })).Message},
		{"waits for approval, by twelve people", renderer.AwaitingApproval(input(func(in *Input) {
			for i := range 12 {
				in.Approvers = append(in.Approvers, fmt.Sprintf("Approver %d", i+1))
			}
		})).Message},
		{"still running", renderer.Delayed(input(unchanged)).Message},
		{"still running, with a status label", renderer.Delayed(input(func(in *Input) { in.StatusLabel = "Waiting for the pipeline" })).Message},
		{"not started yet", renderer.Delayed(input(func(in *Input) { in.RunID = "" })).Message},
		{"not started in time", failure(request.NotStarted, "Port or Slack could not be reached for an hour.")},
		{"rejected by Port", failure(request.Rejected, "\"severity\" must be one of \"Minor\", \"Major\"\n(trace 1234)")},
		{"failed", failure(request.Failure, ErrorText(json.RawMessage(
			`{"type":"validation_error","status":422,"errors":[{"code":"is_required","message":"A severity is required","source":{"field":"severity_id"}}]}`)))},
		{"failed, a custom field is required", final(func(in *Input) {
			response := json.RawMessage(`{"errors":[{"code":"is_required","message":"The custom field \"Affected team\" is required","source":{"field":"custom_field_entries"}}]}`)
			in.Outcome = request.Outcome{Status: request.Failure, Reason: ErrorText(response), Hint: MissingInput(response)}
		})},
		{"failed, with a log", final(func(in *Input) {
			in.Title = "Deploy service"
			in.Outcome = request.Outcome{Status: request.Failure, Reason: "exit status 1", Log: []string{"pulling image", "error: *quota* exceeded"}}
		})},
		{"failed without a reason", failure(request.Failure, "")},
		{"declined", failure(request.Declined, "Not during the freeze")},
		{"declined by a person", final(func(in *Input) {
			in.Outcome = request.Outcome{Status: request.Declined, DeclinedBy: "Bob Jones", Reason: "Not during the freeze"}
		})},
		{"cancelled", failure(request.Cancelled, "")},
		{"unknown result", failure(request.Unknown, "The run did not end within 14 days.")},
		{"no email address", failure(request.NoEmail, "Slack doesn't share it with this app. If you are a guest, ask a member to run it.")},
		{"not permitted", failure(request.Denied, "Only members of Acme can run it; your account belongs to another organization.")},
	}
}

// describeBlock is a block as a person reads it.
func describeBlock(t *testing.T, block slack.Block) string {
	t.Helper()
	var parts []string
	switch block := block.(type) {
	case *slack.SectionBlock:
		parts = append(parts, block.Text.Text)
	case *slack.RichTextBlock:
		for _, e := range block.Elements {
			switch e := e.(type) {
			case *slack.RichTextQuote:
				parts = append(parts, ">"+strings.ReplaceAll(describeElements(e.Elements), "\n", "\n>"))
			case *slack.RichTextSection:
				parts = append(parts, describeElements(e.Elements))
			}
		}
	case *slack.ContextBlock:
		for _, e := range block.ContextElements.Elements {
			parts = append(parts, e.(*slack.TextBlockObject).Text)
		}
	case *slack.ActionBlock:
		for _, e := range block.Elements.ElementSet {
			button := e.(*slack.ButtonBlockElement)
			style := ""
			if button.Style != "" {
				style = " (" + string(button.Style) + ")"
			}
			parts = append(parts, fmt.Sprintf("[%s]%s %s", button.Text.Text, style, button.URL))
		}
	default:
		t.Fatalf("unknown block %T", block)
	}
	return fmt.Sprintf("%-8s %s\n", strings.TrimSuffix(string(block.BlockType()), "_text"), indent(strings.Join(parts, "\n")))
}

func describeElements(elements []slack.RichTextSectionElement) string {
	var b strings.Builder
	for _, e := range elements {
		switch e := e.(type) {
		case *slack.RichTextSectionTextElement:
			switch {
			case e.Style == nil:
				b.WriteString(e.Text)
			case e.Style.Code:
				fmt.Fprintf(&b, "[code %s]", e.Text)
			default:
				fmt.Fprintf(&b, "[bold %s]", e.Text)
			}
		case *slack.RichTextSectionLinkElement:
			fmt.Fprintf(&b, "[link %s %s]", e.Text, e.URL)
		case *slack.RichTextSectionEmojiElement:
			b.WriteString(":" + e.Name + ":")
		case *slack.RichTextSectionUserElement:
			b.WriteString("<@" + e.UserID + ">")
		case *slack.RichTextSectionChannelElement:
			b.WriteString("<#" + e.ChannelID + ">")
		case *slack.RichTextSectionDateElement:
			b.WriteString(*e.Fallback)
		}
	}
	return b.String()
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n         ") }
