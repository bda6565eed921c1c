package porttest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
)

const webhookAction = `{"identifier":%q,"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
	"who":{"type":"string","format":"entity","blueprint":"service"},"all":{"type":"array","items":{"type":"string","format":"entity","blueprint":"service"}}}}},
	"invocationMethod":{"type":"WEBHOOK","url":%q,"method":"PUT","synchronized":%s,"headers":{"X-Run":"{{ .run.id }}","X-None":"a {{ .no }}"},
	"body":{"who":"{{ .inputs.who }}","tier":"{{ .inputs.who.properties.tier }}","ids":"{{ .inputs.all | map(.identifier) }}","{{ .none }}":1,"by":"{{ .trigger.by.user.email }}","k":"{{ .secrets.K }}"}}}`

func newWebhookFixture(t *testing.T) (*fixture, *backend) {
	t.Helper()
	b := newBackend(t, 200, "")
	d := newFixture(t, porttest.Config{})
	d.must(
		d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutEntity("service", rawJSON(`{"identifier":"a","title":"A","properties":{"tier":1}}`)),
		d.PutEntity("service", rawJSON(`{"identifier":"b"}`)), d.PutAction(rawJSON(webhookAction, "sync", b.URL+"/x?s={{ .secrets.K }}", "true")),
		d.PutAction(rawJSON(webhookAction, "async", b.URL, "false")),
	)
	d.SetSecret("K", `se"cret`)
	return d, b
}

func TestWebhook_RequestContent(t *testing.T) {
	d, b := newWebhookFixture(t)
	d.expectError("POST", "/v1/actions/sync/runs", `{"properties":{"who":"zz"}}`, 422, "invalid_request", `"zz"`)
	d.expectError("POST", "/v1/actions/sync/runs", `{"properties":{"all":["a","zz"]}}`, 422, "invalid_request", `"zz"`)
	run := d.runAction("sync", `{"properties":{"who":"a","all":["a","b"]}}`, porttest.Success)
	sent := <-b.requests
	if sent.Method != "PUT" || sent.Header.Get("X-Run") != run.ID || sent.Header.Get("X-None") != "a null" {
		t.Errorf("sent %s %v", sent.Method, sent.Header)
	}
	body := sent.json(t)
	expectFields(t, body, map[string]any{
		"who.title": "A", "tier": 1.0, "ids": []any{"a", "b"}, "by": "alice@example.com", "k": `se"cret`,
	})
	if len(body) != 5 {
		t.Errorf("sent %v", body)
	}
	mac := hmac.New(sha256.New, []byte(d.ClientSecret))
	_, _ = mac.Write([]byte(sent.Header.Get("X-Port-Timestamp") + "." + string(sent.body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); sent.Header.Get("X-Port-Signature") != want {
		t.Errorf("signature %s, want %s", sent.Header.Get("X-Port-Signature"), want)
	}
	expectFields(t, run.Properties, map[string]any{"who": "a"})
	expectFields(t, run.Payload, map[string]any{"body.k": "********"})
}

func TestWebhook_EventsWithoutSecrets(t *testing.T) {
	d, _ := newWebhookFixture(t)
	events := make(chan emulator.Event, 100)
	defer d.Watch(func(e emulator.Event) { events <- e })()
	d.runAction("sync", `{"properties":{"who":"a","all":[]}}`, porttest.Success)
	kinds, last := "", ""
	for !strings.Contains(last, porttest.Success) {
		e := <-events
		kinds, last = kinds+e.Kind+" ", e.Text
		if strings.Contains(e.Text, "cret") {
			t.Errorf("an event contains the secret: %s", e.Text)
		}
	}
	if kinds != "run webhook webhook run " {
		t.Errorf("events %s", kinds)
	}
}

func TestWebhook_AsyncRunEndsLater(t *testing.T) {
	d, b := newWebhookFixture(t)
	run := d.runAction("async", `{"properties":{"all":[]}}`, porttest.InProgress)
	<-b.requests
	d.must(d.EndRun(run.ID, porttest.Failure, "no"))
	if r, _ := d.Run(run.ID); r.Summary != "no" || r.EndedAt.IsZero() || r.Response != nil {
		t.Errorf("ended %+v", r)
	}
}

func TestWebhook_ConnectionRefused(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.SetSecret("K", "hush-hush")
	d.must(d.PutAction(rawJSON(webhookAction, "dead", "http://127.0.0.1:1/{{ .secrets.K }}", "false")))
	if run := d.runAction("dead", `{"properties":{"all":[]}}`, porttest.Failure); strings.Contains(run.Summary, "hush") || run.Summary == "" {
		t.Errorf("failed with %q", run.Summary)
	}
}

func TestWebhook_ToPortAPI(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	d.must(d.PutBlueprint(rawJSON(serviceBlueprint)), d.PutAction(rawJSON(`{"identifier":"self","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}},
		"invocationMethod":{"type":"WEBHOOK","url":"https://api.getport.io/v1/blueprints/service/entities?upsert=true","synchronized":true,"body":{"identifier":"made","properties":{"tier":2}}}}`)))
	d.runAction("self", `{"properties":{}}`, porttest.Success)
	if got := d.Entities("service"); len(got) != 1 || got[0].Properties["tier"] != 2.0 {
		t.Errorf("entities %+v", got)
	}
}

func TestClose_EndsPendingWebhooks(t *testing.T) {
	arrived, hang := make(chan struct{}), make(chan struct{})
	b := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-hang
	}))
	t.Cleanup(func() {
		close(hang)
		b.Close()
	})
	s, err := porttest.Start(porttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	// A loop: each change of a service starts an automation that changes the service.
	if err := errors.Join(s.PutBlueprint(rawJSON(serviceBlueprint)), s.PutAction(rawJSON(`{"identifier":"hang","trigger":{"type":"automation","event":{"type":"ENTITY_CREATED","blueprintIdentifier":"service"}},
		"invocationMethod":{"type":"WEBHOOK","url":%q}}`, b.URL)), s.PutAction(rawJSON(`{"identifier":"loop","trigger":{"type":"automation","event":{"type":"ANY_ENTITY_CHANGE","blueprintIdentifier":"service"}},
		"invocationMethod":{"type":"UPSERT_ENTITY","blueprintIdentifier":"service","mapping":{"identifier":"a"}}}`)), s.PutEntity("service", rawJSON(`{"identifier":"a"}`))); err != nil {
		t.Fatal(err)
	}
	<-arrived
	s.Close() // returns long before the webhook's timeout, or the test's
}
