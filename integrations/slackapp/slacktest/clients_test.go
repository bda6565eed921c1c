package slacktest_test

import (
	"testing"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/integrations/slackapp/slacktest/controltest"
)

// doorOf opens the door of an empty workspace.
func doorOf(t *testing.T) *controltest.Door {
	t.Helper()
	s, err := slacktest.Start(slacktest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return controltest.Open(t, s.Door())
}

// Slack's own client for Node, unchanged but for the address of the API, and a person who
// knows only HTTP.
func TestBolt(t *testing.T) {
	d := doorOf(t)
	d.Bolt("testdata/bolt")
	d.Play()
}

// The same with slack-go.
func TestSlackGo(t *testing.T) {
	d := doorOf(t)
	d.SlackGo()
	d.Play()
}
