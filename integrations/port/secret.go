package port

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"foghorn/integrations/rest"
)

// A Secret is a secret of the organization. Port never tells its value.
// https://docs.port.io/sso-rbac/port-secrets
type Secret struct {
	Name        string `json:"secretName"`
	Description string `json:"description"`
}

// Secrets lists the organization's secrets.
// https://docs.port.io/api-reference/get-all-organization-secrets-metadata
//
//api:operation GET /v1/organization/secrets
func (c *Client) Secrets(ctx context.Context) ([]Secret, error) {
	const op = "list secrets"
	answer, err := call[struct{ Secrets rest.List[Secret] }](ctx, c, op, http.MethodGet, rest.Path("v1", "organization", "secrets"), nil, nil)
	if err != nil {
		return nil, err
	}
	if answer.Secrets.Items == nil {
		return nil, newMissingError(op, http.StatusOK, "secrets")
	}
	return slices.DeleteFunc(answer.Secrets.Items, func(s Secret) bool { return s.Name == "" }), nil
}

// GetSecret reads a secret's name and description. A status of 404 means that there is none.
// https://docs.port.io/api-reference/get-a-single-organization-secrets-metadata
//
//api:operation GET /v1/organization/secrets/{secret_name}
func (c *Client) GetSecret(ctx context.Context, name string) (Secret, error) {
	op := fmt.Sprintf("read secret %q", name)
	answer, err := call[struct{ Secret Secret }](ctx, c, op, http.MethodGet, rest.Path("v1", "organization", "secrets", name), nil, nil)
	if err == nil && answer.Secret.Name == "" {
		err = newMissingError(op, http.StatusOK, "secret")
	}
	return answer.Secret, err
}

// CreateSecret creates a secret.
// https://docs.port.io/api-reference/create-an-organization-secret
//
//api:operation POST /v1/organization/secrets
func (c *Client) CreateSecret(ctx context.Context, name, value, description string) error {
	op := fmt.Sprintf("create secret %q", name)
	_, err := call[rest.Empty](ctx, c, op, http.MethodPost, rest.Path("v1", "organization", "secrets"), nil, struct {
		Name        string `json:"secretName"`
		Value       string `json:"secretValue"`
		Description string `json:"description,omitempty"`
	}{name, value, description})
	return redact(err, value)
}

// UpdateSecret gives a secret another value.
// https://docs.port.io/api-reference/update-an-organization-secret
//
//api:operation PATCH /v1/organization/secrets/{secret_name}
func (c *Client) UpdateSecret(ctx context.Context, name, value string) error {
	op := fmt.Sprintf("update secret %q", name)
	_, err := call[rest.Empty](ctx, c, op, http.MethodPatch, rest.Path("v1", "organization", "secrets", name), nil, struct {
		Value string `json:"secretValue"`
	}{value})
	return redact(err, value)
}

// redact removes a secret from what Port says of it.
func redact(err error, secret string) error {
	if e, ok := errors.AsType[*rest.Error](err); ok {
		e.Redact(secret)
	}
	return err
}
