package bot_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/slackapp/slacktest"
)

func TestAliceDeclaresAnIncident(t *testing.T) {
	h := newHouse(t).start()
	form := h.opens(alice, general, "/incident")
	if diff := cmp.Diff([]string{"Name", "Description", "Severity", "Visibility"}, form.Labels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	h.fill(form, "Name", "API latency is up", "Description", "p99 is 4 s", "Severity", "Major", "Visibility", "public")
	h.submits(form)
	h.whispers(alice, "under way")

	message := h.shows(general, "API latency is up")
	incidents := h.incident.Incidents()
	if len(incidents) != 1 {
		t.Fatalf("%d incidents", len(incidents))
	}
	for _, want := range []string{incidents[0].Permalink, "Major", "<@" + alice + ">"} {
		if !strings.Contains(message.Text, want) {
			t.Errorf("the message lacks %q: %s", want, message.Text)
		}
	}
	runs := h.port.Runs()
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	want := map[string]any{"name": "API latency is up", "description": "p99 is 4 s", "severity": "Major", "visibility": "public"}
	if diff := cmp.Diff(want, runs[0].Properties); diff != "" {
		t.Errorf("properties of the run (-want +got):\n%s", diff)
	}
	if calls := h.port.Calls("/runs"); !strings.Contains(calls[0].Query, "run_as=alice%40example.com") {
		t.Errorf("run_as is missing: %s", calls[0].Query)
	}
	h.settled()
	if ms := h.slack.Messages(general); len(ms) != 1 {
		t.Errorf("the channel shows %v", texts(ms))
	}
}

func TestABlankNameIsAnsweredAtItsField(t *testing.T) {
	h := newHouse(t).start()
	form := h.opens(alice, general, "/incident")
	h.fill(form, "Name", "   ", "Severity", "Minor", "Visibility", "public")
	r, err := form.Submit(h.soon())
	if err != nil {
		t.Fatal(err)
	}
	if keys := slices.Collect(maps.Keys(r.Errors)); len(keys) != 1 || keys[0] != "Name" {
		t.Fatalf("errors at %v: %+v", keys, r)
	}
	h.fill(form, "Name", "now with a name")
	h.submits(form)
	h.shows(general, "now with a name")
}

func TestAPrivateIncidentIsToldToItsReporterAlone(t *testing.T) {
	h := newHouse(t)
	h.edit = announceIn(ops)
	h.start()
	h.declares(alice, general, "A breach", "Critical", "private")
	h.shows(alice, "A breach")
	h.settled()
	h.silent(general)
	h.silent(ops)
}

func TestAnnouncements(t *testing.T) {
	h := newHouse(t)
	h.edit = announceIn(ops)
	h.start()
	h.declares(alice, general, "Everything is slow", "Minor", "public")
	h.shows(general, "Everything is slow")
	h.shows(ops, "Everything is slow")
}

func TestAFailingRunIsToldWithItsReason(t *testing.T) {
	h := newHouse(t).start()
	h.incident.Plan(emulator.Fault{Path: "/v2/incidents", Times: 1, Status: 422,
		Body: `{"type":"validation_error","status":422,"request_id":"x","errors":[{"code":"is_required","message":"A severity is required to open an incident","source":{"field":"severity_id"}}]}`})
	h.declares(alice, general, "no luck", "Major", "public")
	h.shows(alice, "A severity is required to open an incident")
	h.settled()
	h.silent(general)
}

func TestSomebodyPortDoesNotKnow(t *testing.T) {
	h := newHouse(t).start()
	h.slack.AddUser(slacktest.User{ID: "U0EVE", Name: "eve", RealName: "Eve", Email: "eve@elsewhere.com"})
	h.declares("U0EVE", general, "hello", "Major", "public")
	h.shows("U0EVE", "Port refused")
	if runs := h.port.Runs(); len(runs) > 0 {
		t.Errorf("it ran: %+v", runs)
	}
}

func TestAGuestWithoutAnEmail(t *testing.T) {
	h := newHouse(t).start()
	h.declares(gus, general, "hello", "Major", "public")
	h.shows(gus, "e-mail")
	if runs := h.port.Runs(); len(runs) > 0 {
		t.Errorf("it ran: %+v", runs)
	}
}

func TestAChannelTheBotIsNotIn(t *testing.T) {
	h := newHouse(t).start()
	h.declares(alice, secretClub, "nobody hears", "Major", "public")
	m := h.shows(alice, "nobody hears")
	if !strings.Contains(m.Text, "/invite") {
		t.Errorf("no hint: %s", m.Text)
	}
}

func TestTextAfterTheCommandIsTheName(t *testing.T) {
	h := newHouse(t).start()
	form := h.opens(alice, general, "/incident api latency is up")
	h.fill(form, "Severity", "Minor", "Visibility", "public")
	h.submits(form)
	h.shows(general, "api latency is up")
}

func TestATokenThatPortRevokedIsRenewedUnseen(t *testing.T) {
	h := newHouse(t).start()
	h.declares(alice, general, "one", "Minor", "public")
	h.shows(general, "one")
	h.port.RevokeTokens()
	h.declares(alice, general, "two", "Minor", "public")
	h.shows(general, "two")
}

func TestAnAnswerOfPortThatIsLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t).start()
	h.port.Plan(emulator.Fault{Path: "/runs", Method: "POST", Times: 1, Lose: true})
	h.declares(alice, general, "made once", "Minor", "public")
	h.shows(general, "made once")
	if runs := h.port.Runs(); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}

func TestTheIncidentsOwnChannelIsAddedOnceItIsKnown(t *testing.T) {
	h := newHouse(t)
	client := incidentio.New(incidentio.Config{BaseURL: h.incident.URL(), APIKey: h.incident.APIKey})
	t.Cleanup(client.Close)
	h.edit = func(c *bot.Config) { c.Incidents = client }
	h.start()
	h.declares(alice, general, "with a channel", "Minor", "public")
	h.shows(general, "with a channel")
	m, err := h.slack.WaitMessage(h.soon(), general, func(m slacktest.Message) bool { return m.Edited > 0 })
	if err != nil || !m.Shows("<#C") {
		t.Errorf("%v: %s", err, m.Plain())
	}
	h.settled()
	if ms := h.slack.Messages(general); len(ms) != 1 {
		t.Errorf("the channel shows %v", texts(ms))
	}
}

func TestShortcuts(t *testing.T) {
	h := newHouse(t).start()
	h.declares(alice, general, "something to point at", "Minor", "public") // the definition is known now
	m := h.shows(general, "something to point at")
	p := h.slack.Person(alice)
	if _, err := p.MessageShortcut(h.soon(), bot.ShortcutDeclareMessage, general, m.TS); err != nil {
		t.Fatal(err)
	}
	form, err := p.WaitModal(h.soon(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	if v, err := form.Value("Description"); err != nil || len(v) != 1 || !strings.Contains(v[0], "something to point at") || !strings.Contains(v[0], "https://") {
		t.Errorf("the description is %q (%v)", v, err)
	}
	h.fill(form, "Name", "from a message", "Severity", "Minor", "Visibility", "public")
	h.submits(form)
	h.shows(general, "from a message")

	if _, err := p.Shortcut(h.soon(), bot.ShortcutDeclare); err != nil {
		t.Fatal(err)
	}
	if form, err = p.WaitModal(h.soon(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 }); err != nil {
		t.Fatal(err)
	}
	h.fill(form, "Name", "from anywhere", "Severity", "Minor", "Visibility", "public")
	h.submits(form)
	h.shows(alice, "from anywhere")
}
