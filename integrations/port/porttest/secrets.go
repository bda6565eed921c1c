package porttest

import (
	"maps"
	"net/http"
	"slices"
)

// A secret is written and used; nobody can read its value.
// https://docs.port.io/sso-rbac/port-secrets/
type secret struct{ value, description string }

// SetSecret creates or replaces a secret.
func (s *Server) SetSecret(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = secret{value: value}
}

func (s *Server) secretRoutes(route routeFunc) {
	const path = "/v1/organization/secrets"
	type written struct {
		Name        string  `json:"secretName"`
		Value       *string `json:"secretValue"`
		Description *string `json:"description"`
	}
	// shown is what can be read of a secret. The caller holds the lock.
	shown := func(name string) map[string]any {
		return map[string]any{"secretName": name, "description": s.secrets[name].description}
	}
	// store writes what is given. The caller holds the lock.
	store := func(name string, in written) {
		v := s.secrets[name]
		if in.Value != nil {
			v.value = *in.Value
		}
		if in.Description != nil {
			v.description = *in.Description
		}
		s.secrets[name] = v
	}
	one := func(status int, then func(name string, r *http.Request) error) func(*http.Request) (response, error) {
		return func(r *http.Request) (response, error) {
			name := r.PathValue("id")
			s.mu.Lock()
			defer s.mu.Unlock()
			if _, ok := s.secrets[name]; !ok {
				return response{}, notFound("Secret", name)
			}
			if err := then(name, r); err != nil {
				return response{}, err
			}
			return response{status: status, body: map[string]any{"secret": shown(name)}}, nil
		}
	}
	route("GET "+path, func(*http.Request) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out := []any{}
		for _, name := range slices.Sorted(maps.Keys(s.secrets)) {
			out = append(out, shown(name))
		}
		return response{body: map[string]any{"secrets": out}}, nil
	})
	route("POST "+path, func(r *http.Request) (response, error) {
		var in written
		if err := decodeBody(r, "new secret", &in); err != nil {
			return response{}, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, there := s.secrets[in.Name]; there {
			return response{}, conflict("Secret", in.Name)
		}
		store(in.Name, in)
		return response{body: map[string]any{"secret": shown(in.Name)}}, nil
	})
	route("GET "+path+"/{id}", one(http.StatusOK, func(string, *http.Request) error { return nil }))
	route("PATCH "+path+"/{id}", one(http.StatusOK, func(name string, r *http.Request) error {
		var in written
		if err := decodeBody(r, "secret change", &in); err != nil {
			return err
		}
		store(name, in)
		return nil
	}))
	route("DELETE "+path+"/{id}", one(http.StatusOK, func(name string, _ *http.Request) error {
		delete(s.secrets, name)
		return nil
	}))
}
