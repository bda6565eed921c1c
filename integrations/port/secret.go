package port

import (
	"context"
	"fmt"
	"net/http"

	"foghorn/integrations/rest"
)

// A Secret is a secret of the organization. Port never returns its value.
// https://docs.port.io/sso-rbac/port-secrets
type Secret struct {
	Name string `json:"secretName"`
}

// GetSecret reads a secret's metadata. It fails with 404 if Port has no such secret.
// https://docs.port.io/api-reference/get-a-single-organization-secrets-metadata
//
//api:operation GET /v1/organization/secrets/{secret_name}
func (d Definitions) GetSecret(ctx context.Context, name string) (Secret, error) {
	op := fmt.Sprintf("read secret %q", name)
	res, err := call[struct{ Secret Secret }](ctx, d.client, op, http.MethodGet, rest.Path("v1", "organization", "secrets", name), nil, nil)
	if err == nil && res.Secret.Name == "" {
		err = newMissingError(op, http.StatusOK, "secret")
	}
	return res.Secret, err
}

// CreateSecret creates a secret.
// https://docs.port.io/api-reference/create-an-organization-secret
//
//api:operation POST /v1/organization/secrets
func (d Definitions) CreateSecret(ctx context.Context, name, value, description string) error {
	op := fmt.Sprintf("create secret %q", name)
	_, err := call[rest.Empty](ctx, d.client, op, http.MethodPost, rest.Path("v1", "organization", "secrets"), nil, struct {
		Name        string `json:"secretName"`
		Value       string `json:"secretValue"`
		Description string `json:"description,omitempty"`
	}{name, value, description})
	return rest.Redact(err, value)
}

// UpdateSecret changes the value of a secret.
// https://docs.port.io/api-reference/update-an-organization-secret
//
//api:operation PATCH /v1/organization/secrets/{secret_name}
func (d Definitions) UpdateSecret(ctx context.Context, name, value string) error {
	op := fmt.Sprintf("update secret %q", name)
	_, err := call[rest.Empty](ctx, d.client, op, http.MethodPatch, rest.Path("v1", "organization", "secrets", name), nil, struct {
		Value string `json:"secretValue"`
	}{value})
	return rest.Redact(err, value)
}
