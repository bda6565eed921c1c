package slacktext

import (
	"encoding/json"
	"strings"
	"testing"
)

type messageCase struct{ name, message, title, text string }

func checkMessages(t *testing.T, cases []messageCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for range 5 { // the order of maps is random
				m := ReadMessage(json.RawMessage(c.message), nil)
				if m.Title != c.title || m.Text != c.text {
					t.Fatalf("title %q, want %q\ntext %q\nwant %q", m.Title, c.title, m.Text, c.text)
				}
			}
		})
	}
}

const quotedBlocks = `[{"team":"T1","message":{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section",
	"elements":[{"type":"text","text":"checkout is "},{"type":"text","text":"broken","style":{"code":true}},{"type":"text","text":" since 9am"}]}]}]}}]`

func TestReadMessage_SharedMessage(t *testing.T) {
	checkMessages(t, []messageCase{
		{"blocks", `{"text":"","attachments":[{"is_share":true,"from_url":"https://a.example","author_name":"Carol",
			"text":"checkout is ` + "`broken`" + ` since 9am","footer":"Posted in #web","message_blocks":` + quotedBlocks + `}]}`,
			"checkout is broken since 9am", "checkout is broken since 9am\nCarol\nPosted in #web"},
		{"text only", `{"attachments":[{"is_msg_unfurl":true,"author_name":"Carol","text":"checkout is broken","footer":"Posted in #web"}]}`,
			"checkout is broken", "checkout is broken\nCarol\nPosted in #web"},
		{"comment", `{"text":"anyone on this?","attachments":[{"is_share":true,"author_name":"Carol","text":"checkout is broken"}]}`,
			"anyone on this?", "anyone on this?\ncheckout is broken\nCarol"},
		{"link as comment", `{"text":"<https://acme.slack.com/archives/C1/p1>","attachments":[{"is_msg_unfurl":true,"author_name":"Carol","text":"checkout is broken"}]}`,
			"checkout is broken", "https://acme.slack.com/archives/C1/p1\ncheckout is broken\nCarol"},
		{"comment above a header", `{"text":"look at this","attachments":[{"is_share":true,"message_blocks":[{"message":{"blocks":[
			{"type":"header","text":{"type":"plain_text","text":"Disk full"}}]}}]}]}`, "look at this", "look at this\nDisk full"},
		{"alert", `{"attachments":[{"is_share":true,"author_name":"Alerts","message_blocks":[{"message":{"text":"","attachments":[
			{"title":"Disk full","text":"on db-1"}]}}]}]}`, "Disk full", "Disk full\non db-1\nAlerts"},
		{"file", `{"attachments":[{"is_share":true,"author_name":"Carol","files":[{"title":"graph.png"}]}]}`, "graph.png", "graph.png\nCarol"},
		{"summary of blocks", `{"attachments":[{"text":"Disk full","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"*Disk full* on db-1"}}]}]}`,
			"Disk full on db-1", "Disk full on db-1"},
		{"author of an app", `{"attachments":[{"author_name":"Monitor","text":"Disk full"}]}`, "Disk full", "Monitor\nDisk full"},
	})
	deep := strings.Repeat(`{"attachments":[{"message_blocks":[{"message":`, 2000) + `{}` + strings.Repeat(`}]}]}`, 2000)
	if m := ReadMessage(json.RawMessage(deep), nil); m.Text != "" {
		t.Errorf("text %q", m.Text)
	}
}

func TestReadMessage_Files(t *testing.T) {
	checkMessages(t, []messageCase{
		{"email", `{"text":"","files":[{"filetype":"email","title":"Fwd","subject":"DB &amp; cache down","permalink":"https://f.example/1",
			"from":[{"name":"Monitor","address":"m@a.example","original":"Monitor &lt;m@a.example&gt;"}],"plain_text":"Host db-1\nis down","preview":"<p>Host</p>"}]}`,
			"DB & cache down", "DB & cache down (https://f.example/1)\nFrom: Monitor <m@a.example>\nHost db-1\nis down"},
		{"email with a comment", `{"text":"please look","files":[{"mode":"email","subject":"DB down","from":[{"name":"M","address":"m@a.example"}],"preview_plain_text":"x"}]}`,
			"DB down", "please look\nDB down\nFrom: M <m@a.example>\nx"},
		{"email as HTML", `{"files":[{"filetype":"email","subject":"DB down","preview":"<style>p{}</style><div>a &lt; b<br/>c</div><p class=\"x\">d</p>"}]}`,
			"DB down", "DB down\na < b\nc\nd"},
		{"email without a subject", `{"files":[{"filetype":"email","title":"","name":"mail","subject":" ","plain_text":"x y"}]}`, "mail", "mail\nx y"},
		{"snippet", `{"files":[{"mode":"snippet","filetype":"html","title":"core.html","preview":"<p>a &amp; b</p>"}]}`, "core.html", "core.html\n<p>a &amp; b</p>"},
		{"snippet without a title", `{"files":[{"mode":"snippet","title":"Untitled","permalink":"https://f.example/1","preview":"panic: x\nat y"}]}`,
			"panic: x", "Untitled (https://f.example/1)\npanic: x\nat y"},
		{"canvas", `{"text":"notes","files":[{"filetype":"quip","title":"Postmortem","preview":"<h1>Cause</h1><p>disk</p>"}]}`, "notes", "notes\nPostmortem\nCause\ndisk"},
		{"hostile", `{"files":[{"filetype":"email","subject":{},"from":"a@b.example","plain_text":[1],"preview":7},{"filetype":"email","from":{"0":5}}]}`,
			"From: a@b.example", "From: a@b.example\n7"},
	})
	long := ReadMessage(json.RawMessage(`{"files":[{"filetype":"email","subject":"s","plain_text":"`+strings.Repeat("😀", 9000)+`"}]}`), nil)
	if n := Length(long.Text); n > maxPreview+10 {
		t.Errorf("%d units", n)
	}
}

func section(mrkdwn string) string {
	return `{"type":"section","text":{"type":"mrkdwn","text":"` + mrkdwn + `"}}`
}

// TestReadMessage_GeneralTitle has messages whose first line says only that something happened.
func TestReadMessage_GeneralTitle(t *testing.T) {
	for _, c := range []struct{ message, want string }{
		{`{"text":"Triggered <https://pd.example/1|#42>","attachments":[{"blocks":[` + section("*[#42] DB primary down*") +
			`,{"type":"section","fields":[{"type":"mrkdwn","text":"*Service*\nshop"}]}]}]}`, "[#42] DB primary down"},
		{`{"text":"Triggered <https://pd.example/1|#42>","attachments":[{"blocks":[{"type":"context","elements":[{"type":"mrkdwn","text":"Pager, today"}]},` +
			section(":fire: *<https://pd.example/1|DB primary down>*") + `]}]}`, "DB primary down"},
		{`{"text":"Resolved #42 by Carol Smith","attachments":[{"blocks":[{"type":"header","text":{"type":"plain_text","text":"DB down"}}]}]}`, "DB down"},
		{`{"blocks":[` + section("*Carol* created a *Bug*") + `],"attachments":[{"blocks":[` + section("*<https://j.example/1|OPS-12 Checkout fails>*") + `]}]}`, "OPS-12 Checkout fails"},
		{`{"text":"Incident INC0012345 has been opened","attachments":[{"text":"DB down\nmore"}]}`, "DB down"},
		{`{"text":"New alert","attachments":[{"title":"#12","text":"CPU high"}]}`, "CPU high"},
		{`{"attachments":[{"pretext":"New alert:","text":"CPU high"}]}`, "CPU high"},
		{`{"text":"Acknowledged","attachments":[{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":"DB primary down","style":{"bold":true}},{"type":"text","text":"\nsince 9"}]}]}]}]}`, "DB primary down"},
		{`{"blocks":[{"type":"header","text":{"type":"plain_text","text":"Alert triggered"}},` + section("*DB primary down*") + `]}`, "DB primary down"},
		{`{"text":"#42","attachments":[{"blocks":[{"type":"markdown","text":"## DB down\nx"}]}]}`, "DB down"},
		{`{"text":"#42","attachments":[{"blocks":[{"type":"markdown","text":"**DB primary down**\nx"}]}]}`, "DB primary down"},
		{`{"text":"Triggered: CPU high on web","attachments":[{"text":"*Two words*"}]}`, "Triggered: CPU high on web"},
		{`{"text":"Checkout fails","attachments":[{"blocks":[` + section("*Alert details*") + `]}]}`, "Checkout fails"},
		{`{"text":"Triggered #42"}`, "Triggered #42"},
		{`{"text":":fire:","attachments":[{"text":"Disk full"}]}`, "Disk full"},
	} {
		if got := ReadMessage(json.RawMessage(c.message), nil).Title; got != c.want {
			t.Errorf("%s has the title %q, want %q", c.message, got, c.want)
		}
	}
}

func TestReadMessage_NumberedObjects(t *testing.T) {
	checkMessages(t, []messageCase{
		{"attachments", `{"attachments":{"10":{"text":"c"},"2":{"text":"b"},"0":{"title":"a","fields":{"1":{"title":"y","value":2},"0":{"title":"x","value":1}}}}}`,
			"a", "a\nx: 1\ny: 2\nb\nc"},
		{"blocks", `{"blocks":{"0":{"type":"header","text":{"type":"plain_text","text":"a"}},"1":{"type":"section","fields":{"0":{"type":"mrkdwn","text":"b"}}}}}`, "a", "a\nb"},
		{"files", `{"files":{"0":{"title":"a.png"},"1":null}}`, "a.png", "a.png"},
		{"single", `{"attachments":{"text":"a","0":5}}`, "a", "a"},
		{"same number", `{"attachments":{"1":{"text":"a"},"01":{"text":"b"}}}`, "", ""},
		{"empty", `{"text":"a","attachments":{},"blocks":{}}`, "a", "a"},
	})
}

func TestReadMessage_Mentions(t *testing.T) {
	checkMessages(t, []messageCase{
		{"unknown", `{"text":"Assigned: <@U2>, <@W123ABC> in <#C77> <!subteam^S1> <@U2|U2>"}`,
			"Assigned: @someone, @someone in #channel @group @someone", "Assigned: @someone, @someone in #channel @group @someone"},
		{"rich text", `{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"U2"},
			{"type":"text","text":" "},{"type":"channel","channel_id":"C77"},{"type":"text","text":" "},{"type":"usergroup","usergroup_id":"S1"}]}]}]}`,
			"@someone #channel @group", "@someone #channel @group"},
		{"profile", `{"user":"U2","user_profile":{"display_name":"","real_name":"Bob &amp; Co","name":"bob"},"text":"by <@U2>"}`, "by @Bob & Co", "by @Bob & Co"},
		{"author", `{"text":"by <@U2> in <#C7>","attachments":[{"is_share":true,"author_id":"U2","author_name":"Bob","channel_id":"C7","channel_name":"web","text":"x"}]}`,
			"by @Bob in #web", "by @Bob in #web\nx\nBob"},
		{"label before profile", `{"users":[{"id":"U2","name":"bob"}],"text":"<@U2|bobby> <@U2>"}`, "@bobby @bobby", "@bobby @bobby"},
		{"no id", `{"text":"<@bob> <#web>"}`, "@bob #web", "@bob #web"},
		{"markdown", `{"blocks":[{"type":"markdown","text":"a &amp;amp; <@U2> <https://a.example/?x=1&amp;y|l> <!here> ` + "`<b>`" + ` **c**"}]}`,
			"a &amp; @someone l @here `<b>` **c**", "a &amp; @someone l (https://a.example/?x=1&y) @here `<b>` **c**"},
	})
	m := ReadMessage(json.RawMessage(`{"text":"<@U1> <#C1> <#C2>"}`), map[string]string{"U1": "alice", "C1": "privategroup", "C2": "ops"})
	if m.Text != "@alice #channel #ops" {
		t.Errorf("text %q", m.Text)
	}
}
