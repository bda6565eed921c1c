package porttest_test

import (
	"fmt"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

func TestSecrets_UsersTeams(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	const path = "/v1/organization/secrets"
	d.expectStatus("POST", path, `{"secretName":"K","secretValue":"hush-hush","description":"d"}`, 200)
	d.expectError("POST", path, `{"secretName":"K","secretValue":"x"}`, 409, "conflict", "K")
	d.expectError("POST", path, `{"secretName":"a b","secretValue":"x"}`, 422, "invalid_request", "pattern")
	d.expectStatus("PATCH", path+"/K", `{"secretValue":"hush"}`, 200)
	if got := d.expectStatus("GET", path, "", 200); strings.Contains(fmt.Sprint(got), "hush") || !strings.Contains(fmt.Sprint(got), "description:d") {
		t.Errorf("secrets %v", got)
	}
	d.expectStatus("DELETE", path+"/K", "", 200)
	d.expectError("GET", path+"/K", "", 404, "not_found", "Secret")
	if u := d.expectStatus("GET", "/v1/users/alice@example.com", "", 200, "user"); valueAt(u, "firstName") != "Alice" || fmt.Sprint(valueAt(u, "teams")) != "[sre]" {
		t.Errorf("user %v", u)
	}
	d.AddUser("@odd")
	d.AddUser("émile@example.com")
	d.expectError("GET", "/v1/users/none@example.com", "", 404, "not_found", "none@example.com")
	if teams, _ := d.expectStatus("GET", "/v1/teams", "", 200, "teams").([]any); len(teams) != 1 {
		t.Errorf("teams %v", teams)
	}
	d.expectStatus("GET", "/v1/organization", "", 200)
}
