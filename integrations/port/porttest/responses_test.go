package porttest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"foghorn/integrations/port/porttest"
)

var update = flag.Bool("update", false, "write the golden files")

// generated matches the values that differ between two runs of a test.
var generated = regexp.MustCompile(`"(client|auth0\||action_|r_|e_)[0-9a-f]+(@clients|_log_\d+)?"|"\d{4}-\d\d-\d\dT[0-9:.]+Z"`)

// The answers of the API have the form of the golden files. A changed file needs a comparison with
// Port's OpenAPI document: go test -tags reference.
func TestResponses_Golden(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutEntity("service", rawJSON(`{"identifier":"api","title":"API","team":"sre","properties":{"tier":1}}`)))
	d.must(d.PutAction(rawJSON(`{"identifier":"restart","title":"Restart","icon":"Service","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",
		"userInputs":{"properties":{"reason":{"type":"string","x-custom":true}},"required":["reason"]}},"invocationMethod":{"type":"KAFKA","payload":{"reason":"{{ .inputs.reason }}"}}}`)))
	d.SetSecret("TOKEN", "hidden")
	run := "/v1/actions/runs/" + d.runAction("restart", `{"entity":"api","properties":{"reason":"leak"}}`, porttest.InProgress).ID
	d.expectStatus("POST", run+"/logs", `{"message":"stopping"}`, 201)
	d.expectStatus("PATCH", run, `{"status":"SUCCESS","statusLabel":"restarted","summary":"done","link":"https://ci.example.com/1"}`, 200)
	for _, c := range []struct{ name, method, path, body string }{
		{"action", "GET", "/v1/actions/restart", ""},
		{"permissions", "GET", "/v1/actions/restart/permissions", ""},
		{"run_v1", "GET", run + "?version=v1", ""},
		{"run_v2", "GET", run + "?version=v2", ""},
		{"run_logs", "GET", run + "/logs", ""},
		{"blueprint", "GET", "/v1/blueprints/service", ""},
		{"entity", "GET", "/v1/blueprints/service/entities/api", ""},
		{"secrets", "GET", "/v1/organization/secrets", ""},
		{"users", "GET", "/v1/users", ""},
		{"teams", "GET", "/v1/teams", ""},
		{"error_not_found", "GET", "/v1/blueprints/none", ""},
		{"error_validation", "POST", "/v1/actions/restart/runs", `{"entity":"api","properties":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, answer := d.do(c.method, c.path, c.body)
			expectGolden(t, c.name, answer)
		})
	}
	t.Run("state", func(t *testing.T) { expectGolden(t, "state", d.State()) })
}

func expectGolden(t *testing.T, name string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(generated.ReplaceAll(got, []byte(`"GENERATED"`)), '\n')
	path := filepath.Join("testdata", "responses", name+".json")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -run Golden -update writes it\n%s", path, got)
	}
}

func TestReset_KeepsUsersAndCredentials(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutAction(rawJSON(manualAction, "ask", "false")))
	d.SetSecret("TOKEN", "hidden")
	run := d.runAction("ask", `{"properties":{}}`, porttest.InProgress)
	d.Reset()
	d.expectError("GET", "/v1/actions/ask", "", 404, "not_found", "ask")
	d.expectError("GET", "/v1/blueprints/service", "", 404, "not_found", "service")
	d.expectError("GET", "/v1/actions/runs/"+run.ID, "", 404, "not_found", run.ID)
	d.expectError("GET", "/v1/organization/secrets/TOKEN", "", 404, "not_found", "TOKEN")
	d.expectStatus("GET", "/v1/users/alice@example.com", "", 200)
	d.must(d.PutAction(rawJSON(manualAction, "ask", "false")))
	d.runAction("ask", `{"properties":{}}`, porttest.InProgress)
	d.login()
}
