package port_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/port"
	"foghorn/integrations/rest/resttest"
)

// A methodCase is what a method sends, and what it returns for a response. The cases are in testdata/methods.json.
type methodCase struct {
	Operation string          // as Port's documentation names it
	Request   string          // method, path and query
	Body      any             // of the request
	Response  json.RawMessage // body
	Result    any             // as JSON, without zero values
}

// methodCalls are the calls of the cases.
var methodCalls = map[string]func(ctx context.Context, c *port.Client) (any, error){
	"CreateRun": func(ctx context.Context, c *port.Client) (any, error) {
		properties := map[string]any{"k": []string{"v"}}
		return c.CreateRun(ctx, port.RunRequest{Action: "a b", RunAs: "x+y@example.com", Entity: "e", Properties: properties})
	},
	"CreateRun without inputs": func(ctx context.Context, c *port.Client) (any, error) {
		return c.CreateRun(ctx, port.RunRequest{Action: "a"})
	},
	"GetRun": func(ctx context.Context, c *port.Client) (any, error) { return c.GetRun(ctx, "r_1") },
	"ListRuns": func(ctx context.Context, c *port.Client) (any, error) {
		exclude := []string{"payload", "response"}
		return c.ListRuns(ctx, port.RunsQuery{Action: "a", UserEmail: "x@y", Active: true, Exclude: exclude, Limit: 5000})
	},
	"ListRuns without a query": func(ctx context.Context, c *port.Client) (any, error) {
		return c.ListRuns(ctx, port.RunsQuery{})
	},
	"GetAction":   func(ctx context.Context, c *port.Client) (any, error) { return c.GetAction(ctx, "a") },
	"ListActions": func(ctx context.Context, c *port.Client) (any, error) { return c.Definitions().ListActions(ctx) },
	"ListSelfServiceActions": func(ctx context.Context, c *port.Client) (any, error) {
		return c.Definitions().ListSelfServiceActions(ctx)
	},
	"CreateAction": func(ctx context.Context, c *port.Client) (any, error) {
		return c.Definitions().CreateAction(ctx, testDefinition)
	},
	"UpdateAction": func(ctx context.Context, c *port.Client) (any, error) {
		return c.Definitions().UpdateAction(ctx, "a", testDefinition)
	},
	"GetBlueprint": func(ctx context.Context, c *port.Client) (any, error) { return c.Definitions().GetBlueprint(ctx, "a") },
	"CreateBlueprint": func(ctx context.Context, c *port.Client) (any, error) {
		return c.Definitions().CreateBlueprint(ctx, testDefinition)
	},
	"UpdateBlueprint": func(ctx context.Context, c *port.Client) (any, error) {
		return c.Definitions().UpdateBlueprint(ctx, "a", testDefinition)
	},
	"GetSecret": func(ctx context.Context, c *port.Client) (any, error) { return c.Definitions().GetSecret(ctx, "K") },
	"CreateSecret": func(ctx context.Context, c *port.Client) (any, error) {
		return nil, c.Definitions().CreateSecret(ctx, "K", "v", "d")
	},
	"UpdateSecret": func(ctx context.Context, c *port.Client) (any, error) {
		return nil, c.Definitions().UpdateSecret(ctx, "K", "v")
	},
	"GetEntity": func(ctx context.Context, c *port.Client) (any, error) { return c.GetEntity(ctx, "b", "e:1/2") },
	"SearchEntities": func(ctx context.Context, c *port.Client) (any, error) {
		filter := map[string]any{"combinator": "and"}
		return c.SearchEntities(ctx, "b", port.EntityQuery{Filter: filter, Include: []string{"$title"}, Limit: 100, From: "n1"})
	},
	"SearchEntities without a query": func(ctx context.Context, c *port.Client) (any, error) {
		return c.SearchEntities(ctx, "b", port.EntityQuery{})
	},
	"UpdateEntity": func(ctx context.Context, c *port.Client) (any, error) {
		change := port.EntityChange{Title: "T", Properties: map[string]any{"status": "Fixing", "url": nil}}
		return nil, port.NewCatalog(c).UpdateEntity(ctx, "b", "e:1/2", change)
	},
	"ListProperties": func(ctx context.Context, c *port.Client) (any, error) {
		return port.NewCatalog(c).ListProperties(ctx, "b")
	},
	"ListIntegrations": func(ctx context.Context, c *port.Client) (any, error) {
		return port.NewCatalog(c).ListIntegrations(ctx)
	},
	"GetUser": func(ctx context.Context, c *port.Client) (any, error) { return c.GetUser(ctx, "a+b@example.com") },
	"GetExecutePermissions": func(ctx context.Context, c *port.Client) (any, error) {
		return c.GetExecutePermissions(ctx, "a")
	},
	"GetExecutePermissions with a policy": func(ctx context.Context, c *port.Client) (any, error) {
		return c.GetExecutePermissions(ctx, "a")
	},
	"GetExecutePermissions that cannot be read": func(ctx context.Context, c *port.Client) (any, error) {
		return c.GetExecutePermissions(ctx, "a")
	},
	"ListTeams": func(ctx context.Context, c *port.Client) (any, error) { return c.ListTeams(ctx) },
}

var testDefinition = json.RawMessage(`{"identifier":"a","title":"A"}`)

func TestClient_Methods(t *testing.T) {
	cases := loadMethodCases(t)
	for name, call := range methodCalls {
		t.Run(name, func(t *testing.T) {
			tc, ok := cases[name]
			if !ok {
				t.Fatal("no case in testdata/methods.json")
			}
			route, query, _ := strings.Cut(tc.Request, "?")
			s := newStubServer(t)
			s.respond(route, 200, string(tc.Response))
			got, err := call(t.Context(), s.newClient())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.Result, dropZeros(toJSON(t, got))); diff != "" {
				t.Errorf("result: -want +got\n%s", diff)
			}
			requests, _ := s.calls()
			if len(requests) != 1 || requests[0].route != route || requests[0].query.Encode() != query {
				t.Fatalf("requests %+v", requests)
			}
			var body any
			_ = json.Unmarshal([]byte(requests[0].body), &body) // empty with GET
			if diff := cmp.Diff(tc.Body, body); diff != "" {
				t.Errorf("body: -want +got\n%s", diff)
			}
		})
	}
}

// TestClient_MissingMember: a response without the member that was asked for is an error, not a zero value.
func TestClient_MissingMember(t *testing.T) {
	cases := loadMethodCases(t)
	for name, call := range methodCalls {
		if tc := cases[name]; strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Search") {
			route, _, _ := strings.Cut(tc.Request, "?")
			s := newStubServer(t)
			s.respond(route, 200, `{"ok":true}`)
			if _, err := call(t.Context(), s.newClient()); err == nil || !strings.Contains(err.Error(), "the response has no ") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestClient_InvalidIdentifiers(t *testing.T) {
	s := newStubServer(t)
	for _, id := range []string{"", ".", ".."} {
		if _, err := s.newClient().Definitions().UpdateAction(t.Context(), id, testDefinition); err == nil {
			t.Errorf("%q is accepted", id)
		}
	}
	if requests, _ := s.calls(); len(requests) > 0 {
		t.Errorf("requests %+v", requests)
	}
}

func TestClient_MethodsLinkToDocumentation(t *testing.T) { resttest.CheckLinks(t) }

func TestStripAudit_RemovesAuditMembers(t *testing.T) {
	got, err := port.StripAudit(json.RawMessage(`{"title":"A","id":"action_1","createdAt":"x","createdBy":"x","updatedAt":"x",
		"updatedBy":"x","identifier":"a","big":12345678901234567890,"in":{"id":1}}`))
	if want := `{"big":12345678901234567890,"identifier":"a","in":{"id":1},"title":"A"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := port.StripAudit(json.RawMessage(`[]`)); err == nil {
		t.Error("a list is accepted as a definition")
	}
}

func loadMethodCases(t *testing.T) map[string]methodCase {
	t.Helper()
	data, err := os.ReadFile("testdata/methods.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]methodCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for name := range cases {
		if methodCalls[name] == nil {
			t.Errorf("testdata/methods.json has a case %q without a call", name)
		}
	}
	return cases
}

// toJSON returns v as JSON decodes it.
func toJSON(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// dropZeros removes the members of objects in v that are zero.
func dropZeros(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = dropZeros(v[i])
		}
	case map[string]any:
		for _, name := range slices.Collect(maps.Keys(v)) {
			switch member := dropZeros(v[name]).(type) {
			case nil, bool, float64, string:
				if slices.Contains([]any{nil, false, 0.0, "", "0001-01-01T00:00:00Z"}, any(member)) {
					delete(v, name)
				}
			case []any:
				if len(member) == 0 {
					delete(v, name)
				}
			}
		}
	}
	return v
}
