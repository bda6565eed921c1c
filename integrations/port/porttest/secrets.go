package porttest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maskText replaces a secret in payloads, logs and events.
const maskText = "********"

// minSecretLength is the length of the shortest secret that is masked, in bytes. Masking a
// shorter one would replace half of every text.
const minSecretLength = 4

// A secret can be written and used in templates. The API never returns its value.
// https://docs.port.io/sso-rbac/port-secrets/
type secret struct{ value, description string }

// secretInput is the body of a new or changed secret. An absent field stays as it is.
type secretInput struct {
	Name        string  `json:"secretName"`
	Value       *string `json:"secretValue"`
	Description *string `json:"description"`
}

type apiSecret struct {
	Name        string `json:"secretName"`
	Description string `json:"description"`
}

func (s *Server) secretRoutes(route routeFunc) {
	const path = "/v1/organization/secrets"
	route("POST "+path, s.createSecret)
	route("GET "+path, s.listSecrets)
	route("GET "+path+"/{name}", s.getSecret)
	route("PATCH "+path+"/{name}", s.patchSecret)
	route("DELETE "+path+"/{name}", s.deleteSecret)
}

// SetSecret creates or replaces a secret.
func (s *Server) SetSecret(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = secret{value: value}
}

func (s *Server) createSecret(r *http.Request) (response, error) {
	var in secretInput
	if err := decodeBody(r, "new secret", &in); err != nil {
		return response{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.secrets[in.Name]; exists {
		return response{}, conflict("Secret", in.Name)
	}
	s.updateSecretLocked(in.Name, in)
	return s.secretResponseLocked(in.Name), nil
}

func (s *Server) listSecrets(*http.Request) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return newResponse(http.StatusOK, "secrets", s.secretsToAPILocked()), nil
}

func (s *Server) getSecret(r *http.Request) (response, error) {
	name := r.PathValue("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.secrets[name]; !ok {
		return response{}, notFound("Secret", name)
	}
	return s.secretResponseLocked(name), nil
}

func (s *Server) patchSecret(r *http.Request) (response, error) {
	var in secretInput
	if err := decodeBody(r, "secret change", &in); err != nil {
		return response{}, err
	}
	name := r.PathValue("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.secrets[name]; !ok {
		return response{}, notFound("Secret", name)
	}
	s.updateSecretLocked(name, in)
	return s.secretResponseLocked(name), nil
}

func (s *Server) deleteSecret(r *http.Request) (response, error) {
	name := r.PathValue("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.secrets[name]; !ok {
		return response{}, notFound("Secret", name)
	}
	deleted := s.secretResponseLocked(name)
	delete(s.secrets, name)
	return deleted, nil
}

func (s *Server) updateSecretLocked(name string, in secretInput) {
	v := s.secrets[name]
	if in.Value != nil {
		v.value = *in.Value
	}
	if in.Description != nil {
		v.description = *in.Description
	}
	s.secrets[name] = v
}

func (s *Server) secretResponseLocked(name string) response {
	return newResponse(http.StatusOK, "secret", s.secretToAPILocked(name))
}

func (s *Server) secretsToAPILocked() []apiSecret {
	out := []apiSecret{}
	for _, name := range slices.Sorted(maps.Keys(s.secrets)) {
		out = append(out, s.secretToAPILocked(name))
	}
	return out
}

func (s *Server) secretToAPILocked(name string) apiSecret {
	return apiSecret{Name: name, Description: s.secrets[name].description}
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
	for _, secret := range s.secrets {
		if len(secret.value) >= minSecretLength {
			quoted, _ := json.Marshal(secret.value) // never fails for a string
			text = strings.ReplaceAll(text, string(quoted[1:len(quoted)-1]), maskText)
			text = strings.ReplaceAll(text, secret.value, maskText)
		}
	}
	return text
}
