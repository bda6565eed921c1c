package message

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

const permalink = "https://app.incident.io/acme/incidents/01H"

var renderer = Renderer{AnnounceChannel: "C0ALL", PortAppURL: "https://app.port.io"}

func publicInput() Input {
	submitted := time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC)
	return Input{
		Title: "Create incident", Reporter: "U0ALICE", Channel: "C0GENERAL", RunID: "r_1", CreatedAt: submitted, Rejected: map[string]string{},
		Properties: map[string]any{"name": "API is slow", "severity": "Major", "visibility": "public"},
		Outcome: request.Outcome{
			Status: request.Success, EndedAt: submitted.Add(42 * time.Second),
			Incident: &request.Incident{
				Name: "API is slow", Reference: "INC-7", Permalink: permalink,
				Severity: "Major", Status: "Investigating", Visibility: "public", Channel: "C0INC",
			},
		},
	}
}

func TestFinal_Recipients(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Input)
		want []string
	}{
		{"public: the channel and the announcements", func(*Input) {}, []string{"channel>C0GENERAL", "announce>C0ALL"}},
		{"command in the announcement channel: once", func(in *Input) { in.Channel = "C0ALL" }, []string{"channel>C0ALL"}},
		{"private by the response", func(in *Input) { in.Outcome.Incident.Visibility = "private" }, []string{"reporter>U0ALICE"}},
		{"an unknown visibility is private", func(in *Input) { in.Outcome.Incident.Visibility = "team" }, []string{"reporter>U0ALICE"}},
		{"private by the form, not in the response", func(in *Input) {
			in.Outcome.Incident.Visibility = ""
			in.Properties["visibility"] = "private"
		}, []string{"reporter>U0ALICE"}},
		{"public by the response, private by the form", func(in *Input) { in.Properties["visibility"] = "private" }, []string{"channel>C0GENERAL", "announce>C0ALL"}},
		{"failed", func(in *Input) { in.Outcome = request.Outcome{Status: request.Failure} }, []string{"reporter>U0ALICE"}},
		{"not in the channel", func(in *Input) { in.Rejected[request.ToChannel] = "not_in_channel" },
			[]string{"channel>C0GENERAL", "announce>C0ALL", request.FallbackPrefix + "channel>U0ALICE"}},
		{"blocks that Slack rejects, in a channel", func(in *Input) { in.Rejected[request.ToAnnounce] = "invalid_blocks" },
			[]string{"channel>C0GENERAL", "announce>C0ALL", request.FallbackPrefix + "announce>U0ALICE"}},
		{"blocks that Slack rejects, for the reporter", func(in *Input) {
			in.Channel, in.Rejected[request.ToReporter] = "", "invalid_blocks"
		}, []string{"reporter>U0ALICE", "announce>C0ALL", request.FallbackPrefix + "reporter>U0ALICE"}},
		{"the reporter cannot get messages", func(in *Input) {
			in.Channel, in.Rejected[request.ToReporter] = "", "messages_tab_disabled"
		}, []string{"reporter>U0ALICE", "announce>C0ALL"}},
		{"no channel", func(in *Input) { in.Channel = "" }, []string{"reporter>U0ALICE", "announce>C0ALL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := publicInput()
			c.edit(&in)
			var got []string
			for _, d := range renderer.Final(in) {
				got = append(got, d.Key+">"+d.To)
				if d.Required != (d.To == in.Reporter) {
					t.Errorf("%s: required is %v", d.Key, d.Required)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("deliveries (-want +got):\n%s", diff)
			}
		})
	}
}

// Programs that read the channel find permalink, name, severity and reporter in the text; people
// see them in the blocks.
func TestFinal_IncidentMessage(t *testing.T) {
	m := renderer.Final(publicInput())[0].Message
	blocks := encodeBlocks(t, m)
	for _, want := range []string{permalink, "API is slow", "Major", "<@U0ALICE>", "INC-7"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text has no %q: %s", want, m.Text)
		}
		if !strings.Contains(blocks, want) {
			t.Errorf("the blocks have no %q: %s", want, blocks)
		}
	}
	if !strings.Contains(blocks, "<#C0INC>") || strings.Contains(blocks, "runId") {
		t.Errorf("want the incident's channel and no link to the run: %s", blocks)
	}
}

func TestFinal_RunLinkForReporterOnly(t *testing.T) {
	in := publicInput()
	in.Rejected[request.ToChannel] = "is_archived"
	for _, d := range renderer.Final(in) {
		if got := strings.Contains(encodeBlocks(t, d.Message), "runId=r_1"); got != (d.To == in.Reporter) {
			t.Errorf("%s has a link to the run: %v", d.Key, got)
		}
	}
}

func TestFinal_EscapesNames(t *testing.T) {
	in := publicInput()
	in.Outcome.Incident.Name = "<!channel> & <@U9>\nsecond line"
	m := renderer.Final(in)[0].Message
	if strings.Contains(m.Text, "<!channel>") || strings.Contains(m.Text, "<@U9>") || strings.Contains(m.Text, "\n") {
		t.Errorf("the name was not escaped: %s", m.Text)
	}
	incident := ParseIncident(json.RawMessage(`{"incident":{"permalink":"javascript:alert(1)","slack_channel_id":"<!here>"}}`))
	if incident.Permalink != "" || incident.Channel != "" {
		t.Errorf("kept %+v", incident)
	}
}

// Whatever the vendors answer, Slack accepts each message, and its text keeps the permalink.
func TestFinal_Limits(t *testing.T) {
	for _, s := range []string{strings.Repeat("&", 5000), strings.Repeat("<&>ü", 5000), strings.Repeat("𝕏\n", 5000), "", " ", "\n"} {
		link := "https://app.incident.io/" + strings.Repeat("x", maxURL-30)
		response, _ := json.Marshal(map[string]any{"incident": map[string]any{
			"name": s, "reference": s, "permalink": link, "summary": s, "visibility": "public", "slack_channel_id": "C0INC",
			"severity": map[string]any{"name": s}, "incident_status": map[string]any{"name": s},
		}})
		in := publicInput()
		in.Title, in.Outcome.Incident, in.Outcome.Reason = s, ParseIncident(response), s
		in.Rejected[request.ToChannel] = s
		for _, status := range outcomes {
			in.Outcome.Status = status
			for _, d := range renderer.Final(in) {
				checkMessage(t, d.Message)
				if status == request.Success && !strings.Contains(d.Message.Text, link) {
					t.Errorf("%s: the text lost the permalink: %s", d.Key, d.Message.Text)
				}
			}
		}
		checkMessage(t, Started(in))
		checkMessage(t, renderer.AwaitingApproval(in).Message)
		checkMessage(t, renderer.Delayed(in).Message)
	}
}

var outcomes = []string{
	request.Success, request.Failure, request.Declined, request.Cancelled, request.Rejected, request.NotStarted,
	request.NoEmail, request.Denied, request.Unknown,
}

// checkMessage checks a message against Slack's limits.
func checkMessage(t *testing.T, m slackapp.Message) {
	t.Helper()
	if n := slacktext.Length(m.Text); n == 0 || n > maxText || !utf8.ValidString(m.Text) {
		t.Errorf("a text of %d units", n)
	}
	data, err := json.Marshal(map[string]any{"channel": "C1", "text": m.Text, "blocks": m.Blocks})
	if err != nil {
		t.Fatal(err)
	}
	if problems := slacktest.ValidateMessage(data); len(problems) > 0 {
		t.Errorf("Slack rejects the message: %v\n%s", problems, data)
	}
}

func encodeBlocks(t *testing.T, m slackapp.Message) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m.Blocks); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTruncateEscaped_KeepsEscapesAndLinksWhole(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"a&amp;b", 5, "a…"},
		{"a&amp;bcd", 8, "a&amp;b…"},
		{"see <https://example.com|here>", 20, "see …"},
		{"𝕏𝕏𝕏", 5, "𝕏𝕏…"},
	} {
		if got := slacktext.TruncateMrkdwn(c.text, c.n); got != c.want {
			t.Errorf("slacktext.TruncateMrkdwn(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func FuzzParseIncident(f *testing.F) {
	f.Add([]byte(`{"incident":{"id":"1","name":"n","severity":{"name":"x"},"incident_status":null,"permalink":"https://a/b"}}`))
	f.Add([]byte(`{"errors":[{"message":"m","source":{"field":"f"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ParseIncident(data)
		if n := utf8.RuneCountInString(ErrorText(data)); n > maxReason {
			t.Errorf("an error text of %d characters", n)
		}
	})
}
