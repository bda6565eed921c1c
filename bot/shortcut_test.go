package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"foghorn/bot/dialog"
	"foghorn/bot/slacktext"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// openOnMessage uses the shortcut on a message of another app and returns the form and the message's ts.
func openOnMessage(t *testing.T, e *testenv.Env, channel, payload string) (form *slacktest.Modal, ts string) {
	t.Helper()
	ts, err := e.Slack.AddMessage(channel, json.RawMessage(payload))
	if err != nil {
		t.Fatal(err)
	}
	p := e.Slack.Person(testenv.Alice)
	if _, err := p.UseMessageShortcut(e.Context(), dialog.ShortcutDeclareMessage, channel, ts); err != nil {
		t.Fatal(err)
	}
	if form, err = p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 }); err != nil {
		t.Fatal(err)
	}
	return form, ts
}

func fieldValue(t *testing.T, form *slacktest.Modal, label string) string {
	t.Helper()
	v, err := form.Value(label)
	if err != nil || len(v) != 1 {
		t.Fatalf("%s is %q (%v)", label, v, err)
	}
	return v[0]
}

// TestForm_OpensWithoutSlowCalls opens forms while all that could be asked before is slow.
func TestForm_OpensWithoutSlowCalls(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.OpenForm(testenv.Alice, testenv.General, "/incident") // the definition is known now
	for _, method := range []string{"chat.getPermalink", "users.info", "conversations.info", "conversations.history"} {
		e.Slack.InjectFault(emulator.Fault{Path: "/api/" + method, Delay: 3500 * time.Millisecond})
	}
	e.Port.InjectFault(emulator.Fault{Delay: 3500 * time.Millisecond})
	start := time.Now()
	e.OpenForm(testenv.Bob, testenv.General, "/incident")
	openOnMessage(t, e, testenv.General, `{"text":"disk full"}`)
	if took := time.Since(start); took >= 3500*time.Millisecond {
		t.Errorf("two forms opened after %v", took)
	}
}

// TestShortcut_Alert declares from an alert that slack-go cannot decode, while chat.getPermalink is slow.
func TestShortcut_Alert(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Slack.InjectFault(emulator.Fault{Path: "/api/chat.getPermalink", Delay: 3500 * time.Millisecond})
	form, ts := openOnMessage(t, e, testenv.General, `{"bot_id":"B0X","subtype":"bot_message","text":"","thread_ts":"1764115200.000100",
		"attachments":[{"id":"1","color":3066993,"title":"CPU &gt; 90% on <@U0BOB|bob>","title_link":"https://g.example/d","text":"value is *97*",
		"fields":[{"title":"Host","value":7,"short":"yes"}]}]}`)
	if name := fieldValue(t, form, "Name"); name != "CPU > 90% on @bob" {
		t.Errorf("the name is %q", name)
	}
	want := "CPU > 90% on @bob (https://g.example/d)\nvalue is 97\nHost: 7\nhttps://"
	link := ".slack.com/archives/" + testenv.General + "/p" + strings.Replace(ts, ".", "", 1) + "?thread_ts=1764115200.000100&cid=" + testenv.General
	if got := fieldValue(t, form, "Description"); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, link) {
		t.Errorf("the description is %q", got)
	}
	e.Fill(form, "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	e.ExpectMessage(testenv.General, "CPU &gt; 90% on @bob")
}

// TestShortcut_MessageKinds fills the form from messages whose first line is not what they are about.
func TestShortcut_MessageKinds(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	for _, c := range []struct{ name, payload, title, description string }{
		{"shared message", `{"user":"U0BOB","text":"","attachments":[{"is_share":true,"from_url":"https://acme.slack.com/archives/C0WEB/p1","author_name":"Carol",
			"text":"checkout is broken since 9am","footer":"Posted in #web","message_blocks":[{"message":{"blocks":[{"type":"rich_text","elements":[
			{"type":"rich_text_section","elements":[{"type":"text","text":"checkout is broken since 9am"}]}]}]}}]}]}`,
			"checkout is broken since 9am", "checkout is broken since 9am\nCarol\nPosted in #web\n"},
		{"email", `{"user":"USLACKBOT","text":"","files":[{"id":"F0MAIL","filetype":"email","mode":"email","title":"DB down","subject":"DB down",
			"from":[{"original":"Monitor <m@a.example>"}],"plain_text":"db-1 is down","preview":"<p>db-1 is down</p>"}]}`,
			"DB down", "DB down\nFrom: Monitor <m@a.example>\ndb-1 is down\n"},
		{"event and number", `{"bot_id":"B0X","text":"Triggered <https://pd.example/1|#42>","attachments":{"0":{"blocks":[
			{"type":"section","text":{"type":"mrkdwn","text":"*[#42] DB primary down*"}},
			{"type":"section","text":{"type":"mrkdwn","text":"Assigned: <@U0UNKNOWN>"}}]}}}`,
			"[#42] DB primary down", "Triggered #42 (https://pd.example/1)\n[#42] DB primary down\nAssigned: @someone\n"},
	} {
		form, _ := openOnMessage(t, e, testenv.General, c.payload)
		if got := fieldValue(t, form, "Name"); got != c.title {
			t.Errorf("%s: the name is %q, want %q", c.name, got, c.title)
		}
		if got := fieldValue(t, form, "Description"); !strings.HasPrefix(got, c.description+"https://") {
			t.Errorf("%s: the description is %q, want %q and the link", c.name, got, c.description)
		}
		if err := form.Dismiss(e.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestShortcut_LongMessage(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	for _, text := range []string{strings.Repeat("a", 2980), strings.Repeat("😀", 3000)} {
		form, ts := openOnMessage(t, e, testenv.General, `{"user":"U0BOB","text":"`+text+`"}`)
		got := fieldValue(t, form, "Description")
		if slacktext.Length(got) > 3000 || !strings.Contains(got, "…\nhttps://") || !strings.HasSuffix(got, strings.Replace(ts, ".", "", 1)) {
			t.Errorf("%d units, ends with %q", slacktext.Length(got), got[len(got)-80:])
		}
		if err := form.Dismiss(e.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForm_NameWithMarkup(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Declare(testenv.Alice, testenv.General, "a\u202e <!here> \u0085<@U0BOB> b", "Minor", "public")
	m := e.ExpectMessage(testenv.General, "&lt;!here&gt; &lt;@U0BOB&gt; b")
	if strings.ContainsAny(m.PlainText(), "\u202e\u0085") {
		t.Errorf("control characters are in %q", m.PlainText())
	}

	e.Declare(testenv.Alice, testenv.General, "*not bold* `code` _x_ #general", "Minor", "public")
	m = e.ExpectMessage(testenv.General, "*not bold* `code` _x_ #general")
	if !strings.Contains(string(m.Blocks), `"rich_text"`) {
		t.Errorf("the name is formatted: %s", m.Blocks)
	}
}
