package slackapp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

// TestRun_HomeOpened passes on that a user opened Home. All other events are acked alone.
func TestRun_HomeOpened(t *testing.T) {
	s, alice, _ := newWorkspace(t)
	h := &echo{homes: make(chan slackapp.HomeOpened, 10)}
	startClient(t, s, h, nil)
	if err := s.WaitConnections(testContext(t), 2); err != nil {
		t.Fatal(err)
	}
	for _, event := range []map[string]any{
		{"type": "app_home_opened", "user": alice.ID, "tab": "messages"},
		{"type": "app_home_opened", "user": "U0<script>", "tab": "home"},
		{"type": "app_home_opened", "user": "U" + strings.Repeat("0", 1000), "tab": "home"},
		{"type": "app_home_opened", "user": map[string]any{"id": alice.ID}, "tab": "home"},
		{"type": "user_change", "user": map[string]any{"id": alice.ID}},
	} {
		if _, err := s.SendEvent(testContext(t), event); err != nil {
			t.Errorf("%v: %v", event, err)
		}
	}
	if ack, err := alice.OpenHome(testContext(t)); err != nil || ack.Payload != nil {
		t.Fatalf("acked with %s, %v", ack.Payload, err)
	}
	if opened := <-h.homes; opened.User != alice.ID || len(h.homes) > 0 {
		t.Errorf("opened by %q, and %d more", opened.User, len(h.homes))
	}
}

// TestHomeTabs_Errors publishes a tab, which Slack can reject.
func TestHomeTabs_Errors(t *testing.T) {
	s, alice, _ := newWorkspace(t)
	blocks := []slack.Block{slack.NewDividerBlock()}
	client := slackapp.HomeTabs{Client: slackapp.New(slackapp.Config{BotToken: s.BotToken, APIURL: s.URL()})}
	if err := client.Publish(testContext(t), alice.ID, blocks); err != nil || alice.HomeView() == nil {
		t.Errorf("alice has the tab %s, %v", alice.HomeView(), err)
	}
	if err := client.Publish(testContext(t), "U0NOBODY", blocks); !slackapp.IsRejected(err) {
		t.Errorf("published for nobody: %v", err)
	}
	without := slacktest.New(t, slacktest.Config{NoHomeTab: true, Users: []slacktest.User{{ID: alice.ID}}})
	client = slackapp.HomeTabs{Client: slackapp.New(slackapp.Config{BotToken: without.BotToken, APIURL: without.URL()})}
	err := client.Publish(testContext(t), alice.ID, blocks)
	var e *slackapp.Error
	if !errors.As(err, &e) || e.Code != "not_enabled" || !slackapp.IsRejected(err) {
		t.Errorf("an app without the tab: %v", err)
	}
	if _, err := without.Person(alice.ID).OpenHome(testContext(t)); err == nil {
		t.Error("a user opened the tab of an app without one")
	}
}
