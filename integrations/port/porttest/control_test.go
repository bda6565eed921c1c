package porttest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestControl_Routes(t *testing.T) {
	s := porttest.New(t, porttest.Config{ClientID: "demo", ClientSecret: "hunter2"})
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	call := func(method, address, token, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || !json.Valid(text) {
			t.Fatalf("%s: %v %s", address, err, text)
		}
		return res.StatusCode, string(text)
	}
	expect := func(route, body string, status int, want string) {
		t.Helper()
		method, path, _ := strings.Cut(route, " ")
		if got, text := call(method, s.ControlURL()+path, "", body); got != status || !strings.Contains(text, want) {
			t.Errorf("%s %s: %d %s, want %d %s", route, body, got, text, status, want)
		}
	}
	expect("GET ", "", 200, `"client_id":"demo"`)
	expect("POST users", `{"email":"ana@example.com","teams":["Platform"]}`, 200, "{}")
	expect("POST users", `{}`, 422, "email")
	expect("POST blueprints", `{"blueprint":{"identifier":"service","title":"Service","schema":{"properties":{},"required":[]}}}`, 200, "{}")
	expect("POST entities", `{"blueprint":"service","entity":{"identifier":"checkout"}}`, 200, "{}")
	expect("POST entities", `{"blueprint":"none","entity":{"identifier":"x"}}`, 422, "none")
	expect("GET entities?blueprint=service", "", 200, `"identifier":"checkout"`)
	expect("GET entities?blueprint=none", "", 422, "none")
	expect("POST entities/delete", `{"blueprint":"service","identifier":"checkout"}`, 200, "{}")
	expect("GET entities?blueprint=service", "", 200, `{"entities":[]}`)
	expect("POST secrets", `{"name":"KEY","value":"v"}`, 200, "{}")
	action := `{"identifier":"deploy","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:1/"},"requiredApproval":true}`
	expect("POST actions", `{"action":`+action+`}`, 200, "{}")
	expect("POST outcomes", `{"action":"deploy","times":1,"status":"FAILURE","summary":"no image","label":"Building","logs":["pulling"]}`, 200, "{}")
	for _, bad := range []string{`{"action":"none"}`, `{"action":"deploy","status":"LOST"}`, `{"action":"deploy","times":-1}`} {
		expect("POST outcomes", bad, 422, "error")
	}
	_, text := call("POST", s.URL()+"/v1/auth/access_token", "", `{"clientId":"demo","clientSecret":"hunter2"}`)
	var login struct{ AccessToken string }
	_ = json.Unmarshal([]byte(text), &login)
	run := func() string {
		_, text := call("POST", s.URL()+"/v1/actions/deploy/runs", login.AccessToken, `{"properties":{}}`)
		var out struct{ Run struct{ ID string } }
		if json.Unmarshal([]byte(text), &out); out.Run.ID == "" {
			t.Fatal(text)
		}
		return out.Run.ID
	}
	id := run()
	expect("POST runs/approve", `{"id":"`+id+`"}`, 200, "{}")
	expect("GET runs?action=deploy&status=FAILURE&wait=5s", "", 200, `"summary":"no image"`)
	expect("GET runs?action=deploy", "", 200, `"logs":["pulling"]`)
	expect("POST runs/end", `{"id":"`+id+`","status":"SUCCESS"}`, 422, "error") // it has ended
	expect("POST runs/end", `{"id":"`+id+`","status":"LOST"}`, 422, "LOST")
	id = run()
	expect("POST runs/decline", `{"id":"`+id+`"}`, 200, "{}")
	expect("GET runs?status=DECLINED", "", 200, id)
	expect("GET runs?action=none&wait=10ms", "", 408, "error")
	for _, hostile := range []string{`{"blueprint":null}`, `{"blueprint":7}`, `{"blueprint":[[[]]]}`, `{}`, `{"entity":7,"blueprint":"service"}`} {
		for _, route := range []string{"blueprints", "entities", "actions", "entities/delete", "runs/end", "runs/approve", "runs/decline", "outcomes"} {
			if status, text := call("POST", s.ControlURL()+route, "", hostile); status != 400 && status != 422 {
				t.Errorf("%s %s: %d %s", route, hostile, status, text)
			}
		}
	}
	if status, _ := call("GET", s.URL()+"/v1/audit-log", login.AccessToken, ""); status != http.StatusNotFound || len(s.Refused()) != 1 {
		t.Errorf("%d, refused %v", status, s.Refused())
	}
	expect("POST reset", "{}", 200, "{}")
	expect("GET runs", "", 200, `{"runs":[]}`)
}
