package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// followInterval replaces 15 s.
const followInterval = 150 * time.Millisecond

// closedAt is the id of the timestamp "Closed at" of the emulated organization.
const closedAt = "01K0A8JQ2V3XT1MEST00000011"

// newTrackingEnv is an environment whose bot follows incidents with a key of its own.
func newTrackingEnv(t *testing.T, roles ...string) (e *testenv.Env, key string) {
	t.Helper()
	e = testenv.New(t)
	key = e.IncidentIO.AddKey(append(roles, "viewer")...)
	e.EditConfig = followIncidents(t, e, key)
	return e, key
}

func followIncidents(t *testing.T, e *testenv.Env, key string) func(*bot.Config) {
	client := incidentio.New(incidentio.Config{BaseURL: e.IncidentIO.URL(), APIKey: key})
	t.Cleanup(client.Close)
	return func(c *bot.Config) { // forms would read incidents too
		c.Incidents, c.FollowInterval, c.HideRecent = client, followInterval, true
	}
}

// edit changes the only incident.
func edit(t *testing.T, e *testenv.Env, change incidentiotest.Edit) {
	t.Helper()
	if err := e.IncidentIO.Edit(e.IncidentIO.Incidents()[0].ID, change); err != nil {
		t.Fatal(err)
	}
}

// waitShows waits until a message of a channel shows all texts.
func waitShows(t *testing.T, e *testenv.Env, channel string, texts ...string) slacktest.Message {
	t.Helper()
	m, err := e.Slack.WaitMessage(e.Context(), channel, func(m slacktest.Message) bool {
		for _, text := range texts {
			if !m.Contains(text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		for _, m := range e.Slack.Messages(channel) {
			t.Log(m.PlainText())
		}
		t.Fatalf("no message shows %q", texts)
	}
	return m
}

// TestTracking_LifeOfAnIncident declares an incident, raises its severity, and closes it.
func TestTracking_LifeOfAnIncident(t *testing.T) {
	t.Parallel()
	e, _ := newTrackingEnv(t)
	announce := e.EditConfig
	e.EditConfig = func(c *bot.Config) { announce(c); c.Announce = testenv.Ops }
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
	for _, channel := range []string{testenv.General, testenv.Ops} {
		waitShows(t, e, channel, "API is slow", ":large_yellow_circle:", "*Minor*", "<#C")
	}
	e.WaitIdle()
	e.WaitFollowed(1)
	openHome(t, e, testenv.Alice, "INC-1", "Your last runs")
	if shown := e.Slack.Person(testenv.Alice).HomeText(); strings.Contains(shown, "In progress") {
		t.Errorf("the Home tab shows an incident that is followed as in progress:\n%s", shown)
	}
	edit(t, e, incidentiotest.Edit{Severity: "Critical", Lead: incidentiotest.Person{Name: "Bob", SlackUserID: testenv.Bob}})
	edit(t, e, incidentiotest.Edit{Status: "Fixing", Name: "API is down"})
	for _, channel := range []string{testenv.General, testenv.Ops} {
		waitShows(t, e, channel, "API is down", ":red_circle:", "*Critical*", "Fixing", "lead <@"+testenv.Bob+">")
		waitShows(t, e, channel, "Severity raised to *Critical*")
	}
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	e.WaitFollowed(0)
	for _, channel := range []string{testenv.General, testenv.Ops} {
		m := waitShows(t, e, channel, "Closed after", "Closed", "API is down")
		if m.Text == "" {
			t.Error("the text is empty")
		}
		ms := e.Slack.Messages(channel)
		if len(ms) != 2 || ms[1].ThreadTS != ms[0].TS || ms[0].TS != m.TS {
			t.Errorf("%s shows %v", channel, testenv.MessageTexts(ms))
		}
	}
	e.WaitFor("incident.io is no longer called", func() bool { // a call can be in progress
		calls := len(e.IncidentIO.Calls(""))
		time.Sleep(5 * followInterval)
		return len(e.IncidentIO.Calls("")) == calls
	})
}

// TestTracking_InputErased looks for what was typed in the files of the store while the incident is followed.
func TestTracking_InputErased(t *testing.T) {
	t.Parallel()
	e, _ := newTrackingEnv(t)
	e.Start()
	const typed = "customers in Lyon cannot pay"
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "API is slow", "Description", typed, "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	waitShows(t, e, testenv.General, typed, "<#C")
	e.WaitFollowed(1)
	edit(t, e, incidentiotest.Edit{Status: "Fixing"})
	waitShows(t, e, testenv.General, typed, "Fixing")
	for _, text := range []string{typed, "API is slow", "alice@example.com"} {
		if files := e.FilesContaining(text); len(files) > 0 {
			t.Errorf("%q is in %v", text, files)
		}
	}
}

// TestTracking_DirectMessage follows an incident that was declared where no channel gets a message, and a private one.
func TestTracking_DirectMessage(t *testing.T) {
	t.Parallel()
	for _, visibility := range []string{"public", "private"} {
		e, _ := newTrackingEnv(t, "global_access")
		e.Start()
		e.Declare(testenv.Alice, testenv.Secret, "API is slow", "Minor", visibility) // the bot is not in the channel
		waitShows(t, e, testenv.Alice, "API is slow", "Minor")
		e.WaitFollowed(1)
		edit(t, e, incidentiotest.Edit{Severity: "Major", Status: "Fixing"})
		waitShows(t, e, testenv.Alice, "Major", "Fixing", "View run in Port")
		edit(t, e, incidentiotest.Edit{Status: "Closed"})
		waitShows(t, e, testenv.Alice, "Closed after")
		e.ExpectNoMessages(testenv.Secret)
	}
}

// TestTracking_BecomesPrivate makes an incident private. Nothing of it stays in a channel, and nothing more appears there.
func TestTracking_BecomesPrivate(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string][]string{"not visible to the key": nil, "visible to the key": {"global_access"}} {
		t.Run(name, func(t *testing.T) {
			e, _ := newTrackingEnv(t, roles...)
			e.Start()
			e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
			waitShows(t, e, testenv.General, "API is slow", "<#C")
			e.WaitFollowed(1)
			incident := e.IncidentIO.Incidents()[0]
			edit(t, e, incidentiotest.Edit{Summary: "the summary"})
			waitShows(t, e, testenv.General, "the summary")
			edit(t, e, incidentiotest.Edit{Visibility: "private", Severity: "Critical"})
			m := waitShows(t, e, testenv.General, "This incident is now private")
			for _, secret := range []string{"API is slow", "the summary", incident.Permalink, incident.Reference, "<#C"} {
				if m.Contains(secret) {
					t.Errorf("the message contains %q", secret)
				}
			}
			edit(t, e, incidentiotest.Edit{Visibility: "public", Name: "public again"})
			time.Sleep(5 * followInterval)
			if ms := e.Slack.Messages(testenv.General); len(ms) != 1 || ms[0].PlainText() != m.PlainText() {
				t.Errorf("the channel shows %v", testenv.MessageTexts(ms))
			}
		})
	}
}

// TestTracking_KeyRevoked revokes the key. It is reported, and the messages are brought up to date once it works again, also
// that of an incident that was closed while the bot was away, and edited later.
func TestTracking_KeyRevoked(t *testing.T) {
	t.Parallel()
	e, key := newTrackingEnv(t)
	e.Start()
	base := e.ServeHTTP()
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
	waitShows(t, e, testenv.General, "API is slow", "<#C")
	e.WaitFollowed(1)
	e.IncidentIO.RevokeKey(key)
	e.WaitFor("the key is reported", func() bool {
		ok, _, warnings := e.Readiness(base)
		return ok && strings.Contains(warnings["incident_io"], "401")
	})
	e.Declare(testenv.Alice, testenv.Ops, "another one", "Minor", "public") // with Port's own key
	e.ExpectMessage(testenv.Ops, "another one")
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	first := e.IncidentIO.Incidents()[0]
	callIncidentIO(t, e, e.IncidentIO.AddKey("incident_editor"), "/v2/incidents/"+first.ID+"/actions/edit", map[string]any{"notify_incident_channel": false, "incident": map[string]any{
		"incident_timestamp_values": []any{map[string]any{"incident_timestamp_id": closedAt, "value": first.CreatedAt.Add(72 * time.Minute)}},
	}})
	e.EditConfig = followIncidents(t, e, e.IncidentIO.AddKey("viewer"))
	e.Start()
	waitShows(t, e, testenv.General, "API is slow", "Closed after 1 h 12 min")
	if err := e.IncidentIO.Edit("2", incidentiotest.Edit{Status: "Monitoring"}); err != nil {
		t.Fatal(err)
	}
	waitShows(t, e, testenv.Ops, "another one", "Monitoring")
}

// TestTracking_KeyRemoved starts a bot without the key on a store with incidents that are followed.
func TestTracking_KeyRemoved(t *testing.T) {
	t.Parallel()
	e, _ := newTrackingEnv(t)
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
	waitShows(t, e, testenv.General, "API is slow", "<#C")
	e.WaitFollowed(1)
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	e.EditConfig = func(*bot.Config) {}
	e.Start()
	e.WaitFollowed(0)
	if ms := e.Slack.Messages(testenv.General); len(ms) != 1 {
		t.Errorf("the channel shows %v", testenv.MessageTexts(ms))
	}
}

// TestTracking_EditFails has Slack fail for a while, and has it refuse edits of one message for good.
func TestTracking_EditFails(t *testing.T) {
	t.Parallel()
	e, _ := newTrackingEnv(t)
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
	waitShows(t, e, testenv.General, "API is slow", "<#C")
	e.WaitFollowed(1)
	e.Slack.InjectFault(emulator.Fault{Path: "/chat.update", Times: 4, Status: 503})
	edit(t, e, incidentiotest.Edit{Status: "Fixing"})
	waitShows(t, e, testenv.General, "Fixing")
	e.Slack.InjectFault(emulator.Fault{Path: "/chat.update", Status: 200, Body: `{"ok":false,"error":"edit_window_closed"}`})
	edit(t, e, incidentiotest.Edit{Status: "Monitoring"})
	e.WaitFor("the edit is refused", func() bool { return countUpdates(e) >= 7 })
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	e.WaitFollowed(0)
	if n := countUpdates(e); n != 7 {
		t.Errorf("%d edits", n)
	}
}

// TestTracking_MessageGone takes the message of one channel away from the bot. It is not posted again, and the message of
// the other channel follows.
func TestTracking_MessageGone(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(e *testenv.Env, m slacktest.Message) error{
		"message deleted": func(e *testenv.Env, m slacktest.Message) error {
			_, _, err := slack.New(e.Slack.BotToken, slack.OptionAPIURL(e.Slack.URL())).DeleteMessage(m.Channel, m.TS)
			return err
		},
		"bot removed from the channel": func(e *testenv.Env, m slacktest.Message) error {
			e.Slack.AddChannel(slacktest.Channel{ID: m.Channel, Name: "general", Private: true})
			return nil
		},
		"channel deleted": func(e *testenv.Env, m slacktest.Message) error { e.Slack.RemoveChannel(m.Channel); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _ := newTrackingEnv(t)
			follow := e.EditConfig
			e.EditConfig = func(c *bot.Config) { follow(c); c.Announce = testenv.Ops }
			e.Start()
			e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
			m := waitShows(t, e, testenv.General, "API is slow", "<#C")
			e.WaitFollowed(1)
			waitShows(t, e, testenv.Ops, "API is slow", "<#C")
			e.WaitIdle()
			before := countUpdates(e)
			if err := take(e, m); err != nil {
				t.Fatal(err)
			}
			edit(t, e, incidentiotest.Edit{Status: "Fixing"})
			waitShows(t, e, testenv.Ops, "Fixing")
			edit(t, e, incidentiotest.Edit{Status: "Closed"})
			waitShows(t, e, testenv.Ops, "Closed after")
			e.WaitFollowed(0)
			lost := 0
			for _, c := range e.Slack.Calls("/chat.update")[before:] {
				if strings.Contains(string(c.Body), m.Channel) {
					lost++
				}
			}
			if posts := len(e.Slack.Calls("/chat.postMessage")); lost > 1 || posts != 2 {
				t.Errorf("%d edits of the message that is gone, %d posts", lost, posts)
			}
		})
	}
}

func countUpdates(e *testenv.Env) int { return len(e.Slack.Calls("/chat.update")) }

// TestTracking_ManyIncidents closes many incidents at the same time: hardly any is read by itself. TestFollower_Calls counts
// the calls for a thousand.
func TestTracking_ManyIncidents(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e, _ := newTrackingEnv(t)
	e.Start()
	const incidents, closed = 40, 20
	e.DeclareMany(incidents)
	e.WaitIdle()
	e.WaitFollowed(incidents)
	singles := func() (n int) {
		for _, c := range e.IncidentIO.Calls("") {
			if strings.HasPrefix(c.Path, "/v2/incidents/") {
				n++
			}
		}
		return n
	}
	before := singles()
	for _, i := range e.IncidentIO.Incidents()[:closed] {
		if err := e.IncidentIO.Edit(i.ID, incidentiotest.Edit{Status: "Closed"}); err != nil {
			t.Fatal(err)
		}
	}
	e.WaitFollowed(incidents - closed)
	if n := singles() - before; n > 5 {
		t.Errorf("%d incidents were read by themselves", n)
	}
	name := e.IncidentIO.Incidents()[0].Name
	channel := strings.TrimSuffix(name, ".")
	waitShows(t, e, channel, "Closed after")
	if n := len(e.Slack.Messages(channel)); n != 1 {
		t.Errorf("%d messages", n)
	}
}
