package porttest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// The events of a run are in order, have the JSON that was sent, and have no secrets.
func TestEvents_EveryStepOfRun(t *testing.T) {
	d, b := newGuideFixture(t, 200, incidentResponse)
	events := make(chan emulator.Event, 1000)
	defer d.WatchAll(func(e emulator.Event) { events <- e })()
	d.login()
	id, _ := d.expectStatus("POST", "/v1/actions/"+manifests.ActionID+"/runs?run_as=alice@example.com", `{"properties":{"name":"API down","severity":"Major","visibility":"public"}}`, 202, "run", "id").(string)
	if _, err := d.WaitAutomation(withTimeout(t), manifests.AutomationID, porttest.Success); err != nil {
		t.Fatal(err)
	}
	d.expectStatus("GET", "/v1/actions/runs?active=true", "", 200)
	var all strings.Builder
	var seen []string
	for _, want := range []struct{ line, contains string }{
		{"foghorn > port call: POST /v1/auth/access_token", `"clientId"`},
		{"port > foghorn answer: 200 OK to POST /v1/auth/access_token", `"accessToken":"•••"`},
		{"foghorn > port call: POST /v1/actions/" + manifests.ActionID + "/runs?run_as=alice@example.com", `"name":"API down"`},
		{"port > port run: " + id + " of " + manifests.ActionID, `"severity":"Major"`},
		{"port > incident.io webhook: POST https://api.incident.io/v2/incidents for " + id, `"Bearer ********"`},
		{"incident.io > port webhook: 200 OK for " + id, `"permalink"`},
		{"port > port run: " + id + " SUCCESS", `"response"`},
		{"port > port automation: AUTOMATION of " + manifests.AutomationID, `"event":{"action":"UPDATE"`},
		{"port > port entity: 01J \"API down\" of " + manifests.BlueprintID, `"properties"`},
		{"foghorn > port call: GET /v1/actions/runs?active=true", "null"},
		{"port > foghorn answer: 200 OK to GET /v1/actions/runs?active=true", `"runs":[]`},
	} {
		for found := false; !found; {
			select {
			case <-withTimeout(t).Done():
				t.Fatalf("no event %q after\n%s", want.line, strings.Join(seen, "\n"))
			case e := <-events:
				line := e.From + " > " + e.To + " " + e.Kind + ": " + strings.TrimSpace(e.Text)
				body, err := json.Marshal(e.Body)
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == "automation" { // its id is random
					_, rest, _ := strings.Cut(line, " of ")
					line = "port > port automation: AUTOMATION of " + rest
				}
				seen = append(seen, line)
				all.WriteString(line + string(body))
				if found = line == want.line; found && !strings.Contains(string(body), want.contains) {
					t.Errorf("%s has the body %s", line, body)
				}
			}
		}
	}
	<-b.requests
	for _, secret := range []string{d.ClientSecret, d.token, "inc-secret-value"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("an event contains %.8s…", secret)
		}
	}
}
