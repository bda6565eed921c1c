package porttest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

// TestControl_Routes changes everything that the control API can change, in this order, and sends each route what it
// refuses.
func TestControl_Routes(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	control := func(method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, d.ControlURL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		res, err := d.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		answer, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(answer)
	}
	const action = `{"identifier":"act","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},"invocationMethod":{"type":"KAFKA"}}`
	runID := func() string {
		t.Helper()
		status, _, answer := d.do(http.MethodPost, "/v1/actions/act/runs", `{"properties":{}}`)
		run, _ := answer["run"].(map[string]any)
		id, _ := run["id"].(string)
		if status != http.StatusAccepted || id == "" {
			t.Fatalf("%d %v", status, answer)
		}
		return id
	}
	approval := strings.Replace(action, "{", `{"requiredApproval":true,`, 1)
	for _, c := range []struct{ path, body, refused string }{
		{"users", `{"email":"bob@example.com","teams":["sre"]}`, `{"teams":["sre"]}`},
		{"blueprints", `{"blueprint":{"identifier":"service","schema":{"properties":{}}}}`, `{"blueprint":{}}`},
		{"entities", `{"blueprint":"service","entity":{"identifier":"pay"}}`, `{"blueprint":"none","entity":{"identifier":"pay"}}`},
		{"entities/delete", `{"blueprint":"service","identifier":"pay"}`, `{"blueprint":"service","identifier":"pay"}`},
		{"secrets", `{"name":"KEY","value":"secret"}`, `{"name":7}`},
		{"actions", `{"action":` + action + `}`, `{"action":{"identifier":"x"}}`},
		{"runs/end", `{"id":"RUN","status":"SUCCESS","summary":"done"}`, `{"id":"RUN","status":"DONE"}`},
		{"outcomes", `{"action":"act","times":1,"status":"FAILURE"}`, `{"action":"none"}`},
		{"actions", `{"action":` + approval + `}`, `null`},
		{"runs/approve", `{"id":"RUN"}`, `{"id":"r_0"}`},
		{"runs/decline", `{"id":"RUN"}`, `{"id":"r_0"}`},
	} {
		if strings.Contains(c.body, "RUN") {
			c.body = strings.ReplaceAll(c.body, "RUN", runID())
		}
		if status, answer := control(http.MethodPost, c.path, c.body); status != http.StatusOK {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, answer)
		}
		for _, body := range []string{c.refused, strings.Replace(c.body, "{", `{"colour":1,`, 1), c.body + "{}"} {
			if status, answer := control(http.MethodPost, c.path, body); status == http.StatusOK {
				t.Errorf("%s %s: %d %s", c.path, body, status, answer)
			}
		}
	}
	for path, want := range map[string]string{
		"": "bob@example.com", "runs?status=DECLINED": `"DECLINED"`, "entities?blueprint=service": `"entities":[]`, "state": `"state"`,
	} {
		if status, answer := control(http.MethodGet, path, ""); status != http.StatusOK || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
}
