package port_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/rest"
)

const (
	actionJSON = `{"identifier":"page","title":"Page the on-call engineer","trigger":{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{"title":{"type":"string","title":"Title"}},"required":["title"],"order":["title"]}},
		"invocationMethod":{"type":"KAFKA","payload":{}}}`
	blueprintJSON = `{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"number","title":"Tier"}},"required":[]},"relations":{}}`
)

// newEmulator starts an emulated Port, which has wire types of its own, and returns it with a client.
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

// newRunEmulator starts an emulated Port with an action and returns a request to run it.
func newRunEmulator(t *testing.T) (*porttest.Server, *port.Client, port.RunRequest) {
	t.Helper()
	s, c := newEmulator(t)
	if err := s.PutAction(json.RawMessage(actionJSON)); err != nil {
		t.Fatal(err)
	}
	properties := map[string]any{"title": "Checkout errors"}
	return s, c, port.RunRequest{Action: "page", RunAs: "alice@example.com", Properties: properties}
}

func TestEmulator_Runs(t *testing.T) {
	s, c, request := newRunEmulator(t)
	ctx := t.Context()
	run, err := c.CreateRun(ctx, request)
	if err != nil || run.Action != "page" || run.HasEnded() || run.Properties["title"] != "Checkout errors" || run.CreatedAt.IsZero() {
		t.Fatalf("created %+v, %v", run, err)
	}
	if err := s.EndRun(run.ID, port.StatusSuccess, "paged"); err != nil {
		t.Fatal(err)
	}
	ended, err := c.GetRun(ctx, run.ID)
	if err != nil || !ended.HasEnded() || ended.Summary != "paged" || ended.EndedAt.IsZero() {
		t.Errorf("ended %+v, %v", ended, err)
	}
}

func TestEmulator_ActiveRuns(t *testing.T) {
	s, c, request := newRunEmulator(t)
	run, err := c.CreateRun(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	exclude := []string{"payload", "response", "properties"}
	query := port.RunsQuery{Action: "page", UserEmail: "alice@example.com", Active: true, Exclude: exclude, Limit: 10}
	active, err := c.ListRuns(t.Context(), query)
	if err != nil || len(active) != 1 || active[0].ID != run.ID || active[0].Properties != nil {
		t.Errorf("active %+v, %v", active, err)
	}
	if err := s.EndRun(run.ID, port.StatusSuccess, ""); err != nil {
		t.Fatal(err)
	}
	if active, err := c.ListRuns(t.Context(), query); err != nil || len(active) != 0 {
		t.Errorf("after its end: active %+v, %v", active, err)
	}
}

func TestEmulator_RejectedRuns(t *testing.T) {
	_, c, request := newRunEmulator(t)
	for name, rejected := range map[string]port.RunRequest{
		"unknown action": {Action: "none", RunAs: request.RunAs, Properties: request.Properties},
		"missing input":  {Action: "page", RunAs: request.RunAs},
		"unknown person": {Action: "page", RunAs: "mallory@example.com", Properties: request.Properties},
	} {
		_, err := c.CreateRun(t.Context(), rejected)
		if e, ok := errors.AsType[*rest.Error](err); !ok || !rest.IsRejected(err) || e.Code == "" || e.RequestID == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEmulator_ResponseLost: the run exists, so the error must not look as if nothing was done.
func TestEmulator_ResponseLost(t *testing.T) {
	s, c, request := newRunEmulator(t)
	s.InjectFault(emulator.Fault{Path: "/v1/actions/page/runs", Method: http.MethodPost, Times: 1, DropResponse: true})
	_, err := c.CreateRun(t.Context(), request)
	if err == nil || rest.IsRejected(err) || rest.IsRateLimited(err) || rest.IsNotSent(err) || len(s.Runs()) != 1 {
		t.Errorf("got %v, %d runs", err, len(s.Runs()))
	}
}

func TestEmulator_RevokedTokens(t *testing.T) {
	s, c := newEmulator(t)
	for range 3 {
		if _, err := c.GetUser(t.Context(), "alice@example.com"); err != nil {
			t.Fatal(err)
		}
		s.RevokeTokens()
	}
	if n := len(s.Calls("/v1/auth/access_token")); n != 3 {
		t.Errorf("%d token requests, want 3", n)
	}
}

func TestEmulator_ShortTokens(t *testing.T) {
	s, c := newEmulator(t)
	s.SetTokenLifetime(time.Second)
	for begun := time.Now(); time.Since(begun) < 2500*time.Millisecond; {
		if _, err := c.GetUser(t.Context(), "alice@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Calls("/v1/auth/access_token")); n > 20 {
		t.Errorf("%d token requests within 2.5 s", n)
	}
}

func TestEmulator_WrongCredentials(t *testing.T) {
	s, _ := newEmulator(t)
	c := port.New(port.Config{BaseURL: s.URL(), ClientID: s.ClientID, ClientSecret: "another"})
	if err := c.CheckCredentials(t.Context()); !errors.Is(err, port.ErrCredentials) {
		t.Errorf("got %v", err)
	}
}

func TestEmulator_Blueprints(t *testing.T) {
	_, c := newEmulator(t)
	ctx := t.Context()
	if _, err := c.Definitions().CreateBlueprint(ctx, json.RawMessage(blueprintJSON)); err != nil {
		t.Fatal(err)
	}
	b, err := c.Definitions().GetBlueprint(ctx, "service")
	if err != nil || b.Title != "Service" {
		t.Errorf("blueprint %+v, %v", b, err)
	}
	if _, err := c.Definitions().UpdateBlueprint(ctx, "service", json.RawMessage(blueprintJSON)); err != nil {
		t.Error(err)
	}
}

func TestEmulator_Actions(t *testing.T) {
	_, c := newEmulator(t)
	ctx := t.Context()
	if _, err := c.Definitions().CreateAction(ctx, json.RawMessage(actionJSON)); err != nil {
		t.Fatal(err)
	}
	a, err := c.GetAction(ctx, "page")
	if err != nil || a.Title != "Page the on-call engineer" || a.Trigger != "self-service" {
		t.Errorf("action %+v, %v", a, err)
	}
	stripped, err := port.StripAudit(a.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Definitions().UpdateAction(ctx, "page", stripped); err != nil {
		t.Errorf("write the definition back: %v", err)
	}
	if all, err := c.Definitions().ListActions(ctx); err != nil || len(all) != 1 {
		t.Errorf("actions %+v, %v", all, err)
	}
	if _, err := c.GetAction(ctx, "unknown"); !rest.IsNotFound(err) {
		t.Errorf("unknown action: %v", err)
	}
}

func TestEmulator_Secrets(t *testing.T) {
	_, c := newEmulator(t)
	ctx := t.Context()
	if _, err := c.Definitions().GetSecret(ctx, "KEY"); !rest.IsNotFound(err) {
		t.Errorf("unknown secret: %v", err)
	}
	if err := c.Definitions().CreateSecret(ctx, "KEY", "inc_1", "for tests"); err != nil {
		t.Fatal(err)
	}
	if err := c.Definitions().UpdateSecret(ctx, "KEY", "inc_2"); err != nil {
		t.Error(err)
	}
	if secret, err := c.Definitions().GetSecret(ctx, "KEY"); err != nil || secret.Name != "KEY" {
		t.Errorf("secret %+v, %v", secret, err)
	}
}

func TestEmulator_Catalog(t *testing.T) {
	s, c := newEmulator(t)
	ctx := t.Context()
	if err := s.PutBlueprint(json.RawMessage(blueprintJSON)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutEntity("service", json.RawMessage(`{"identifier":"checkout","title":"Checkout","properties":{"tier":1}}`)); err != nil {
		t.Fatal(err)
	}
	e, err := c.GetEntity(ctx, "service", "checkout")
	if err != nil || e.Title != "Checkout" || !strings.Contains(string(e.Raw), `"tier":1`) {
		t.Errorf("entity %+v, %v", e, err)
	}
	filter := json.RawMessage(`{"combinator":"and","rules":[{"property":"$title","operator":"contains","value":"heck"}]}`)
	include := []string{"$identifier", "$title"}
	found, err := c.SearchEntities(ctx, "service", port.EntityQuery{Filter: filter, Include: include, Limit: 100})
	if err != nil || len(found.Entities) != 1 || found.Entities[0].Identifier != "checkout" {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := c.ListTeams(ctx); err != nil {
		t.Error(err)
	}
}

func TestEmulator_Approvers(t *testing.T) {
	s, c := newEmulator(t)
	s.AddUser("carol@example.com")
	s.AddUser("dave@example.com")
	definition := strings.Replace(actionJSON, `"invocationMethod"`, `"requiredApproval":true,"invocationMethod"`, 1)
	if err := errors.Join(s.PutAction(json.RawMessage(definition)), s.SetApprovers("page", "carol@example.com")); err != nil {
		t.Fatal(err)
	}
	ctx, approvals := t.Context(), port.NewApprovals(c)
	run, err := c.CreateRun(ctx, port.RunRequest{Action: "page", RunAs: "alice@example.com", Properties: map[string]any{"title": "x"}})
	if err != nil || run.Status != port.StatusWaitingForApproval {
		t.Fatalf("created %+v, %v", run, err)
	}
	pending, err := approvals.ListApprovers(ctx, run.ID, true)
	if err != nil || len(pending) != 1 || pending[0].Name != "Carol" || !pending[0].IsPending() {
		t.Errorf("approvers %+v, %v", pending, err)
	}
	if err := s.DeclineAs(ctx, run.ID, "carol@example.com", "not today"); err != nil {
		t.Fatal(err)
	}
	decided, err := approvals.ListApprovers(ctx, run.ID, false)
	if err != nil || len(decided) != 1 || decided[0].Name != "Carol" || !decided[0].HasDeclined() || decided[0].IsPending() || decided[0].Description != "not today" {
		t.Errorf("approvers %+v, %v", decided, err)
	}
	if run, err = c.GetRun(ctx, run.ID); err != nil || run.Comment != "not today" || run.Status != port.StatusDeclined {
		t.Errorf("the run is %+v, %v", run, err)
	}
}

func TestApprovals_Names(t *testing.T) {
	s := newStubServer(t)
	s.respond("GET /v1/actions/runs/r_1/approvers", 200, `{"ok":true,"approvers":[{"userId":"auth0|1","state":"pending"},
		{"userId":"b@example.com","state":"APPROVED"},{"userId":"key@clients","state":"x"},{"state":"x"},null,"text",{"userId":7,"state":{}}]}`)
	s.respond("GET /v1/users", 403, `{"ok":false,"error":"forbidden"}`)
	got, err := port.NewApprovals(s.newClient()).ListApprovers(t.Context(), "r_1", true)
	names := ""
	for _, a := range got {
		names += a.Name
	}
	if err != nil || names != "b@example.com" || len(got) < 3 || !got[0].IsPending() || got[1].IsPending() {
		t.Errorf("approvers %+v, %v", got, err)
	}
}
