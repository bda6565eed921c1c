package main

import (
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest/controltest"
)

// TestDemo_NoBot checks that the printed settings are those of the emulators.
func TestDemo_NoBot(t *testing.T) {
	t.Parallel()
	printed := startDemo(t, "SLACK_CONTROL_URL", "--no-bot")
	space := controltest.NewClient(t, printed["SLACK_CONTROL_URL"]).Get("")
	for name, key := range map[string]string{"SLACK_API_URL": "api_url", "SLACK_BOT_TOKEN": "bot_token", "SLACK_APP_TOKEN": "app_token"} {
		if printed[name] == "" || space[key] != printed[name] {
			t.Errorf("%s=%s is printed, the control API returns %v", name, printed[name], space[key])
		}
	}
	for name, call := range map[string]struct{ method, url, key, body string }{
		"Port":        {http.MethodPost, printed["PORT_BASE_URL"] + "/v1/auth/access_token", "", `{"clientId":"` + printed["PORT_CLIENT_ID"] + `","clientSecret":"` + printed["PORT_CLIENT_SECRET"] + `"}`},
		"incident.io": {http.MethodGet, printed["INCIDENT_IO_BASE_URL"] + "/v1/identity", printed["INCIDENT_IO_API_KEY"], ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), call.method, call.url, strings.NewReader(call.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+call.key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Errorf("%s responds with %s to the printed credentials", name, res.Status)
		}
	}
}

// TestDemo_NoBotBolt and TestDemo_NoBotSlackGo run apps that were not written for the emulators.
func TestDemo_NoBotBolt(t *testing.T) {
	t.Parallel()
	d := controltest.NewClient(t, startDemo(t, "SLACK_CONTROL_URL", "--no-bot")["SLACK_CONTROL_URL"])
	d.RunBolt("../../integrations/slackapp/slacktest/testdata/bolt")
	d.RunScenario()
}

func TestDemo_NoBotSlackGo(t *testing.T) {
	t.Parallel()
	d := controltest.NewClient(t, startDemo(t, "SLACK_CONTROL_URL", "--no-bot")["SLACK_CONTROL_URL"])
	d.RunSlackGo()
	d.RunScenario()
}
