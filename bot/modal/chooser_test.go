package modal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/bot/slacktext"
)

// FuzzChooser checks that each choice fits a view, and that what it begins with is read back.
func FuzzChooser(f *testing.F) {
	for _, text := range []string{"", "disk full", strings.Repeat("a", 5000), strings.Repeat("\"\n", 3000), strings.Repeat("😀<&>", 2000), strings.Repeat("\u2028\x01", 2000), "\xff"} {
		f.Add(text, "restart", "https://acme.slack.com/archives/C1/p1")
		f.Add("short", text, text)
	}
	f.Fuzz(func(t *testing.T, text, query, link string) {
		text, query, link = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(query, "?"), strings.ToValidUTF8(link, "?")
		c := Chooser{Channel: "C1", Direct: true, Query: query, Text: text, Link: link}
		metadata := c.Render().PrivateMetadata
		if utf8.RuneCountInString(metadata) > maxMetadata {
			t.Fatalf("%d characters", utf8.RuneCountInString(metadata))
		}
		got, err := DecodeChooser(metadata)
		if err != nil {
			t.Fatal(err)
		}
		if kept := strings.TrimSuffix(got.Text, "…"); !strings.HasPrefix(slacktext.Clean(text), kept) && kept != text {
			t.Errorf("%q became %q", text, got.Text)
		}
		if slacktext.Length(link) < 500 && len(metadata) > 2 && got.Link != link {
			t.Errorf("the link %q became %q", link, got.Link)
		}
	})
}

func TestDecodeChooser_Invalid(t *testing.T) {
	for _, metadata := range []string{"", "{", "[]", `{"c":7}`, strings.Repeat(" ", 20_000) + "{}"} {
		if c, err := DecodeChooser(metadata); err == nil {
			t.Errorf("%.20q is %+v", metadata, c)
		}
	}
}

func TestChosenAction(t *testing.T) {
	state := &slack.ViewState{Values: map[string]map[string]slack.BlockAction{chooserField: {chooserField: {SelectedOption: slack.OptionBlockObject{Value: "a"}}}}}
	for _, c := range []struct {
		state   *slack.ViewState
		actions []*slack.BlockAction
		want    string
	}{
		{nil, nil, ""},
		{state, nil, "a"},
		{state, []*slack.BlockAction{{ActionID: "other", Value: "b"}}, "a"},
		{nil, []*slack.BlockAction{{ActionID: chooserField, SelectedOption: slack.OptionBlockObject{Value: "b"}}}, "b"},
		{state, []*slack.BlockAction{{ActionID: chooserField, SelectedOption: slack.OptionBlockObject{Value: "b"}}}, "b"},
	} {
		if got := ChosenAction(slack.View{State: c.state}, c.actions); got != c.want {
			t.Errorf("%+v, %+v: %q", c.state, c.actions, got)
		}
	}
}

func TestActionValue(t *testing.T) {
	long := strings.Repeat("x", maxOptionValue)
	if v := ActionValue(long); v != long {
		t.Errorf("%q", v)
	}
	if a, b := ActionValue(long+"a"), ActionValue(long+"b"); a == b || len(a) > maxOptionValue || a[0] != '#' {
		t.Errorf("%q, %q", a, b)
	}
}
