package slacktext

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
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
		"<@U1> <@U2|bob> <@U3>":                                    "@alice @bob @U3",
		"<#C1> <#C2|ops> <#C3|>":                                   "#general #ops #C3",
		"<!here> <!channel> <!everyone|everyone>":                  "@here @channel @everyone",
		"<!subteam^S1|@team> <!subteam^S2>":                        "@team @S2",
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
