package incidentiotest_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/integrations/incidentio/incidentiotest"
)

// TestSpec checks the answers against the vendor's own description of its API.
func TestSpec(t *testing.T) {
	data, err := os.ReadFile("../../../../shared/spec/incidentio-openapi-subset.json")
	if err != nil {
		t.Log("not checked: the vendor's OpenAPI document is not here")
		return
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file:///incidentio.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := incidentiotest.Start(incidentiotest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, call := range []struct{ method, path, as, body string }{
		{"POST", "/v2/incidents", "/v2/incidents", `{"idempotency_key":"k","visibility":"public","name":"Checkout","summary":"It fails","severity_id":"01J53A3A1F2RCGSQQQNA6NJ5CY"}`},
		{"POST", "/v2/incidents", "/v2/incidents", `{"idempotency_key":"l","visibility":"private","severity_id":"01J53A3A1F2RCGSQQQNA6NJ5CY"}`},
		{"GET", "/v2/incidents/1", "/v2/incidents/{id}", ""},
		{"GET", "/v2/incidents?page_size=1", "/v2/incidents", ""},
		{"GET", "/v1/severities", "/v1/severities", ""},
		{"GET", "/v1/incident_statuses", "/v1/incident_statuses", ""},
		{"GET", "/v1/incident_types", "/v1/incident_types", ""},
		{"GET", "/v2/incident_roles", "/v2/incident_roles", ""},
		{"GET", "/v1/identity", "/v1/identity", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), call.method, s.URL()+call.path, strings.NewReader(call.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.APIKey)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %v %s", call.method, call.path, res.StatusCode, err, body)
		}
		escaped := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(call.as)
		schema, err := c.Compile("file:///incidentio.json#/paths/" + escaped + "/" + strings.ToLower(call.method) + "/responses/200/content/application~1json/schema")
		if err != nil {
			t.Errorf("%s: %v", call.as, err)
			continue
		}
		answer, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(answer); err != nil {
			t.Errorf("%s %s: %v", call.method, call.path, err)
		}
	}
}
