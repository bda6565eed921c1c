package incidentiotest_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/integrations/incidentio/incidentiotest"
)

// TestSpec holds every answer to incident.io's own description of its API.
func TestSpec(t *testing.T) {
	file, err := os.Open("../../../../shared/spec/incidentio-openapi-subset.json")
	if err != nil {
		t.Log("not checked: incident.io's OpenAPI document is not here")
		return
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	const spec = "file:///spec.json"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(spec, doc); err != nil {
		t.Fatal(err)
	}
	schema := func(method, path, where string) *jsonschema.Schema {
		t.Helper()
		escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
		s, err := compiler.Compile(spec + "#/paths/" + escape.Replace(path) + "/" + strings.ToLower(method) + where + "/content/application~1json/schema")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	check := func(name string, s *jsonschema.Schema, data []byte) {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	s := start(t, incidentiotest.Config{})
	reporter := roles(t, s)[1]["id"].(string)
	ask := func(method, route, path, body string) {
		t.Helper()
		if body != "" {
			check("the request of "+method+" "+path, schema(method, route, "/requestBody"), []byte(body))
		}
		a := call(t, s, s.APIKey, method, path, body)
		if a.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", method, path, a.status, a.data)
		}
		check(method+" "+path, schema(method, route, "/responses/200"), a.data)
	}
	ask("POST", "/v2/incidents", "/v2/incidents", `{"idempotency_key":"k1","visibility":"public","name":"All of it","summary":"Words","mode":"standard","severity_id":"`+major+`",`+
		`"incident_role_assignments":[{"incident_role_id":"`+reporter+`","assignee":{"email":"ana@example.com","slack_user_id":"U1"}}]}`)
	ask("POST", "/v2/incidents", "/v2/incidents", `{"idempotency_key":"k2","visibility":"private","severity_id":"`+minor+`"}`)
	ask("GET", "/v2/incidents", "/v2/incidents?page_size=1", "")
	ask("GET", "/v2/incidents/{id}", "/v2/incidents/1", "")
	for _, path := range []string{"/v1/severities", "/v1/incident_statuses", "/v1/incident_types", "/v2/incident_roles", "/v1/identity"} {
		ask("GET", path, path, "")
	}

	// With the channel, which comes later.
	s = start(t, incidentiotest.Config{ChannelIn: time.Nanosecond})
	ask("POST", "/v2/incidents", "/v2/incidents", `{"idempotency_key":"k3","visibility":"public","severity_id":"`+critical+`"}`)
	ask("GET", "/v2/incidents/{id}", "/v2/incidents/1", "")
}
