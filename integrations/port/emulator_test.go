package port_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/rest"
)

const (
	actionJSON = `{"identifier":"page","title":"Page somebody","trigger":{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{"title":{"type":"string","title":"Title"}},"required":["title"],"order":["title"]}},
		"invocationMethod":{"type":"KAFKA","payload":{}}}`
	blueprintJSON = `{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"number","title":"Tier"}},"required":[]},"relations":{}}`
)

// newEmulator is a client of an emulated Port, which has wire types of its own.
func newEmulator(t *testing.T) (*porttest.Server, *port.Client) {
	t.Helper()
	s, err := porttest.Start(porttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddUser("alice@example.com")
	c := port.New(port.Config{BaseURL: s.URL(), ClientID: s.ClientID, ClientSecret: s.ClientSecret})
	t.Cleanup(c.Close)
	return s, c
}

func TestEmulator_Runs(t *testing.T) {
	s, c := newEmulator(t)
	if err := s.PutAction(json.RawMessage(actionJSON)); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	ask := port.RunRequest{Action: "page", RunAs: "alice@example.com", Properties: map[string]any{"title": "The vault is open"}}
	run, err := c.CreateRun(ctx, ask)
	if err != nil || run.Action != "page" || run.HasEnded() || run.Properties["title"] != "The vault is open" || run.CreatedAt.IsZero() {
		t.Fatalf("made %+v, %v", run, err)
	}
	active, err := c.ListRuns(ctx, port.RunsQuery{Action: "page", UserEmail: "alice@example.com", Active: true, Exclude: []string{"payload", "response", "properties"}, Limit: 10})
	if err != nil || len(active) != 1 || active[0].ID != run.ID || active[0].Properties != nil {
		t.Errorf("active %+v, %v", active, err)
	}
	if err := s.EndRun(run.ID, port.StatusSuccess, "paged"); err != nil {
		t.Fatal(err)
	}
	ended, err := c.GetRun(ctx, run.ID)
	if err != nil || !ended.HasEnded() || ended.Summary != "paged" || ended.EndedAt.IsZero() {
		t.Errorf("ended %+v, %v", ended, err)
	}
	if active, err := c.ListRuns(ctx, port.RunsQuery{Active: true}); err != nil || len(active) != 0 {
		t.Errorf("still active %+v, %v", active, err)
	}
	if _, err := c.RunLogs(ctx, run.ID); err != nil {
		t.Error(err)
	}

	for name, wrong := range map[string]port.RunRequest{
		"no such action":  {Action: "none", RunAs: ask.RunAs, Properties: ask.Properties},
		"a missing input": {Action: "page", RunAs: ask.RunAs},
		"a stranger":      {Action: "page", RunAs: "mallory@example.com", Properties: ask.Properties},
	} {
		_, err := c.CreateRun(ctx, wrong)
		if e, ok := errors.AsType[*rest.Error](err); !ok || !e.Rejected() || e.Code == "" || e.RequestID == "" {
			t.Errorf("%s: %v", name, err)
		}
	}

	// The answer is lost, the run is there, and nobody takes it for a refusal.
	before := len(s.Runs())
	s.Plan(emulator.Fault{Path: "/v1/actions/page/runs", Method: http.MethodPost, Times: 1, Lose: true})
	_, err = c.CreateRun(ctx, ask)
	if e, ok := errors.AsType[*rest.Error](err); !ok || e.Rejected() || e.RateLimited() || e.NotSent() || len(s.Runs()) != before+1 {
		t.Errorf("a lost answer: %v, %d runs more", err, len(s.Runs())-before)
	}
}

func TestEmulator_Tokens(t *testing.T) {
	s, c := newEmulator(t)
	for range 3 {
		if _, err := c.GetUser(t.Context(), "alice@example.com"); err != nil {
			t.Fatal(err)
		}
		s.RevokeTokens()
	}
	if n := len(s.Calls("/v1/auth/access_token")); n != 3 {
		t.Errorf("asked for a token %d times, want 3", n)
	}
	s.SetTokenLifetime(time.Second)
	s.RevokeTokens()
	for begun := time.Now(); time.Since(begun) < 2500*time.Millisecond; {
		if _, err := c.GetUser(t.Context(), "alice@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Calls("/v1/auth/access_token")); n > 20 {
		t.Errorf("asked for a token %d times", n)
	}
	wrong := port.New(port.Config{BaseURL: s.URL(), ClientID: s.ClientID, ClientSecret: "another"})
	if err := wrong.CheckCredentials(t.Context()); !errors.Is(err, port.ErrCredentials) {
		t.Errorf("wrong credentials: %v", err)
	}
}

func TestEmulator_Definitions(t *testing.T) {
	s, c := newEmulator(t)
	ctx := t.Context()
	definition := json.RawMessage(blueprintJSON)
	if _, err := c.CreateBlueprint(ctx, definition); err != nil {
		t.Fatal(err)
	}
	b, err := c.GetBlueprint(ctx, "service")
	if err != nil || b.Title != "Service" {
		t.Errorf("blueprint %+v, %v", b, err)
	}
	if _, err := c.UpdateBlueprint(ctx, "service", definition); err != nil {
		t.Error(err)
	}
	if _, err := c.CreateAction(ctx, json.RawMessage(actionJSON)); err != nil {
		t.Fatal(err)
	}
	a, err := c.GetAction(ctx, "page")
	if err != nil || a.Title != "Page somebody" || a.Trigger != "self-service" {
		t.Errorf("action %+v, %v", a, err)
	}
	stripped, err := port.StripAudit(a.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateAction(ctx, "page", stripped); err != nil {
		t.Errorf("what was read cannot be written: %v", err)
	}
	if all, err := c.ListActions(ctx); err != nil || len(all) != 1 {
		t.Errorf("actions %+v, %v", all, err)
	}
	if err := c.DeleteAction(ctx, "page"); err != nil {
		t.Error(err)
	}
	if _, err := c.GetAction(ctx, "page"); rest.Status(err) != http.StatusNotFound {
		t.Errorf("a deleted action: %v", err)
	}

	if _, err := c.GetSecret(ctx, "KEY"); rest.Status(err) != http.StatusNotFound {
		t.Errorf("a secret that is none: %v", err)
	}
	if err := c.CreateSecret(ctx, "KEY", "inc_1", "for tests"); err != nil {
		t.Fatal(err)
	}
	if err := c.UpdateSecret(ctx, "KEY", "inc_2"); err != nil {
		t.Error(err)
	}
	if all, err := c.Secrets(ctx); err != nil || len(all) != 1 || all[0].Name != "KEY" {
		t.Errorf("secrets %+v, %v", all, err)
	}

	if err := s.PutEntity("service", json.RawMessage(`{"identifier":"checkout","title":"Checkout","properties":{"tier":1}}`)); err != nil {
		t.Fatal(err)
	}
	e, err := c.GetEntity(ctx, "service", "checkout")
	if err != nil || e.Title != "Checkout" || e.Properties["tier"] != 1.0 {
		t.Errorf("entity %+v, %v", e, err)
	}
	found, err := c.SearchEntities(ctx, "service", port.EntityQuery{Include: []string{"$identifier", "$title"}, Limit: 100,
		Filter: port.Rules{Combinator: "and", Rules: []any{port.Rule{Property: "$title", Operator: "contains", Value: "heck"}}}})
	if err != nil || len(found.Entities) != 1 || found.Entities[0].Identifier != "checkout" {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := c.ListTeams(ctx); err != nil {
		t.Error(err)
	}
}
