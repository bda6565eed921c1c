package message

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/bot/request"
)

var renderer = Renderer{AnnounceChannel: "C0ALL", PortAppURL: "https://app.port.io"}

func publicInput() Input {
	return Input{
		Title: "Create incident", Reporter: "U1", Channel: "C1", RunID: "r_1", Rejected: map[string]string{},
		Properties: map[string]any{"name": "API is slow", "severity": "Major", "visibility": "public"},
		Outcome: request.Outcome{Status: request.Success, Incident: &request.Incident{
			Name: "API is slow", Reference: "INC-7", Permalink: "https://app.incident.io/acme/incidents/01H",
			Severity: "Major", Visibility: "public", Channel: "C0INC",
		}},
	}
}

func deliveryKeys(ds []Delivery) (out []string) {
	for _, d := range ds {
		out = append(out, d.Key+">"+d.To)
	}
	return out
}

func TestFinal_Recipients(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Input)
		want []string
	}{
		{"a public incident: its channel and the announcements", func(*Input) {}, []string{"channel>C1", "announce>C0ALL"}},
		{"typed in the channel of announcements: once", func(f *Input) { f.Channel = "C0ALL" }, []string{"channel>C0ALL"}},
		{"private by the response", func(f *Input) { f.Outcome.Incident.Visibility = "private" }, []string{"reporter>U1"}},
		{"an unknown visibility is private", func(f *Input) { f.Outcome.Incident.Visibility = "team" }, []string{"reporter>U1"}},
		{"private by the form, and the response does not say", func(f *Input) {
			f.Outcome.Incident.Visibility = ""
			f.Properties["visibility"] = "private"
		}, []string{"reporter>U1"}},
		{"the response is public though the form said private", func(f *Input) { f.Properties["visibility"] = "private" }, []string{"channel>C1", "announce>C0ALL"}},
		{"failed", func(f *Input) { f.Outcome = request.Outcome{Status: request.Failure} }, []string{"reporter>U1"}},
		{"the bot is not in the channel", func(f *Input) { f.Rejected[request.ToChannel] = "not_in_channel" }, []string{"channel>C1", "announce>C0ALL", "fallback.channel>U1"}},
		{"no channel is known", func(f *Input) { f.Channel = "" }, []string{"reporter>U1", "announce>C0ALL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := publicInput()
			c.edit(&f)
			if diff := cmp.Diff(c.want, deliveryKeys(renderer.Final(f))); diff != "" {
				t.Errorf("deliveries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFinal_IncidentMessage(t *testing.T) {
	m := renderer.Final(publicInput())[0].Message
	blocks, _ := json.Marshal(m.Blocks)
	for _, want := range []string{"https://app.incident.io/acme/incidents/01H", "API is slow", "Major", "@U1", "INC-7"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text lacks %q: %s", want, m.Text)
		}
		if !strings.Contains(string(blocks), want) {
			t.Errorf("the blocks lack %q: %s", want, blocks)
		}
	}
	if !strings.Contains(string(blocks), "#C0INC") {
		t.Errorf("the blocks lack the incident's channel: %s", blocks)
	}
}

func TestFinal_EscapesNames(t *testing.T) {
	f := publicInput()
	f.Outcome.Incident.Name = "<!channel> & <@U9>\nsecond line"
	m := renderer.Final(f)[0].Message
	if strings.Contains(m.Text, "<!channel>") || strings.Contains(m.Text, "<@U9>") || strings.Contains(m.Text, "\n") {
		t.Errorf("the name was not escaped: %s", m.Text)
	}
	f.Outcome.Incident.Permalink = "javascript:alert(1)"
	if link := ParseIncident(json.RawMessage(`{"incident":{"permalink":"javascript:alert(1)"}}`)).Permalink; link != "" {
		t.Errorf("kept the link %q", link)
	}
}

func TestFinal_FailureReason(t *testing.T) {
	f := publicInput()
	f.Outcome = request.Outcome{Status: request.Failure, Reason: ErrorText(json.RawMessage(
		`{"type":"validation_error","status":422,"errors":[{"code":"is_required","message":"A severity is required","source":{"field":"severity_id"}}]}`))}
	text := renderer.Final(f)[0].Message.Text
	if !strings.Contains(text, "A severity is required (severity_id)") || !strings.Contains(text, "runId=r_1") {
		t.Errorf("the failure lacks the reason or the run: %s", text)
	}
}

func TestFinal_SectionLimit(t *testing.T) {
	f := publicInput()
	f.Title = strings.Repeat("&", 5000)
	f.Outcome = request.Outcome{Status: request.Failure, Reason: strings.Repeat("<&>ü", 5000)}
	for _, b := range renderer.Final(f)[0].Message.Blocks {
		s, ok := b.(*slack.SectionBlock)
		if !ok {
			t.Fatalf("a %T", b)
		}
		if n := utf8.RuneCountInString(s.Text.Text); n > maxSectionText {
			t.Errorf("a section of %d characters", n)
		}
		if i := strings.LastIndexByte(s.Text.Text, '&'); i >= 0 && !strings.Contains(s.Text.Text[i:], ";") {
			t.Errorf("an escape was cut: …%s", s.Text.Text[i:])
		}
	}
}

func TestFinal_DistinctTexts(t *testing.T) {
	seen := map[string]string{}
	for _, status := range []string{request.Failure, request.Declined, request.Cancelled, request.Rejected, request.NoEmail, request.Unknown} {
		f := publicInput()
		f.Outcome = request.Outcome{Status: status}
		text := renderer.Final(f)[0].Message.Text
		if other, twice := seen[text]; twice {
			t.Errorf("%s and %s read the same: %s", status, other, text)
		}
		seen[text] = status
	}
}

func TestFinal_ActionWithoutIncident(t *testing.T) {
	f := publicInput()
	f.Outcome = request.Outcome{Status: request.Success, Links: []string{"https://ci.example/1", "ftp://x"}}
	text := renderer.Final(f)[0].Message.Text
	if !strings.Contains(text, "succeeded") || !strings.Contains(text, "https://ci.example/1") || strings.Contains(text, "ftp://") {
		t.Errorf("got %s", text)
	}
}

func FuzzParseIncident(f *testing.F) {
	f.Add([]byte(`{"incident":{"id":"1","name":"n","severity":{"name":"x"},"permalink":"https://a/b"}}`))
	f.Add([]byte(`{"errors":[{"message":"m","source":{"field":"f"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ParseIncident(data)
		if n := utf8.RuneCountInString(ErrorText(data)); n > maxReason {
			t.Errorf("a complaint of %d characters", n)
		}
	})
}
