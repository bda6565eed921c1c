package bot_test

import (
	"strings"
	"testing"

	"foghorn/bot"
	"foghorn/bot/dialog"
	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// TestCommand_UnusualConversations declares where the bot cannot post: the reporter gets the result in words that fit.
func TestCommand_UnusualConversations(t *testing.T) {
	t.Parallel()
	people := []string{testenv.Alice, testenv.Bob}
	const cannot, notMember, invite = "I can't post in that conversation", "because I'm not a member", "/invite"
	for _, c := range []struct {
		name            string
		before, after   slacktest.Channel // of the command, and of the message
		want, mustNotBe string
	}{
		{name: "direct message", before: slacktest.Channel{ID: "D0PAIR", Private: true, Members: people}, want: cannot, mustNotBe: invite},
		{name: "group message", before: slacktest.Channel{ID: "G0GROUP", Name: "mpdm-alice--bob-1", Private: true, Members: people}, want: cannot, mustNotBe: invite},
		{name: "group message with a new id", before: slacktest.Channel{ID: "C0GROUP", Name: "mpdm-alice--bob--gus-1", Private: true, Members: people}, want: cannot, mustNotBe: invite},
		{name: "private channel", before: slacktest.Channel{ID: "C0PRIV", Name: "priv", Private: true, Members: people}, want: invite, mustNotBe: "archived"},
		{name: "old private channel", before: slacktest.Channel{ID: "G0PRIV", Name: "priv", Private: true, Members: people}, want: invite, mustNotBe: "archived"},
		{name: "public channel", before: slacktest.Channel{ID: "C0PUB", Name: "pub"}, want: notMember, mustNotBe: "archived"},
		{name: "channel of two organizations", before: slacktest.Channel{ID: "C0CONN", Name: "conn", Shared: true}, want: notMember, mustNotBe: "archived"},
		{name: "archived", before: slacktest.Channel{ID: "C0GONE", Name: "gone", BotIsMember: true, Archived: true}, want: "because it is archived", mustNotBe: invite},
		{
			name: "archived after the command", before: slacktest.Channel{ID: "C0GONE", Name: "gone", BotIsMember: true},
			after: slacktest.Channel{ID: "C0GONE", Name: "gone", BotIsMember: true, Archived: true}, want: "because it is archived", mustNotBe: invite,
		},
		{
			name: "read-only", before: slacktest.Channel{ID: "C0NEWS", Name: "news", BotIsMember: true, PostError: "restricted_action_read_only_channel"},
			want: "because posting there is restricted", mustNotBe: invite,
		},
		{
			name: "threads only", before: slacktest.Channel{ID: "C0NEWS", Name: "news", BotIsMember: true, PostError: "restricted_action_thread_only_channel"},
			want: "because posting there is restricted", mustNotBe: invite,
		},
		{
			name: "restricted by an admin", before: slacktest.Channel{ID: "C0NEWS", Name: "news", BotIsMember: true, PostError: "app_access_restricted"},
			want: "because an admin restricts this app there", mustNotBe: invite,
		},
		{
			name: "an error that is not known", before: slacktest.Channel{ID: "C0NEWS", Name: "news", BotIsMember: true, PostError: "some_new_error"},
			want: "because Slack rejected it (`some_new_error`)", mustNotBe: invite,
		},
		{
			name: "an error without words of its own", before: slacktest.Channel{ID: "C0NEWS", Name: "news", BotIsMember: true, PostError: "too_many_contact_cards"},
			want: "because Slack rejected it (`too_many_contact_cards`)", mustNotBe: invite,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.before.PostError == "some_new_error" && testing.Short() {
				t.Skip("takes seconds")
			}
			t.Parallel()
			e := testenv.New(t).Start()
			e.Slack.SetScopes("chat:write", "commands", "users:read", "users:read.email")
			e.Slack.AddChannel(c.before)
			form := e.OpenForm(testenv.Alice, c.before.ID, "/incident")
			e.Fill(form, "Name", "It burns", "Severity", "Minor", "Visibility", "public")
			if c.after.ID != "" {
				e.Slack.AddChannel(c.after)
			}
			e.Submit(form)
			expectOnlyResult(t, e, c.want, c.mustNotBe)
			e.ExpectNoMessages(c.before.ID)
			for _, m := range e.Slack.Messages(testenv.Alice) {
				if m.Contains("I'll post the result here") {
					t.Errorf("a direct message says %s", m.Text)
				}
			}
		})
	}
}

// expectOnlyResult waits for the result as a direct message with a reason.
func expectOnlyResult(t *testing.T, e *testenv.Env, want, mustNotBe string) {
	t.Helper()
	m := e.ExpectMessage(testenv.Alice, "It burns")
	if !strings.Contains(m.Text, want) || m.Contains(mustNotBe) {
		t.Errorf("want %q and not %q: %s", want, mustNotBe, m.PlainText())
	}
	e.WaitIdle()
	results := 0
	for _, m := range e.Slack.Messages(testenv.Alice) {
		if m.Contains("It burns") {
			results++
		}
	}
	if results != 1 {
		t.Errorf("%d results", results)
	}
}

// TestCommand_ChannelDeleted declares in a channel that an admin deletes before the message.
func TestCommand_ChannelDeleted(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Slack.AddChannel(slacktest.Channel{ID: "C0TMP", Name: "tmp", BotIsMember: true})
	form := e.OpenForm(testenv.Alice, "C0TMP", "/incident")
	e.Fill(form, "Name", "It burns", "Severity", "Minor", "Visibility", "public")
	e.Slack.RemoveChannel("C0TMP")
	e.Submit(form)
	expectOnlyResult(t, e, "I can't post in that conversation", "archived")
}

// TestCommand_SharedChannel declares in a channel of two organizations of which the bot is a member.
func TestCommand_SharedChannel(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Slack.AddChannel(slacktest.Channel{ID: "C0CONN", Name: "conn", Shared: true, BotIsMember: true})
	e.Declare(testenv.Alice, "C0CONN", "It burns", "Minor", "public")
	e.ExpectMessage("C0CONN", "It burns")
}

// TestCommand_DirectMessageWithBot declares in the direct messages of the bot, where the result is posted once.
func TestCommand_DirectMessageWithBot(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Declare(testenv.Alice, e.Slack.Person(testenv.Alice).DM(), "It burns", "Minor", "public")
	m := e.ExpectMessage(testenv.Alice, "It burns")
	if m.Contains("I can't post") {
		t.Error(m.Text)
	}
}

// TestShortcut_UnusualConversations declares from a message in a thread and in a direct message of two people.
func TestShortcut_UnusualConversations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel slacktest.Channel
		want    string // in the direct messages; "" if the result is in the channel
	}{
		{slacktest.Channel{ID: "C0THREAD", Name: "thread", BotIsMember: true}, ""},
		{slacktest.Channel{ID: "D0PAIR", Private: true, Members: []string{testenv.Alice, testenv.Bob}}, "I can't post in that conversation"},
		{slacktest.Channel{ID: "C0GROUP", Name: "mpdm-alice--bob-1", Private: true, Members: []string{testenv.Alice, testenv.Bob}}, "I can't post in that conversation"},
	} {
		e := testenv.New(t).Start()
		e.Slack.AddChannel(c.channel)
		form, _ := openOnMessage(t, e, c.channel.ID, `{"user":"U0BOB","text":"hello","thread_ts":"1764115200.000100"}`)
		e.Fill(form, "Name", "It burns", "Severity", "Minor", "Visibility", "public")
		e.Submit(form)
		if c.want == "" {
			e.ExpectMessage(c.channel.ID, "It burns")
			continue
		}
		expectOnlyResult(t, e, c.want, "/invite")
	}
}

// TestShortcut_ProblemIsDirectMessage uses the shortcuts while Port has no such action.
func TestShortcut_ProblemIsDirectMessage(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.EditConfig = func(c *bot.Config) { c.Action = "no_*such*_action" }
	e.Start()
	p := e.Slack.Person(testenv.Alice)
	if _, err := p.UseShortcut(e.Context(), dialog.ShortcutDeclare); err != nil {
		t.Fatal(err)
	}
	e.WaitFor("a view says that the action does not exist", func() bool {
		m := p.TopModal()
		return m != nil && strings.Contains(m.Text(), "no_*such*_action")
	})
}

// TestAnnounceChannel_NotVisible informs the reporter, who cannot change that.
func TestAnnounceChannel_NotVisible(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.EditConfig = func(c *bot.Config) { c.Announce = testenv.Secret }
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "It burns", "Minor", "public")
	e.ExpectMessage(testenv.General, "It burns")
	expectOnlyResult(t, e, "I couldn't post this in the channel for announcements", "/invite")
}

// TestMessage_BlocksRejected informs the reporter with text alone when Slack rejects the blocks of a message.
func TestMessage_BlocksRejected(t *testing.T) {
	t.Parallel()
	for _, visibility := range []string{"public", "private"} {
		e := testenv.New(t).Start()
		form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
		e.Fill(form, "Name", "It burns", "Severity", "Minor", "Visibility", visibility)
		e.Slack.FailMethod("chat.postMessage", "invalid_blocks", 1)
		e.Submit(form)
		m := e.ExpectMessage(testenv.Alice, "It burns")
		if len(m.Blocks) > 0 || !strings.Contains(m.Text, "https://app.incident.io/") {
			t.Errorf("%s: %s", visibility, m.PlainText())
		}
	}
}
