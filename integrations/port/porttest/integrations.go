package porttest

import (
	"encoding/json"
	"net/http"
)

// SetIntegrations sets the integrations that import data of other services: objects with "identifier",
// "installationId", "installationAppType", "config" and more. They import nothing. There are none at first.
// https://docs.port.io/api-reference/get-all-integrations
func (s *Server) SetIntegrations(integrations ...json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.integrations = integrations
}

func (s *Server) listIntegrations(call) (response, error) {
	return newResponse(http.StatusOK, "integrations", append([]json.RawMessage{}, s.integrations...)), nil
}
