//go:build reference

package port_test

import (
	"net/url"
	"strings"
	"testing"

	"foghorn/integrations/rest/resttest"
)

// TestClient_OperationsDocumented compares the operations and query parameters with Port's OpenAPI document.
func TestReference_ClientOperationsDocumented(t *testing.T) {
	spec := resttest.LoadSpec(t, resttest.ReferencePath(t, "spec/port-openapi.json"))
	spec.CheckOperations(".")
	for name, tc := range loadMethodCases(t) {
		_, encoded, _ := strings.Cut(tc.Request, "?")
		query, err := url.ParseQuery(encoded)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		spec.CheckQuery(tc.Operation, query)
	}
}
