package porttest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// maskText replaces a secret in payloads, logs and events.
const maskText = "********"

// minSecretLength is the length of the shortest secret that is masked, in bytes. Masking a
// shorter one would replace half of every text.
const minSecretLength = 4

// A secret can be written and used in templates. The API never returns its value.
// https://docs.port.io/sso-rbac/port-secrets/
type secret struct {
	Name        string `json:"secretName"`
	Description string `json:"description"`
	value       string
}

// SetSecret creates or replaces a secret.
func (s *Server) SetSecret(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets.items[name] = secret{Name: name, value: value}
}

func (s *Server) createSecret(c call) (response, error) {
	name := toText(asMap(c.body)["secretName"])
	if err := s.secrets.checkNew(name); err != nil {
		return response{}, err
	}
	return s.storeSecretLocked(secret{Name: name}, asMap(c.body)), nil
}

func (s *Server) patchSecret(c call) (response, error) {
	stored, err := s.secrets.find(c.path["secret_name"])
	if err != nil {
		return response{}, err
	}
	return s.storeSecretLocked(stored, asMap(c.body)), nil
}

func (s *Server) deleteSecret(c call) (response, error) {
	stored, err := s.secrets.find(c.path["secret_name"])
	delete(s.secrets.items, stored.Name)
	return newResponse(http.StatusOK, "secret", stored), err
}

// storeSecretLocked stores a secret with the members that a body has.
func (s *Server) storeSecretLocked(v secret, body map[string]any) response {
	if value, ok := body["secretValue"].(string); ok {
		v.value = value
	}
	if description, ok := body["description"].(string); ok {
		v.Description = description
	}
	s.secrets.items[v.Name] = v
	return newResponse(http.StatusOK, "secret", v)
}

// maskSecrets returns v as JSON values without the values of secrets.
func (s *Server) maskSecrets(v any) (masked any) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	_ = json.Unmarshal([]byte(s.maskSecretsInText(string(data))), &masked)
	return masked
}

// maskSecretsInText replaces the values of secrets in text, and their form within JSON strings.
func (s *Server) maskSecretsInText(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range s.secrets.items {
		if len(secret.value) >= minSecretLength {
			quoted, _ := json.Marshal(secret.value) // never fails for a string
			text = strings.ReplaceAll(text, string(quoted[1:len(quoted)-1]), maskText)
			text = strings.ReplaceAll(text, secret.value, maskText)
		}
	}
	return text
}
