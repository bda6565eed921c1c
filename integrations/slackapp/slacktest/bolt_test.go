package slacktest_test

import (
	"testing"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/integrations/slackapp/slacktest/doortest"
)

// Slack's own client for Node, unchanged but for the address of the API, and a person who
// knows only HTTP.
func TestBolt(t *testing.T) {
	s, err := slacktest.Start(slacktest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	d := doortest.Open(t, s.Door())
	d.Bolt("testdata/bolt")
	d.Play()
}
