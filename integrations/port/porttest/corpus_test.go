package porttest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// Definitions that Port publishes, and its OpenAPI document. They are not part of this repository.
const (
	corpus = "../../../../shared/corpus"
	spec   = "../../../../shared/spec/port-openapi.json"
)

// TestPublishedDefinitions puts what Port itself publishes. Definitions of the old style, and
// those with what Port's OpenAPI does not know, are refused and let in by the door of odd ones.
func TestPublishedDefinitions(t *testing.T) {
	d := open(t, porttest.Config{})
	for _, kind := range []string{"actions", "automations", "blueprints"} {
		files, _ := filepath.Glob(filepath.Join(corpus, kind, "*.json"))
		if len(files) == 0 {
			t.Logf("no definitions in %s", corpus)
			return
		}
		accepted, refused := 0, map[string]int{}
		for _, f := range files {
			data, err := os.ReadFile(f)
			d.must(err)
			if kind == "blueprints" {
				err = d.PutBlueprint(data)
			} else {
				err = d.PutAction(data)
				d.must(d.PutRaw(data))
			}
			if err == nil {
				accepted++
				continue
			}
			refused[err.Error()]++
		}
		t.Logf("%s: %d of %d accepted", kind, accepted, len(files))
		for why, n := range refused {
			t.Logf("  %3d %s", n, why)
		}
		if accepted < len(files)/2 {
			t.Errorf("%s: only %d of %d accepted", kind, accepted, len(files))
		}
	}
	d.asks("GET", "/v1/actions", "", 200)
}

// TestAnswersAreAsDocumented checks answers against the schemas of Port's own document.
func TestAnswersAreAsDocumented(t *testing.T) {
	data, err := os.ReadFile(spec)
	if err != nil {
		t.Logf("no document in %s: nothing was compared", spec)
		return
	}
	data = bytes.ReplaceAll(data, []byte(`(?!\\\\.{1,2}$)`), nil) // Go knows no look-ahead
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spec.json", doc); err != nil {
		t.Fatal(err)
	}
	d, _ := guide(t, 200, declared)
	d.must(d.PutBlueprint(raw(service)), d.PutEntity("service", raw(`{"identifier":"x"}`)), d.PutAction(raw(asked, "ask", "true")))
	waiting := d.runs("ask", `{"properties":{}}`, porttest.Waiting)
	run := d.runs(manifests.ActionID, `{"properties":{"name":"x","severity":"Minor","visibility":"public"}}`, porttest.Success)
	for _, call := range []struct{ method, path, route, body, status string }{
		{"POST", "/v1/auth/access_token", "", `{"clientId":"` + d.ClientID + `","clientSecret":"` + d.ClientSecret + `"}`, "200"},
		{"POST", "/v1/auth/access_token", "", `{"clientId":"a","clientSecret":"b"}`, "401"},
		{"POST", "/v1/auth/access_token", "", `{}`, "422"},
		{"POST", "/v1/actions/ask/runs", "/v1/actions/{action_identifier}/runs", `{"properties":{}}`, "202"},
		{"POST", "/v1/actions/none/runs", "/v1/actions/{action_identifier}/runs", `{"properties":{}}`, "404"},
		{"GET", "/v1/actions/runs/" + run.ID, "/v1/actions/runs/{run_id}", "", "200"},
		{"GET", "/v1/actions/runs?version=v2", "/v1/actions/runs", "", "200"},
		{"GET", "/v1/actions/runs/" + run.ID + "/logs", "/v1/actions/runs/{run_id}/logs", "", "200"},
		{"POST", "/v1/actions/runs/" + waiting.ID + "/logs", "/v1/actions/runs/{run_id}/logs", `{"message":"m"}`, "201"},
		{"PATCH", "/v1/actions/runs/" + waiting.ID + "/approval", "/v1/actions/runs/{run_id}/approval", `{"status":"APPROVE"}`, "201"},
		{"GET", "/v1/actions/runs/" + waiting.ID + "/approvers", "/v1/actions/runs/{run_id}/approvers", "", "200"},
		{"PATCH", "/v1/actions/runs/" + waiting.ID, "/v1/actions/runs/{run_id}", `{"status":"SUCCESS"}`, "200"},
		{"GET", "/v1/blueprints/service/entities/x", "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", "", "200"},
		{"POST", "/v1/blueprints/service/entities", "/v1/blueprints/{blueprint_identifier}/entities", `{"identifier":"y"}`, "201"},
		{"POST", "/v1/blueprints/service/entities/search", "/v1/blueprints/{blueprint_identifier}/entities/search", `{"limit":1}`, "200"},
		{"GET", "/v1/blueprints/service", "/v1/blueprints/{identifier}", "", "200"},
		{"GET", "/v1/users/alice@example.com", "/v1/users/{user_email}", "", "200"},
		{"GET", "/v1/teams", "", "", "200"},
		{"GET", "/v1/organization/secrets", "", "", "200"},
	} {
		route := call.route
		if route == "" {
			route = call.path
		}
		pointer := "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(route) +
			"/" + strings.ToLower(call.method) + "/responses/" + call.status + "/content/application~1json/schema"
		schema, err := c.Compile("spec.json" + pointer)
		if err != nil {
			t.Logf("%s %s: the document has no schema of %s: %v", call.method, call.path, call.status, err)
			continue
		}
		_, _, answer := d.raw(call.method, call.path, call.body)
		delete(answer, "details") // real answers have it, the document does not
		body, _ := json.Marshal(answer)
		value, _ := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s %s: %v\n%s", call.method, call.path, err, body)
		}
	}
}
