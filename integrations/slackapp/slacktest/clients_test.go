package slacktest_test

import (
	"testing"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/integrations/slackapp/slacktest/controltest"
)

// openControl returns a client of the control API of an empty workspace.
func openControl(t *testing.T) *controltest.Client {
	t.Helper()
	s := slacktest.New(t, slacktest.Config{})
	return controltest.NewClient(t, s.ControlURL())
}

// Slack's own client for Node, unchanged but for the address of the API, and a person who
// knows only HTTP.
func TestClients_Bolt(t *testing.T) {
	d := openControl(t)
	d.RunBolt("testdata/bolt")
	d.RunScenario()
	d.RunEvents()
}

// The same with slack-go.
func TestClients_SlackGo(t *testing.T) {
	d := openControl(t)
	d.RunSlackGo()
	d.RunScenario()
}
