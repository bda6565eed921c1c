package bot_test

import (
	"net/http"
	"strings"
	"testing"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
)

func TestReadiness_NoConnection(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	base := e.ServeHTTP()
	e.WaitReady(base)
	e.Slack.RefuseSockets("link_disabled")
	e.Slack.Drop()
	e.WaitFor("there is no connection", func() bool {
		_, wrong := e.Readiness(base)
		return wrong["slack"] != "" && wrong["port"] == "" && wrong["store"] == ""
	})
	e.ExpectHealthy(base)
	e.Slack.RefuseSockets("")
	e.WaitReady(base)
}

func TestReadiness_PortNeverReached(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.Port.Plan(emulator.Fault{Status: http.StatusServiceUnavailable, Body: "<html>away</html>"})
	e.Start()
	base := e.ServeHTTP()
	e.WaitFor("it waits for Port", func() bool {
		_, wrong := e.Readiness(base)
		return strings.Contains(wrong["port"], "503") && wrong["slack"] == "" && wrong["store"] == ""
	})
	e.ExpectHealthy(base)
	e.Port.Clear()
	e.WaitFor("the bot is ready", func() bool {
		if _, err := e.Slack.Person(testenv.Alice).Types(e.Context(), testenv.General, "/incident"); err != nil { // reads the definition again
			t.Error(err)
		}
		ok, _ := e.Readiness(base)
		return ok
	})
}
