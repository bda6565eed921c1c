package card

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

var room = Room{Announce: "C0ALL", PortApp: "https://app.port.io"}

func public() Facts {
	return Facts{
		Title: "Create incident", Reporter: "U1", Channel: "C1", RunID: "r_1", Refused: map[string]string{},
		Properties: map[string]any{"name": "API is slow", "severity": "Major", "visibility": "public"},
		Outcome: Outcome{Status: Success, Incident: &Incident{
			Name: "API is slow", Reference: "INC-7", Permalink: "https://app.incident.io/acme/incidents/01H",
			Severity: "Major", Visibility: "public", Channel: "C0INC",
		}},
	}
}

func keys(ds []Delivery) (out []string) {
	for _, d := range ds {
		out = append(out, d.Key+">"+d.To)
	}
	return out
}

func TestWhoHears(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Facts)
		want []string
	}{
		{"a public incident: its channel and the announcements", func(*Facts) {}, []string{"channel>C1", "announce>C0ALL"}},
		{"typed in the channel of announcements: once", func(f *Facts) { f.Channel = "C0ALL" }, []string{"channel>C0ALL"}},
		{"private by the response", func(f *Facts) { f.Outcome.Incident.Visibility = "private" }, []string{"reporter>U1"}},
		{"an unknown visibility is private", func(f *Facts) { f.Outcome.Incident.Visibility = "team" }, []string{"reporter>U1"}},
		{"private by the form, and the response does not say", func(f *Facts) {
			f.Outcome.Incident.Visibility = ""
			f.Properties["visibility"] = "private"
		}, []string{"reporter>U1"}},
		{"the response is public though the form said private", func(f *Facts) { f.Properties["visibility"] = "private" }, []string{"channel>C1", "announce>C0ALL"}},
		{"failed", func(f *Facts) { f.Outcome = Outcome{Status: Failure} }, []string{"reporter>U1"}},
		{"the bot is not in the channel", func(f *Facts) { f.Refused[ToChannel] = "not_in_channel" }, []string{"channel>C1", "announce>C0ALL", "instead.channel>U1"}},
		{"no channel is known", func(f *Facts) { f.Channel = "" }, []string{"reporter>U1", "announce>C0ALL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := public()
			c.edit(&f)
			if diff := cmp.Diff(c.want, keys(room.End(f))); diff != "" {
				t.Errorf("deliveries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSuccessSaysAllOfIt(t *testing.T) {
	m := room.End(public())[0].Message
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

func TestWordsOfOthersAreHarmless(t *testing.T) {
	f := public()
	f.Outcome.Incident.Name = "<!channel> & <@U9>\nsecond line"
	m := room.End(f)[0].Message
	if strings.Contains(m.Text, "<!channel>") || strings.Contains(m.Text, "<@U9>") || strings.Contains(m.Text, "\n") {
		t.Errorf("the name was not escaped: %s", m.Text)
	}
	f.Outcome.Incident.Permalink = "javascript:alert(1)"
	if link := Read(json.RawMessage(`{"incident":{"permalink":"javascript:alert(1)"}}`)).Permalink; link != "" {
		t.Errorf("kept the link %q", link)
	}
}

func TestFailureTellsTheReason(t *testing.T) {
	f := public()
	f.Outcome = Outcome{Status: Failure, Reason: Complaint(json.RawMessage(
		`{"type":"validation_error","status":422,"errors":[{"code":"is_required","message":"A severity is required","source":{"field":"severity_id"}}]}`))}
	text := room.End(f)[0].Message.Text
	if !strings.Contains(text, "A severity is required (severity_id)") || !strings.Contains(text, "runId=r_1") {
		t.Errorf("the failure lacks the reason or the run: %s", text)
	}
}

func TestNoSectionIsTooLong(t *testing.T) {
	f := public()
	f.Title = strings.Repeat("&", 5000)
	f.Outcome = Outcome{Status: Failure, Reason: strings.Repeat("<&>ü", 5000)}
	for _, b := range room.End(f)[0].Message.Blocks {
		s, ok := b.(*slack.SectionBlock)
		if !ok {
			t.Fatalf("a %T", b)
		}
		if n := utf8.RuneCountInString(s.Text.Text); n > maxSection {
			t.Errorf("a section of %d characters", n)
		}
		if i := strings.LastIndexByte(s.Text.Text, '&'); i >= 0 && !strings.Contains(s.Text.Text[i:], ";") {
			t.Errorf("an escape was cut: …%s", s.Text.Text[i:])
		}
	}
}

func TestEachEndHasItsWords(t *testing.T) {
	seen := map[string]string{}
	for _, status := range []string{Failure, Declined, Cancelled, Refused, NoEmail, Lost} {
		f := public()
		f.Outcome = Outcome{Status: status}
		text := room.End(f)[0].Message.Text
		if other, twice := seen[text]; twice {
			t.Errorf("%s and %s read the same: %s", status, other, text)
		}
		seen[text] = status
	}
}

func TestAnActionWithoutIncident(t *testing.T) {
	f := public()
	f.Outcome = Outcome{Status: Success, Links: []string{"https://ci.example/1", "ftp://x"}}
	text := room.End(f)[0].Message.Text
	if !strings.Contains(text, "succeeded") || !strings.Contains(text, "https://ci.example/1") || strings.Contains(text, "ftp://") {
		t.Errorf("got %s", text)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"incident":{"id":"1","name":"n","severity":{"name":"x"},"permalink":"https://a/b"}}`))
	f.Add([]byte(`{"errors":[{"message":"m","source":{"field":"f"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		Read(data)
		if n := utf8.RuneCountInString(Complaint(data)); n > maxReason {
			t.Errorf("a complaint of %d characters", n)
		}
	})
}
