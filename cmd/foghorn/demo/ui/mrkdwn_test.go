package ui

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var testNames = names{
	user:    func(id string) string { return map[string]string{"U1": "Ada <Lovelace>"}[id] },
	channel: func(id string) string { return map[string]string{"C1": "ops"}[id] },
}

func TestRenderMrkdwn(t *testing.T) {
	const linkAttributes = ` target="_blank" rel="noopener noreferrer"`
	for _, c := range []struct{ name, text, want string }{
		{"styles", "*bold* _it_ ~gone~ `*code*`", "<strong>bold</strong> <em>it</em> <s>gone</s> <code>*code*</code>"},
		{"nested styles", "*_both_*", "<strong><em>both</em></strong>"},
		{"no styles within words", "2*3*4 snake_case_name a ~ b", "2*3*4 snake_case_name a ~ b"},
		{"a style that does not end", "*open", "*open"},
		{"entities", "a &lt;b&gt; &amp;amp; & \"", "a &lt;b&gt; &amp;amp; &amp; &#34;"},
		{"lines", "one\ntwo", "one<br>two"},
		{"quote", ">said\n>more\nno", "<blockquote>said<br>more</blockquote>no"},
		{"code block", "```a *b*\nc```", "<pre>a *b*\nc</pre>"},
		{"a code block that does not end", "a ``` b", "a ``` b"},
		{
			"references", "<@U1> <@U2|bob> <#C1> <!here> <!date^1^{date}|today>",
			`<span class="mention">@Ada &lt;Lovelace&gt;</span> <span class="mention">@bob</span> ` +
				`<span class="mention">#ops</span> <span class="mention">@here</span> today`,
		},
		{"link", "<https://a.b/?x=1&amp;y=2|A &amp; B>", `<a href="https://a.b/?x=1&amp;y=2"` + linkAttributes + `>A &amp; B</a>`},
		{"other schemes", "<javascript:alert(1)|click> <data:text/html,x>", "click data:text/html,x"},
		{
			"link to a run of Port", "<https://app.port.io/organization/run?runId=r_1|run>",
			`<a href="/?tab=port#r_1"` + linkAttributes + `>run</a>`,
		},
		{
			"link to an entity of Port", "<https://app.port.io/serviceEntity?identifier=a%2Fb|a/b>",
			`<a href="/port/entities/a%2Fb?blueprint=service"` + linkAttributes + `>a/b</a>`,
		},
		{
			"emoji", ":rotating_light: :no_such_emoji: 10:30:00",
			`<span role="img" aria-label="rotating light">🚨</span> :no_such_emoji: 10:30:00`,
		},
		{"element", "<script>alert(1)</script>", "scriptalert(1)/script"},
		{
			"attribute", "<https://a.b/\" onmouseover=\"x|y>",
			`<a href="https://a.b/&#34; onmouseover=&#34;x"` + linkAttributes + `>y</a>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(renderMrkdwn(testNames, c.text)); got != c.want {
				t.Errorf("%q\ngot  %s\nwant %s", c.text, got, c.want)
			}
		})
	}
}

// allowedAttributes are the elements that mrkdwn and rich text may become, with their attributes.
var allowedAttributes = map[string]string{
	"strong": "", "em": "", "s": "", "code": "", "pre": "", "br": "", "blockquote": "", "p": "", "ul": "", "ol": "", "li": "",
	"span": "class role aria-label", "a": "href target rel",
}

// expectSafeHTML fails on any HTML that is not allowed.
func expectSafeHTML(t *testing.T, text, rendered string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(rendered))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			token := tokens.Token()
			attributes, ok := allowedAttributes[token.Data]
			if !ok {
				t.Fatalf("%q becomes an element %s: %s", text, token.Data, rendered)
			}
			for _, a := range token.Attr {
				if !strings.Contains(" "+attributes+" ", " "+a.Key+" ") {
					t.Fatalf("%q becomes an attribute %s: %s", text, a.Key, rendered)
				}
				if a.Key == "href" && !isSafeLink(a.Val) {
					t.Fatalf("%q becomes a link to %s", text, a.Val)
				}
			}
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("%q becomes a comment: %s", text, rendered)
		}
	}
}

func isSafeLink(address string) bool {
	lower := strings.ToLower(address)
	return strings.HasPrefix(lower, "http:") || strings.HasPrefix(lower, "https:") || strings.HasPrefix(lower, "mailto:") ||
		strings.HasPrefix(address, "/?tab=port#")
}

func FuzzRenderMrkdwn(f *testing.F) {
	for _, seed := range []string{
		"*a* <b|c> ```x``` >q\n`y` :x: &lt;", "<https://a|<b>", "*_~`<@U1>`~_*", "<mailto:a@b|x>", "\xff<\x00>", "<!--",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		expectSafeHTML(t, text, string(renderMrkdwn(testNames, text)))
		expectSafeHTML(t, text, string(renderPlainText(text)))
	})
}

func FuzzRenderBlocks(f *testing.F) {
	for _, seed := range []string{
		`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":"<b>","style":{"bold":true}},{"type":"link","url":"javascript:x"}]}]}]`,
		`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","elements":[
			{"elements":[{"type":"emoji","name":"x\"y"}]}]}]}]`,
		`[{"type":"section","text":{"type":"mrkdwn","text":"<x>"},"fields":[1,{"text":"a"}],
			"accessory":{"type":"button","url":"javascript:x","text":{"text":"b"}}}]`,
		`[{"type":"image","image_url":"http://127.0.0.1/x.png","alt_text":"a"},
			{"type":"context","elements":[{"type":"image"},null,"x"]}]`,
		`[null, 1, {"type":"input","element":{"type":"checkboxes","options":[{"value":1}]}}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, b := range (blockRenderer{names: testNames}).renderBlocks([]byte(text)) {
			expectSafeHTML(t, text, string(b.Text))
			for _, e := range b.Elements {
				expectSafeHTML(t, text, string(e.Text))
				if e.URL != "" && !isWebURL(e.URL) && !strings.HasPrefix(e.URL, "/?tab=port#") {
					t.Fatalf("a button links to %s", e.URL)
				}
			}
		}
	})
}
