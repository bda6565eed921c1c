package port_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/port"
)

// Every method: what it sends, and what it makes of the answer.
func TestClient_Methods(t *testing.T) {
	definition := json.RawMessage(`{"identifier":"a","title":"A"}`)
	for name, tc := range map[string]struct {
		do        func(t *testing.T, c *port.Client) (any, error)
		route     string
		operation string // the route as the vendor writes it
		query     url.Values
		body      string
		answer    string
		want      any
	}{
		"CreateRun": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				r, err := c.CreateRun(t.Context(), port.RunRequest{Action: "a b", RunAs: "x+y@example.com", Entity: "e", Properties: map[string]any{"k": []string{"v"}}})
				return r.ID, err
			},
			route: "POST /v1/actions/a%20b/runs", operation: "/v1/actions/{action_identifier}/runs", query: url.Values{"run_as": {"x+y@example.com"}},
			body: `{"properties":{"k":["v"]},"entity":"e"}`, answer: runJSON, want: "r_1",
		},
		"CreateRun/bare": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				r, err := c.CreateRun(t.Context(), port.RunRequest{Action: "a"})
				return r.Status, err
			},
			route: "POST /v1/actions/a/runs", operation: "/v1/actions/{action_identifier}/runs", query: url.Values{},
			body: `{"properties":{}}`, answer: runJSON, want: port.StatusInProgress,
		},
		"Run": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				r, err := c.GetRun(t.Context(), "r_1")
				return r.ID, err
			},
			route: "GET /v1/actions/runs/r_1", operation: "/v1/actions/runs/{run_id}", query: url.Values{"version": {"v2"}}, answer: runJSON, want: "r_1",
		},
		"Runs": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				r, err := c.ListRuns(t.Context(), port.RunsQuery{Action: "a", UserEmail: "x@y", Active: true, Source: []string{"API", "UI"}, Exclude: []string{"payload", "response"}, Limit: 5000})
				return len(r), err
			},
			route: "GET /v1/actions/runs", operation: "/v1/actions/runs",
			query:  url.Values{"version": {"v2"}, "action": {"a"}, "user_email": {"x@y"}, "active": {"true"}, "source": {"API", "UI"}, "exclude": {"payload", "response"}, "limit": {"1000"}},
			answer: `{"ok":true,"runs":[{"id":"r_1"},null,"odd",{"id":"r_2"},{"status":"SUCCESS"}]}`, want: 2,
		},
		"Runs/all": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				r, err := c.ListRuns(t.Context(), port.RunsQuery{})
				return len(r), err
			},
			route: "GET /v1/actions/runs", operation: "/v1/actions/runs", query: url.Values{"version": {"v2"}}, answer: `{"ok":true,"runs":[]}`, want: 0,
		},
		"RunLogs": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				l, err := c.RunLogs(t.Context(), "r_1")
				return l[0].Message, err
			},
			route: "GET /v1/actions/runs/r_1/logs", operation: "/v1/actions/runs/{run_id}/logs", query: url.Values{"limit": {"50"}, "offset": {"0"}},
			answer: `{"ok":true,"runLogs":[{"id":"l","runId":"r_1","message":"hello","createdAt":"2024-05-01T10:11:12Z"}]}`, want: "hello",
		},
		"Action": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				a, err := c.GetAction(t.Context(), "a")
				return fmt.Sprint(a.Title, a.Trigger, a.RequiresApproval, a.Published, string(a.Raw)), err
			},
			route: "GET /v1/actions/a", operation: "/v1/actions/{action_identifier}", query: url.Values{},
			answer: `{"ok":true,"action":{"identifier":"a","title":"A","trigger":{"type":"self-service"},"requiredApproval":{"type":"ALL"}}}`,
			want:   `Aself-servicetrue true{"identifier":"a","title":"A","trigger":{"type":"self-service"},"requiredApproval":{"type":"ALL"}}`,
		},
		"Actions": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				a, err := c.ListActions(t.Context())
				return fmt.Sprint(len(a), a[0].Published), err
			},
			route: "GET /v1/actions", operation: "/v1/actions", query: url.Values{"version": {"v2"}}, answer: `{"ok":true,"actions":[{"identifier":"a","publish":false},null]}`, want: "1 false",
		},
		"CreateAction": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				a, err := c.CreateAction(t.Context(), definition)
				return a.Identifier, err
			},
			route: "POST /v1/actions", operation: "/v1/actions", query: url.Values{}, body: string(definition), answer: `{"ok":true,"action":{"identifier":"a"}}`, want: "a",
		},
		"UpdateAction": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				a, err := c.UpdateAction(t.Context(), "a", definition)
				return a.Identifier, err
			},
			route: "PUT /v1/actions/a", operation: "/v1/actions/{action_identifier}", query: url.Values{}, body: string(definition), answer: `{"ok":true,"action":{"identifier":"a"}}`, want: "a",
		},
		"DeleteAction": {
			do:    func(t *testing.T, c *port.Client) (any, error) { return nil, c.DeleteAction(t.Context(), "a") },
			route: "DELETE /v1/actions/a", operation: "/v1/actions/{action_identifier}", query: url.Values{}, answer: `{"ok":true}`,
		},
		"ActionPermissions": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				p, err := c.ActionPermissions(t.Context(), "a")
				return p.Execute.Roles, err
			},
			route: "GET /v1/actions/a/permissions", operation: "/v1/actions/{action_identifier}/permissions", query: url.Values{},
			answer: `{"ok":true,"permissions":{"execute":{"users":[],"roles":["Member"],"teams":null,"ownedByTeam":false,"policy":null},"approve":{}}}`, want: []string{"Member"},
		},
		"Blueprint": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				b, err := c.GetBlueprint(t.Context(), "a")
				return string(b.Raw), err
			},
			route: "GET /v1/blueprints/a", operation: "/v1/blueprints/{identifier}", query: url.Values{}, answer: `{"ok":true,"blueprint":{"identifier":"a"}}`, want: `{"identifier":"a"}`,
		},
		"CreateBlueprint": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				b, err := c.CreateBlueprint(t.Context(), definition)
				return b.Identifier, err
			},
			route: "POST /v1/blueprints", operation: "/v1/blueprints", query: url.Values{}, body: string(definition), answer: `{"ok":true,"blueprint":{"identifier":"a"}}`, want: "a",
		},
		"UpdateBlueprint": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				b, err := c.UpdateBlueprint(t.Context(), "a", definition)
				return b.Identifier, err
			},
			route: "PUT /v1/blueprints/a", operation: "/v1/blueprints/{identifier}", query: url.Values{}, body: string(definition), answer: `{"ok":true,"blueprint":{"identifier":"a"}}`, want: "a",
		},
		"PatchBlueprint": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				b, err := c.PatchBlueprint(t.Context(), "a", definition)
				return b.Identifier, err
			},
			route: "PATCH /v1/blueprints/a", operation: "/v1/blueprints/{identifier}", query: url.Values{}, body: string(definition), answer: `{"ok":true,"blueprint":{"identifier":"a"}}`, want: "a",
		},
		"Secrets": {
			do:    func(t *testing.T, c *port.Client) (any, error) { return c.Secrets(t.Context()) },
			route: "GET /v1/organization/secrets", operation: "/v1/organization/secrets", query: url.Values{}, answer: `{"ok":true,"secrets":[{"secretName":"K","description":null}]}`, want: []port.Secret{{Name: "K"}},
		},
		"Secret": {
			do:    func(t *testing.T, c *port.Client) (any, error) { return c.GetSecret(t.Context(), "K") },
			route: "GET /v1/organization/secrets/K", operation: "/v1/organization/secrets/{secret_name}", query: url.Values{}, answer: `{"ok":true,"secret":{"secretName":"K","description":"d"}}`, want: port.Secret{Name: "K", Description: "d"},
		},
		"CreateSecret": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				return nil, c.CreateSecret(t.Context(), "K", "v", "d")
			},
			route: "POST /v1/organization/secrets", operation: "/v1/organization/secrets", query: url.Values{}, body: `{"secretName":"K","secretValue":"v","description":"d"}`,
		},
		"UpdateSecret": {
			do:    func(t *testing.T, c *port.Client) (any, error) { return nil, c.UpdateSecret(t.Context(), "K", "v") },
			route: "PATCH /v1/organization/secrets/K", operation: "/v1/organization/secrets/{secret_name}", query: url.Values{}, body: `{"secretValue":"v"}`,
		},
		"Entity": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				e, err := c.GetEntity(t.Context(), "b", "e:1/2")
				return fmt.Sprint(e.Title, e.Teams, e.Properties, e.Relations), err
			},
			route: "GET /v1/blueprints/b/entities/e:1%2F2", operation: "/v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}", query: url.Values{},
			answer: `{"ok":true,"entity":{"identifier":"e:1/2","title":"E","team":"t","properties":{"p":1},"relations":{"r":null}}}`, want: "E[t] map[p:1] map[r:<nil>]",
		},
		"SearchEntities": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				e, err := c.SearchEntities(t.Context(), "b", port.EntityQuery{Include: []string{"$title"}, Limit: 100, From: "n1",
					Filter: port.Rules{Combinator: "and", Rules: []any{port.Rule{Property: "$title", Operator: "contains", Value: "x"}}}})
				return fmt.Sprint(len(e.Entities), e.Next), err
			},
			route: "POST /v1/blueprints/b/entities/search", operation: "/v1/blueprints/{blueprint_identifier}/entities/search", query: url.Values{},
			body:   `{"query":{"combinator":"and","rules":[{"property":"$title","operator":"contains","value":"x"}]},"include":["$title"],"limit":100,"from":"n1"}`,
			answer: `{"ok":true,"next":"n2","entities":[{"identifier":"e"},7]}`, want: "1n2",
		},
		"SearchEntities/all": {
			do: func(t *testing.T, c *port.Client) (any, error) {
				e, err := c.SearchEntities(t.Context(), "b", port.EntityQuery{})
				return e.Next, err
			},
			route: "POST /v1/blueprints/b/entities/search", operation: "/v1/blueprints/{blueprint_identifier}/entities/search", query: url.Values{},
			body: `{}`, answer: `{"ok":true,"entities":[]}`, want: "",
		},
		"User": {
			do:    func(t *testing.T, c *port.Client) (any, error) { return c.GetUser(t.Context(), "a+b@example.com") },
			route: "GET /v1/users/a+b@example.com", operation: "/v1/users/{user_email}", query: url.Values{},
			answer: `{"ok":true,"user":{"email":"a+b@example.com","firstName":"A","lastName":null,"status":"ACTIVE","roles":[{"name":"Admin"}],"teams":["t"]}}`,
			want:   port.User{Email: "a+b@example.com", FirstName: "A", Status: "ACTIVE", Roles: []string{"Admin"}, Teams: []string{"t"}},
		},
		"Users": {
			do:    func(t *testing.T, c *port.Client) (any, error) { u, err := c.Users(t.Context()); return len(u), err },
			route: "GET /v1/users", operation: "/v1/users", query: url.Values{"fields": {"id", "email", "firstName", "lastName", "status", "teams.name", "roles.name"}}, answer: `{"ok":true,"users":[{"email":"a"},{}]}`, want: 1,
		},
		"Teams": {
			do:    func(t *testing.T, c *port.Client) (any, error) { return c.ListTeams(t.Context()) },
			route: "GET /v1/teams", operation: "/v1/teams", query: url.Values{"fields": {"id", "name", "description", "provider"}},
			answer: `{"ok":true,"teams":[{"id":"1","name":"t"},{}]}`, want: []port.Team{{ID: "1", Name: "t"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStubServer(t)
			s.respond(tc.route, 200, tc.answer)
			got, err := tc.do(t, s.newClient())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			calls, _ := s.calls()
			if len(calls) != 1 || calls[0].route != tc.route || calls[0].body != tc.body || cmp.Diff(tc.query, calls[0].query) != "" {
				t.Errorf("asked %+v", calls)
			}
			checkDocumentedQuery(t, tc.route, tc.operation, tc.query)
		})
	}
}

// checkDocumentedQuery checks against Port's OpenAPI document, where it is present, that the
// operation has these query parameters.
func checkDocumentedQuery(t *testing.T, route, operation string, query url.Values) {
	t.Helper()
	spec, err := portSpec()
	if err != nil {
		t.Logf("parameters are not looked up: %v", err)
		return
	}
	method, _, _ := strings.Cut(route, " ")
	parameters := spec.Paths[operation][strings.ToLower(method)].Parameters
	for name := range query {
		if !slices.Contains(parameters, parameter{name, "query"}) {
			t.Errorf("%s: Port knows no parameter %q", operation, name)
		}
	}
}

type parameter struct{ Name, In string }

type openAPI struct {
	Paths map[string]map[string]struct{ Parameters []parameter }
}

// portSpec reads Port's OpenAPI document.
var portSpec = sync.OnceValues(func() (openAPI, error) {
	var spec openAPI
	data, err := os.ReadFile("../../../shared/spec/port-openapi.json")
	if err == nil {
		err = json.Unmarshal(data, &spec)
	}
	return spec, err
})

// Lists and things that an answer leaves out are errors, not empty lists and things.
func TestClient_MissingMember(t *testing.T) {
	for route, do := range map[string]func(t *testing.T, c *port.Client) error{
		"GET /v1/actions/runs": func(t *testing.T, c *port.Client) error {
			_, err := c.ListRuns(t.Context(), port.RunsQuery{})
			return err
		},
		"GET /v1/actions/runs/a":          func(t *testing.T, c *port.Client) error { _, err := c.GetRun(t.Context(), "a"); return err },
		"GET /v1/actions":                 func(t *testing.T, c *port.Client) error { _, err := c.ListActions(t.Context()); return err },
		"GET /v1/actions/a":               func(t *testing.T, c *port.Client) error { _, err := c.GetAction(t.Context(), "a"); return err },
		"GET /v1/actions/a/permissions":   func(t *testing.T, c *port.Client) error { _, err := c.ActionPermissions(t.Context(), "a"); return err },
		"GET /v1/blueprints/a":            func(t *testing.T, c *port.Client) error { _, err := c.GetBlueprint(t.Context(), "a"); return err },
		"GET /v1/blueprints/a/entities/e": func(t *testing.T, c *port.Client) error { _, err := c.GetEntity(t.Context(), "a", "e"); return err },
		"POST /v1/blueprints/a/entities/search": func(t *testing.T, c *port.Client) error {
			_, err := c.SearchEntities(t.Context(), "a", port.EntityQuery{})
			return err
		},
		"GET /v1/organization/secrets":   func(t *testing.T, c *port.Client) error { _, err := c.Secrets(t.Context()); return err },
		"GET /v1/organization/secrets/a": func(t *testing.T, c *port.Client) error { _, err := c.GetSecret(t.Context(), "a"); return err },
		"GET /v1/users":                  func(t *testing.T, c *port.Client) error { _, err := c.Users(t.Context()); return err },
		"GET /v1/users/a":                func(t *testing.T, c *port.Client) error { _, err := c.GetUser(t.Context(), "a"); return err },
		"GET /v1/teams":                  func(t *testing.T, c *port.Client) error { _, err := c.ListTeams(t.Context()); return err },
	} {
		s := newStubServer(t)
		s.respond(route, 200, `{"ok":true}`)
		if err := do(t, s.newClient()); err == nil || !strings.Contains(err.Error(), "the answer holds no ") {
			t.Errorf("%s: %v", route, err)
		}
	}
}

func TestRunLogsPages(t *testing.T) {
	s := newStubServer(t)
	full := `{"ok":true,"runLogs":[` + strings.Repeat(`{"id":"l"},`, 49) + `{"id":"l"}]}`
	s.respond("GET /v1/actions/runs/r_1/logs", 200, full)
	logs, err := s.newClient().RunLogs(t.Context(), "r_1")
	calls, _ := s.calls()
	if err != nil || len(logs) != port.MaxRunLogs || calls[19].query.Get("offset") != "950" || len(calls) != 20 {
		t.Errorf("%d entries in %d calls, %v", len(logs), len(calls), err)
	}
}

func TestStripAudit_RemovesAuditMembers(t *testing.T) {
	got, err := port.StripAudit(json.RawMessage(`{"title":"A","id":"action_1","createdAt":"x","createdBy":"x","updatedAt":"x","updatedBy":"x","identifier":"a","big":12345678901234567890,"in":{"id":1}}`))
	if want := `{"big":12345678901234567890,"identifier":"a","in":{"id":1},"title":"A"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := port.StripAudit(json.RawMessage(`[]`)); err == nil {
		t.Error("a list is taken for a definition")
	}
}

func TestClient_InvalidIdentifiers(t *testing.T) {
	s := newStubServer(t)
	for _, id := range []string{"", ".", ".."} {
		if err := s.newClient().DeleteAction(t.Context(), id); err == nil {
			t.Errorf("deleted %q", id)
		}
	}
	if calls, _ := s.calls(); len(calls) > 0 {
		t.Errorf("asked %+v", calls)
	}
}
