package porttest_test

import (
	"strings"
	"testing"
	"time"

	"foghorn/integrations/port/porttest"
)

func TestAccessToken_ReuseRevokeExpire(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	first := d.token
	if d.login(); d.token != first {
		t.Error("login replaced a valid token")
	}
	d.token = "Bearer " + first
	d.expectStatus("GET", "/v1/users/alice@example.com", "", 200)
	d.RevokeTokens()
	d.expectError("GET", "/v1/users/alice@example.com", "", 401, "unauthorized", "Unauthorized")
	if d.login(); d.token == first {
		t.Error("login returned the revoked token")
	}
	d.SetTokenLifetime(-time.Second)
	d.login()
	d.expectError("GET", "/v1/users", "", 401, "unauthorized", "")
	d.SetTokenLifetime(3 * time.Hour)
	d.login()
	const path = "/v1/auth/access_token"
	d.expectError("POST", path, `{"clientId":"a","clientSecret":"b"}`, 401, "invalid_credentials", "Invalid")
	d.expectError("POST", path, `{"clientId":"a","clientSecret":"b","x":1}`, 422, "invalid_request", "additional")
	d.expectError("POST", path, `{"ClientId":"a","clientSecret":"b"}`, 422, "invalid_request", "clientId")
	d.expectError("POST", path, strings.Repeat(" ", 1<<20)+"{}", 413, "request_too_large", "1MiB")
	d.expectError("GET", "/v1/nothing/here", "", 404, "not_found", "Route GET:/v1/nothing/here not found")
	d.expectError("GET", "/v1/actions/a/b", "", 404, "not_found", "Route")
	if len(d.Calls("/v1/nothing/here")) != 1 {
		t.Error("Calls does not contain the unknown route")
	}
}
