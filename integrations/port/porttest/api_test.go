package porttest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
)

// asked is an action that nobody answers: its runs end when somebody says so.
const asked = `{"identifier":%q,"title":"Ask","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
	"n":{"type":"number","minimum":1,"maximum":9},"d":{"type":"string","default":"dflt"},"p":{"type":"string","pattern":"^a+$"},
	"look":{"type":"string","pattern":"^(?!x).*$"},"mail":{"type":"string","format":"email"},"tags":{"type":"array","items":{"type":"string"},"maxItems":2,"uniqueItems":true},
	"q":{"type":"string","default":{"jqQuery":".form.d"},"enum":{"jqQuery":"[]"}}},"required":{"jqQuery":"[\"p\"]"},"order":[]}},
	"invocationMethod":{"type":"KAFKA"},"requiredApproval":%s}`

func TestTokens(t *testing.T) {
	d := open(t, porttest.Config{})
	first := d.token
	if d.login(); d.token != first {
		t.Error("a second token while there is one")
	}
	d.token = "Bearer " + first
	d.asks("GET", "/v1/users/alice@example.com", "", 200)
	d.RevokeTokens()
	d.refused("GET", "/v1/users/alice@example.com", "", 401, "unauthorized", "Unauthorized")
	if d.login(); d.token == first {
		t.Error("the revoked token came back")
	}
	d.SetTokenLife(-time.Second)
	d.login()
	d.refused("GET", "/v1/users", "", 401, "unauthorized", "")
	d.SetTokenLife(porttest.TokenLife)
	d.login()
	const path = "/v1/auth/access_token"
	d.refused("POST", path, `{"clientId":"a","clientSecret":"b"}`, 401, "invalid_credentials", "Invalid")
	d.refused("POST", path, `{"clientId":"a","clientSecret":"b","x":1}`, 422, "invalid_request", "additional")
	d.refused("POST", path, `{"ClientId":"a","clientSecret":"b"}`, 422, "invalid_request", "clientId")
	d.refused("POST", path, strings.Repeat(" ", porttest.MaxRequest)+"{}", 413, "request_too_large", "1MiB")
	d.refused("GET", "/v1/nothing/here", "", 404, "not_found", "Route GET:/v1/nothing/here not found")
	d.refused("GET", "/v1/actions/a/b", "", 404, "not_found", "Route")
	if len(d.Calls("/v1/nothing/here")) != 1 {
		t.Error("the unknown route is not on record")
	}
}

func TestRunsFromWaitingToTheEnd(t *testing.T) {
	d := open(t, porttest.Config{})
	d.must(d.PutAction(raw(asked, "ask", `{"type":"ANY"}`)), d.PutAction(raw(asked, "other", "false")))
	run := d.runs("ask", `{"properties":{"n":3}}`, porttest.Waiting)
	if run.Properties["d"] != "dflt" || run.Properties["q"] != nil || run.RunAs != "alice@example.com" {
		t.Errorf("run %+v", run)
	}
	one := "/v1/actions/runs/" + run.ID
	d.refused("PATCH", one+"/approval", `{"status":"MAYBE"}`, 422, "invalid_request", "APPROVE")
	if got := d.asks("PATCH", one+"/approval?version=v1", `{"status":"APPROVE","description":"go"}`, 201, "run"); at(got, "status") != "IN_PROGRESS" || at(got, "action") != "ask" || at(got, "approval", "description") != "go" {
		t.Errorf("approved %v", got)
	}
	d.refused("PATCH", one+"/approval", `{"status":"APPROVE"}`, 422, "invalid_request", "does not wait")
	if got, _ := d.asks("GET", one+"/approvers?include_pending_approvers=false", "", 200, "approvers").([]any); len(got) != 1 {
		t.Errorf("approvers %v", got)
	}
	d.refused("PATCH", one, `{"status":"IN_PROGRESS"}`, 422, "invalid_request", `"status" must be equal to one of the allowed values ["SUCCESS","FAILURE"]`)
	d.asks("PATCH", one, `{"statusLabel":"half way","link":["https://a.example"],"externalRunId":"x-1"}`, 200)
	if log := d.asks("POST", one+"/logs", `{"message":"hello"}`, 201, "runLog"); at(log, "message") != "hello" || at(log, "runId") != run.ID {
		t.Errorf("log %v", log)
	}
	if now, _ := d.Run(run.ID); now.Ended() || now.Label != "half way" {
		t.Errorf("now %+v", now)
	}
	d.asks("POST", one+"/logs", `{"message":"done","terminationStatus":"SUCCESS","statusLabel":"fine"}`, 201)
	d.refused("PATCH", one, `{"status":"FAILURE"}`, 422, "invalid_request", "can no longer be modified")
	d.refused("POST", one+"/logs", `{"message":"late"}`, 422, "invalid_request", "can no longer be modified")
	d.refused("PATCH", "/v1/actions/runs/r_none", `{}`, 404, "not_found", "r_none")
	if logs, _ := d.asks("GET", one+"/logs?limit=1&offset=1", "", 200, "runLogs").([]any); len(logs) != 1 || at(logs[0], "message") != "done" {
		t.Errorf("logs %v", logs)
	}

	second := d.runs("other", `{"properties":{}}`, porttest.InProgress)
	third := d.runs("ask", `{"properties":{}}`, porttest.Waiting)
	d.must(d.Decline(t.Context(), third.ID))
	for query, want := range map[string][]string{
		"":                                     {third.ID, second.ID, run.ID},
		"limit=1":                              {third.ID},
		"action=ask":                           {third.ID, run.ID},
		"action=ask&active=true":               {},
		"active=true":                          {second.ID},
		"user_email=alice@example.com&limit=2": {third.ID, second.ID},
		"user_email=bob@example.com":           {},
		"external_run_id=x-1":                  {run.ID},
		"source=AUTOMATION":                    {},
		"source=UI&source=API&active=false":    {third.ID, second.ID, run.ID},
		"entity=e":                             {},
		"exclude=payload&exclude=properties&action=other": {second.ID},
	} {
		list, _ := d.asks("GET", "/v1/actions/runs?"+query, "", 200, "runs").([]any)
		got := []string{}
		for _, r := range list {
			got = append(got, at(r, "id").(string))
			if strings.Contains(query, "exclude") && at(r, "properties") != nil {
				t.Errorf("%s: %v", query, r)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	d.refused("GET", "/v1/actions/runs?limit=1001", "", 422, "invalid_request", "<= 1000")
	d.refused("GET", "/v1/actions/runs?version=v3", "", 422, "invalid_request", "version")
}

func TestWordsOfWrongInputs(t *testing.T) {
	d := open(t, porttest.Config{})
	d.must(d.PutAction(raw(asked, "ask", "false")))
	for input, word := range map[string]string{
		`{"n":0}`: "must be >= 1", `{"n":10}`: "must be <= 9", `{"n":"1"}`: "must be number",
		`{"p":"b"}`: `must match pattern "^a+$"`, `{"mail":"x"}`: `must match format "email"`,
		`{"tags":["a","b","c"]}`: "must NOT have more than 2 items", `{"tags":["a","a"]}`: "must NOT have duplicate items",
		`{"tags":[1]}`: `"properties/tags/0" must be string`, `{"d":null}`: `"properties/d" must be string`,
	} {
		d.refused("POST", "/v1/actions/ask/runs", `{"properties":`+input+`}`, 422, "invalid_request", word)
	}
	d.asks("POST", "/v1/actions/ask/runs", `{"properties":{"look":"x","q":"any"}}`, 202) // what Go cannot check is let pass
}

func TestALostAnswerHasDoneItsWork(t *testing.T) {
	d := open(t, porttest.Config{})
	d.must(d.PutAction(raw(asked, "ask", "false")))
	d.Plan(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 1, Lose: true})
	r, _ := http.NewRequestWithContext(t.Context(), "POST", d.URL()+"/v1/actions/ask/runs", strings.NewReader(`{"properties":{}}`))
	r.Header.Set("Authorization", d.token)
	if res, err := d.http.Do(r); err == nil {
		_ = res.Body.Close()
		t.Error("there was an answer")
	}
	if len(d.Runs()) != 1 {
		t.Errorf("%d runs", len(d.Runs()))
	}
}

func TestOldRunsAreForgotten(t *testing.T) {
	d := open(t, porttest.Config{MaxRuns: 10})
	d.must(d.PutAction(raw(asked, "ask", "false")))
	kept := d.runs("ask", `{"properties":{}}`, porttest.InProgress)
	for range 30 {
		r := d.runs("ask", `{"properties":{}}`, porttest.InProgress)
		d.must(d.EndRun(r.ID, porttest.Success, ""))
	}
	if _, ok := d.Run(kept.ID); !ok || len(d.Runs()) > 10 {
		t.Errorf("%d runs, the one under way there: %v", len(d.Runs()), ok)
	}
}
