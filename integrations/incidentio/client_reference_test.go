//go:build reference

package incidentio_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"foghorn/integrations/rest/resttest"
)

// TestClient_OperationsDocumented compares the operations with incident.io's OpenAPI document.
func TestReference_ClientOperationsDocumented(t *testing.T) {
	resttest.LoadSpec(t, resttest.ReferencePath(t, "spec/incidentio-openapi-subset.json")).CheckOperations(".")
}

// TestClient_DefaultOrganization decodes what a newly created organization has.
func TestReference_ClientDefaultOrganization(t *testing.T) {
	serveFile := func(file, member string) http.HandlerFunc {
		data, err := os.ReadFile(resttest.ReferencePath(t, "corpus/incidentio-default-org/"+file))
		if err != nil {
			t.Fatal(err)
		}
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, `{%q:%s}`, member, data) }
	}
	severities, err := newTestClient(t, serveFile("severities.json", "severities")).ListSeverities(t.Context())
	if err != nil || len(severities) != 3 || severities[0].Name != "Minor" || severities[2].Name != "Critical" {
		t.Errorf("severities %+v, %v", severities, err)
	}
	statuses, err := newTestClient(t, serveFile("incident_statuses.json", "incident_statuses")).ListStatuses(t.Context())
	if err != nil || len(statuses) != 11 || statuses[3].Name != "Triage" || statuses[10].Name != "Paused" {
		t.Errorf("statuses %+v, %v", statuses, err)
	}
	roles, err := newTestClient(t, serveFile("incident_roles.json", "incident_roles")).ListRoles(t.Context())
	if err != nil || len(roles) != 2 {
		t.Errorf("roles %+v, %v", roles, err)
	}
}
