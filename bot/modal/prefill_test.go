package modal_test

import (
	"strconv"
	"strings"
	"testing"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
)

// TestPrefillMessage_Length fills a message of many lengths into fields of many lengths. The link stays whole where it
// fits; a link that is longer than the field is left out.
func TestPrefillMessage_Length(t *testing.T) {
	const link = "https://acme.slack.com/archives/C0GENERAL/p1764115200000100"
	length := len(link)
	for _, c := range []struct {
		maxLength int
		text      string
		want      string // "" to check the rules alone
	}{
		{200, "short", "short\n" + link},
		{200, strings.Repeat("a", 2980), strings.Repeat("a", 200-length-2) + "…\n" + link},
		{200, strings.Repeat("😀", 2980), ""},
		{3000, strings.Repeat("a", 2980), strings.Repeat("a", 3000-length-2) + "…\n" + link},
		{3000, strings.Repeat("a", 3000-length-1), strings.Repeat("a", 3000-length-1) + "\n" + link},
		{3000, strings.Repeat("&<>\"\\", 2000), ""},
		{3000, strings.Repeat("語", 5000), ""},
		{length + 3, "abcdef", "a…\n" + link},
		{length, "abcdef", link},
		{length - 1, "abcdef", "abcdef"},
		{10, strings.Repeat("b", 50), strings.Repeat("b", 9) + "…"},
		{10, "😀😀😀😀😀😀", "😀😀😀😀…"},
		{1, "ab", "…"},
		{200, "", link},
		{10, "", ""},
	} {
		f := compileForm(t, actionJSON(`{"properties":{"name":{"type":"string","maxLength":8},"description":{"type":"string","maxLength":`+strconv.Itoa(c.maxLength)+`}},"order":["name","description"]}`))
		values := modal.PrefillMessage(f, "A long title 😀", c.text, link)
		got, _ := values["description"].(string)
		if c.want != "" && got != c.want {
			t.Errorf("%d: got %q, want %q", c.maxLength, got, c.want)
		}
		if n := slacktext.Length(got); n > c.maxLength || c.maxLength > length+100 && !strings.HasSuffix(got, "\n"+link) && c.text != "" {
			t.Errorf("%d: %d units: …%q", c.maxLength, n, got[max(0, len(got)-80):])
		}
		if values["name"] != "A long …" {
			t.Errorf("the name is %q", values["name"])
		}
		renderPage(t, f.Resolve(t.Context(), form.EvalContext{}, values), modal.Page{})
	}
}

// TestPrefillMessage_LongLink leaves out a link that fits no field, and keeps the text.
func TestPrefillMessage_LongLink(t *testing.T) {
	f := compileForm(t, actionJSON(`{"properties":{"description":{"type":"string"}}}`))
	link := "https://acme.slack.com/" + strings.Repeat("x", 3000)
	if got := modal.PrefillMessage(f, "title", "text", link)["description"]; got != "text" {
		t.Errorf("got %.80q", got)
	}
}
