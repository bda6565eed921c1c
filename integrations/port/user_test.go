package port_test

import (
	"testing"

	"foghorn/integrations/port/porttest"
	"foghorn/integrations/rest"

	"foghorn/integrations/port"
)

func TestGetUser_CaseOfAddress(t *testing.T) {
	s := porttest.New(t, porttest.Config{})
	for _, email := range []string{"alice@example.com", "Bob@Example.com", "bob@example.org", "mi\u212ae@example.com", "Two@example.com", "two@example.com"} {
		s.AddUser(email)
	}
	c := port.New(port.Config{BaseURL: s.URL(), ClientID: s.ClientID, ClientSecret: s.ClientSecret})
	t.Cleanup(c.Close)
	for asked, want := range map[string]string{
		"alice@example.com":     "alice@example.com",
		"Alice@Example.com":     "alice@example.com",
		"bob@example.com":       "Bob@Example.com",
		"BOB@example.com":       "Bob@Example.com",
		"Two@example.com":       "Two@example.com",
		"TWO@example.com":       "two@example.com",
		"mike@example.com":      "", // Port has the Kelvin sign, which folds to k
		"alice+x@example.com":   "",
		"mi\u212aE@example.com": "",
	} {
		u, err := c.GetUser(t.Context(), asked)
		if u.Email != want || rest.IsNotFound(err) != (want == "") || want != "" && err != nil {
			t.Errorf("%s: %q, %v, want %q", asked, u.Email, err, want)
		}
	}
}
