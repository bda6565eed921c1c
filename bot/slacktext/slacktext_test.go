package slacktext

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

func TestReadMessage_Golden(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) == 0 {
		t.Fatal("no messages")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".golden.txt")
			if err != nil {
				t.Fatal(err)
			}
			m := ReadMessage(raw, nil)
			if diff := cmp.Diff(string(golden), "title: "+m.Title+"\n\n"+m.Text+"\n"); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMrkdwn_PlainText(t *testing.T) {
	known := names{"U1": "alice", "C1": "general"}
	for in, want := range map[string]string{
		"a &amp; b &lt;@U1&gt; &amp;amp;":                          "a & b <@U1> &amp;",
		"<@U1> <@U2|bob> <@U3>":                                    "@alice @bob @someone",
		"<#C1> <#C2|ops> <#C3|>":                                   "#general #ops #channel",
		"<!here> <!channel> <!everyone|everyone>":                  "@here @channel @everyone",
		"<!subteam^S1|@team> <!subteam^S2>":                        "@team @group",
		"<!date^1764115000^{time}|noon> <!date^1764115000^{time}>": "noon 2025-11-25 23:56 UTC",
		"<https://a.example/?x=1&amp;y=2|here>":                    "here (https://a.example/?x=1&y=2)",
		"<https://a.example|a.example> <https://b.example>":        "https://a.example https://b.example",
		"<mailto:a@b.example|a@b.example> <tel:123|call>":          "a@b.example call (123)",
		":fire: 1 < 2 *bold* ~gone~ 2*3*4 snake_case _it_ *a* *b* __init__ `*c*` *<https://a.example/_x_|l>*": ":fire: 1 < 2 bold gone 2*3*4 snake_case it a b __init__ `*c*` l (https://a.example/_x_)",
	} {
		if got := known.mrkdwn(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestTruncate_Limits(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"😀😀", 4, "😀😀"}, {"😀😀", 3, "😀…"}, {"😀😀", 2, "…"}, {"abc", 0, ""},
		{"ab\u0301cd", 3, "a…"}, {"👩\u200d👩\u200d👧x", 6, "…"},
	} {
		if got := Truncate(c.in, c.n); got != c.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
	if got := TruncateMrkdwn("see <https://a.example|x>", 12); got != "see …" {
		t.Errorf("cut a link: %q", got)
	}
	if got := Clean("a\u202eb\u0085c\x00d\u200be\r\nf\u009b"); got != "ab\ncde\nf" {
		t.Errorf("cleaned to %q", got)
	}
}

func FuzzReadMessage(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"text":5,"attachments":{"title":["x"]},"blocks":"no","files":[7]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := ReadMessage(json.RawMessage(raw), nil)
		if Clean(m.Text) != m.Text || strings.Contains(m.Title, "\n") || !utf8.ValidString(m.Text) {
			t.Errorf("title %q, text %q", m.Title, m.Text)
		}
	})
}

func FuzzTruncate(f *testing.F) {
	f.Add("a😀<b|c>&amp;", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n = n & 0xfff; Length(Truncate(s, n)) > n || Length(TruncateMrkdwn(s, n+1)) > n+1 {
			t.Errorf("longer than %d", n)
		}
	})
}

// TestText_Render shows both forms of a text: mrkdwn, and rich text where mrkdwn would format what people wrote.
func TestText_Render(t *testing.T) {
	at := time.Unix(1764115000, 0)
	for _, c := range []struct {
		text Text
		want string // of the block
	}{
		{Format(":x: *%s* failed.", "Deploy & <go>"), "section :x: *Deploy &amp; &lt;go&gt;* failed."},
		{Format("*%s* by %s in %s", "a", User("U1"), Channel("C1")), "section *a* by <@U1> in <#C1>"},
		{Format("%s", Link("https://a.example/?x=1", "a\n<b>")), "section <https://a.example/?x=1|a &lt;b&gt;>"},
		{Format("by %s in %s", User("U1> <!here"), Channel("")), "section by U1&gt; &lt;!here in "},
		{JoinLines("first", "", Quote("a\nb"), "last"), "section first\n>a\n>b\nlast"},
		{JoinLines("first", Quote("a_b_\n> c"), Format("at %s", Date(at, "{time}"))), "[first][quote a_b_\n> c][at date:1764115000{time}2025-11-25 23:56 UTC]"},
		{Format(":x: *%s* failed, see `%s`.\n%s", "a *b* c", "/x", Link("https://a.example", "l")),
			"[:x: bold(a *b* c) failed, see code(/x).\nlink(https://a.example l)]"},
		{Format("*%s* by %s in %s", ":x:", User("U1"), Channel("C1")), "[bold(:x:) by @U1 in #C1]"},
		{Literal("> no quote"), "[> no quote]"},
		{Literal("10:30, a > b"), "section 10:30, a &gt; b"},
		{Format("%s", "\ufdd1*b*\ufdd0"), "[*b*]"},
		{Literal(strings.Repeat("<", 2000)), "[" + strings.Repeat("<", 2000) + "]"},
	} {
		if got := describeBlock(c.text.Block()); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func describeBlock(block slack.Block) string {
	if section, ok := block.(*slack.SectionBlock); ok {
		return "section " + section.Text.Text
	}
	var b strings.Builder
	for _, part := range block.(*slack.RichTextBlock).Elements {
		elements, kind := []slack.RichTextSectionElement(nil), ""
		switch part := part.(type) {
		case *slack.RichTextSection:
			elements = part.Elements
		case *slack.RichTextQuote:
			elements, kind = part.Elements, "quote "
		}
		b.WriteString("[" + kind)
		for _, e := range elements {
			b.WriteString(describeElement(e))
		}
		b.WriteString("]")
	}
	return b.String()
}

func describeElement(e slack.RichTextSectionElement) string {
	switch e := e.(type) {
	case *slack.RichTextSectionTextElement:
		switch {
		case e.Style == nil:
			return e.Text
		case e.Style.Code:
			return "code(" + e.Text + ")"
		}
		return "bold(" + e.Text + ")"
	case *slack.RichTextSectionEmojiElement:
		return ":" + e.Name + ":"
	case *slack.RichTextSectionUserElement:
		return "@" + e.UserID
	case *slack.RichTextSectionChannelElement:
		return "#" + e.ChannelID
	case *slack.RichTextSectionLinkElement:
		return "link(" + e.URL + " " + e.Text + ")"
	case *slack.RichTextSectionDateElement:
		return fmt.Sprintf("date:%d%s%s", e.Timestamp, e.Format, *e.Fallback)
	}
	return fmt.Sprintf("%T", e)
}

func TestClean_Characters(t *testing.T) {
	const flag = "🏴\U000e0067\U000e0062\U000e007f"
	for in, want := range map[string]string{
		"e" + strings.Repeat("\u0301", 50):  "e" + strings.Repeat("\u0301", maxMarks),
		"\U000e0068\U000e0069 " + flag:      " " + flag,
		"a\ufdd0b\ufdefc\ufffed\U0001ffffe": "abcde",
		"क्षि नमस्ते Tiếng Việt":            "क्षि नमस्ते Tiếng Việt",
		"a\u200cb\u200dc\ufe0fd":            "a\u200cb\u200dc\ufe0fd",
		"so\u00adft \u2063x":                "soft x",
	} {
		if got := Clean(in); got != want || Clean(got) != got {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]bool{"": true, " \n\u3000": true, "\u200d\u200c": true, "\u3164\u2800": true, "\u202e": true, "x": false, "👍": false, "\u0301": true} {
		if IsBlank(in) != want {
			t.Errorf("%q is blank: %v", in, !want)
		}
	}
}

// TestReadMessage_Title finds what a message is about.
func TestReadMessage_Title(t *testing.T) {
	for message, want := range map[string]string{
		`{"attachments":[{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"*<https://pd.example/1|#123: CPU high>*\nTriggered"}}]}]}`: "#123: CPU high",
		`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":":red_circle: <https://s.example/1|*TypeError*> in web :fire:"}}]}`:         "TypeError in web :fire:",
		`{"text":"see <https://a.example|this> now","attachments":[{"from_url":"https://a.example","title":"Some page","text":"x"}]}`:            "see this now",
		`{"text":"<https://am.example|[FIRING:1] CPU>","attachments":[{"title":"[FIRING:1] CPU (web)","text":"x"}]}`:                             "[FIRING:1] CPU (web)",
		`{"text":"<https://a.example/x_(y)>"}`:                                "https://a.example/x_(y)",
		`{"files":[{"title":"graph.png","permalink":"https://f.example/1"}]}`: "graph.png",
		`{"text":":fire:"}`:                            ":fire:",
		`{"text":"10:30:15 CPU"}`:                      "10:30:15 CPU",
		`{"text":"what (see https://a.example) next"}`: "what (see https://a.example) next",
	} {
		if got := ReadMessage(json.RawMessage(message), nil).Title; got != want {
			t.Errorf("%s has the title %q, want %q", message, got, want)
		}
	}
}
