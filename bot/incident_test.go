package bot_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot"
	"foghorn/bot/dialog"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/slackapp/slacktest"
)

func TestIncident_Declared(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	if diff := cmp.Diff([]string{"Name", "Description", "Severity", "Visibility"}, form.Labels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	e.Fill(form, "Name", "API latency is up", "Description", "p99 is 4 s", "Severity", "Major", "Visibility", "public")
	e.Submit(form)
	e.ExpectEphemeral(testenv.Alice, "Running")

	message := e.ExpectMessage(testenv.General, "API latency is up")
	incidents := e.IncidentIO.Incidents()
	if len(incidents) != 1 {
		t.Fatalf("%d incidents", len(incidents))
	}
	for _, want := range []string{incidents[0].Permalink, "Major", "<@" + testenv.Alice + ">"} {
		if !strings.Contains(message.Text, want) {
			t.Errorf("the message lacks %q: %s", want, message.Text)
		}
	}
	runs := e.Port.Runs()
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	want := map[string]any{"name": "API latency is up", "description": "p99 is 4 s", "severity": "Major", "visibility": "public"}
	if diff := cmp.Diff(want, runs[0].Properties); diff != "" {
		t.Errorf("properties of the run (-want +got):\n%s", diff)
	}
	if calls := e.Port.Calls("/runs"); !strings.Contains(calls[0].Query, "run_as=alice%40example.com") {
		t.Errorf("run_as is missing: %s", calls[0].Query)
	}
	e.WaitIdle()
	if ms := e.Slack.Messages(testenv.General); len(ms) != 1 {
		t.Errorf("the channel shows %v", testenv.MessageTexts(ms))
	}
}

func TestForm_BlankName(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "   ", "Severity", "Minor", "Visibility", "public")
	r, err := form.Submit(e.Context())
	if err != nil {
		t.Fatal(err)
	}
	if keys := slices.Collect(maps.Keys(r.Errors)); len(keys) != 1 || keys[0] != "Name" {
		t.Fatalf("errors at %v: %+v", keys, r)
	}
	e.Fill(form, "Name", "now with a name")
	e.Submit(form)
	e.ExpectMessage(testenv.General, "now with a name")
}

func TestIncident_Private(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.EditConfig = withAnnounceChannel(testenv.Ops)
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "A breach", "Critical", "private")
	e.ExpectMessage(testenv.Alice, "A breach")
	e.WaitIdle()
	e.ExpectNoMessages(testenv.General)
	e.ExpectNoMessages(testenv.Ops)
}

func TestIncident_Announced(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.EditConfig = withAnnounceChannel(testenv.Ops)
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "Everything is slow", "Minor", "public")
	e.ExpectMessage(testenv.General, "Everything is slow")
	e.ExpectMessage(testenv.Ops, "Everything is slow")
}

func TestRun_FailureReason(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.IncidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Times: 1, Status: 422,
		Body: `{"type":"validation_error","status":422,"request_id":"x","errors":[{"code":"is_required","message":"A severity is required to open an incident","source":{"field":"severity_id"}}]}`})
	e.Declare(testenv.Alice, testenv.General, "no luck", "Major", "public")
	e.ExpectMessage(testenv.Alice, "A severity is required to open an incident")
	e.WaitIdle()
	e.ExpectNoMessages(testenv.General)
}

func TestRun_UserUnknownToPort(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Slack.AddUser(slacktest.User{ID: "U0EVE", Name: "eve", RealName: "Eve", Email: "Eve+oncall@elsewhere.com"})
	e.Declare("U0EVE", testenv.General, "hello", "Major", "public")
	e.ExpectMessage("U0EVE", "Eve+oncall@elsewhere.com")
	if runs := e.Port.Runs(); len(runs) > 0 {
		t.Errorf("it ran: %+v", runs)
	}
}

func TestRun_GuestWithoutEmail(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Declare(testenv.Gus, testenv.General, "hello", "Major", "public")
	e.ExpectMessage(testenv.Gus, "email address")
	if runs := e.Port.Runs(); len(runs) > 0 {
		t.Errorf("it ran: %+v", runs)
	}
}

func TestMessage_BotNotInChannel(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Declare(testenv.Alice, testenv.Secret, "not a member", "Major", "public")
	m := e.ExpectMessage(testenv.Alice, "not a member")
	if !strings.Contains(m.Text, "/invite") {
		t.Errorf("no hint: %s", m.Text)
	}
}

func TestCommand_TextFillsName(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident api latency is up")
	e.Fill(form, "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	e.ExpectMessage(testenv.General, "api latency is up")
}

func TestPort_TokenRevoked(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Declare(testenv.Alice, testenv.General, "one", "Minor", "public")
	e.ExpectMessage(testenv.General, "one")
	e.Port.RevokeTokens()
	e.Declare(testenv.Alice, testenv.General, "two", "Minor", "public")
	e.ExpectMessage(testenv.General, "two")
}

func TestPort_AnswerLost(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t).Start()
	e.Port.InjectFault(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, DropResponse: true})
	e.Declare(testenv.Alice, testenv.General, "made once", "Minor", "public")
	e.ExpectMessage(testenv.General, "made once")
	if runs := e.Port.Runs(); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}

func TestIncident_ChannelAdded(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	client := incidentio.New(incidentio.Config{BaseURL: e.IncidentIO.URL(), APIKey: e.IncidentIO.APIKey})
	t.Cleanup(client.Close)
	e.EditConfig = func(c *bot.Config) { c.Incidents = client }
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "with a channel", "Minor", "public")
	e.ExpectMessage(testenv.General, "with a channel")
	m, err := e.Slack.WaitMessage(e.Context(), testenv.General, func(m slacktest.Message) bool { return m.Edited > 0 })
	if err != nil || !m.Contains("<#C") {
		t.Errorf("%v: %s", err, m.PlainText())
	}
	e.WaitIdle()
	if ms := e.Slack.Messages(testenv.General); len(ms) != 1 {
		t.Errorf("the channel shows %v", testenv.MessageTexts(ms))
	}
}

func TestShortcut_DeclareFromMessageAndGlobal(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	e.Declare(testenv.Alice, testenv.General, "something to point at", "Minor", "public") // the definition is known now
	m := e.ExpectMessage(testenv.General, "something to point at")
	p := e.Slack.Person(testenv.Alice)
	if _, err := p.UseMessageShortcut(e.Context(), dialog.ShortcutDeclareMessage, testenv.General, m.TS); err != nil {
		t.Fatal(err)
	}
	form, err := p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	if v, err := form.Value("Description"); err != nil || len(v) != 1 || !strings.Contains(v[0], "something to point at") || !strings.Contains(v[0], "https://") {
		t.Errorf("the description is %q (%v)", v, err)
	}
	e.Fill(form, "Name", "from a message", "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	e.ExpectMessage(testenv.General, "from a message")

	if _, err := p.UseShortcut(e.Context(), dialog.ShortcutDeclare); err != nil {
		t.Fatal(err)
	}
	if form, err = p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 }); err != nil {
		t.Fatal(err)
	}
	e.Fill(form, "Name", "from anywhere", "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	e.ExpectMessage(testenv.Alice, "from anywhere")
}

func withAnnounceChannel(channel string) func(*bot.Config) {
	return func(c *bot.Config) { c.Announce = channel }
}
