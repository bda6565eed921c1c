package bot_test

import (
	"net/http"
	"strings"
	"testing"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

func TestReadiness_NoConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e := testenv.New(t).Start()
	base := e.ServeHTTP()
	e.WaitReady(base)
	e.Slack.Set(func(o *slacktest.Settings) { o.RefuseReason = "link_disabled" })
	e.Slack.DropConnections()
	e.WaitFor("there is no connection", func() bool {
		_, problems, _ := e.Readiness(base)
		return problems["slack"] != "" && problems["store"] == ""
	})
	e.ExpectHealthy(base)
	e.Slack.Set(func(o *slacktest.Settings) { o.RefuseReason = "" })
	e.WaitReady(base)
}

func TestReadiness_PortOutage(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.Port.InjectFault(emulator.Fault{Status: http.StatusServiceUnavailable, Body: "<html>away</html>"})
	e.Start()
	base := e.ServeHTTP()
	e.WaitFor("the bot is ready and reports the outage", func() bool {
		ok, _, warnings := e.Readiness(base)
		return ok && strings.Contains(warnings["port"], "503")
	})
	if _, metrics := e.Get(base + "/metrics"); !strings.Contains(metrics, "foghorn_port_up 0") {
		t.Error("/metrics does not report the outage")
	}
	e.ExpectHealthy(base)
	e.Port.ClearFaults()
	e.WaitFor("the outage is over", func() bool {
		if _, err := e.Slack.Person(testenv.Alice).SlashCommand(e.Context(), testenv.General, "/incident"); err != nil { // reads the definition again
			t.Error(err)
		}
		_, _, warnings := e.Readiness(base)
		return len(warnings) == 0
	})
}
