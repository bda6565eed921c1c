package manifests_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/itchyny/gojq"

	"foghorn/manifests"
)

// renderTemplates renders templates as Port does when each template is a whole value: a key that becomes null or "" is
// left out with its value.
func renderTemplates(t *testing.T, v any, data map[string]any) any {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			if k, _ := renderTemplates(t, key, data).(string); k != "" {
				out[k] = renderTemplates(t, inner, data)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = renderTemplates(t, v[i], data)
		}
		return out
	case string:
		program, ok := strings.CutPrefix(v, "{{")
		if !ok {
			return v
		}
		return evaluate(t, strings.TrimSuffix(program, "}}"), data)
	}
	return v
}

// evaluate returns the first output of a jq program.
func evaluate(t *testing.T, program string, data any) any {
	t.Helper()
	q, err := gojq.Parse(program)
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	out, _ := q.Run(data).Next()
	if err, failed := out.(error); failed {
		t.Fatalf("%s: %v", program, err)
	}
	return out
}

// templateContext decodes the context of templates from JSON.
func templateContext(t *testing.T, text string) map[string]any {
	t.Helper()
	m, _ := parseJSON(t, []byte(text)).(map[string]any)
	return m
}

func valueAt(t *testing.T, raw json.RawMessage, keys ...string) any {
	t.Helper()
	v := parseJSON(t, raw)
	for _, k := range keys {
		v = v.(map[string]any)[k]
	}
	return v
}

func TestRender_RequestBody(t *testing.T) {
	set, _ := manifests.Render(unusualOrganization, manifests.Options{Reporter: true})
	template := valueAt(t, set.Action, "invocationMethod", "body")
	reporter := []any{map[string]any{"incident_role_id": "01K0REPORTER", "assignee": map[string]any{"email": "ana@example.com"}}}
	for name, c := range map[string]struct {
		data string
		want map[string]any
	}{
		"by Foghorn": {
			`{"inputs":{"name":"N","severity":"SEV-2","visibility":"public","description":"D","request_id":"R"},"trigger":{"by":{"user":{"email":"ana@example.com"}}}}`,
			map[string]any{"name": "N", "severity_id": "01K0SEV2", "visibility": "public", "summary": "D", "idempotency_key": "R", "incident_role_assignments": reporter},
		},
		"without a person": {
			`{"inputs":{"name":"N","severity":"SEV-2","visibility":"public","request_id":"R"},"trigger":{"by":{"orgId":"o"}}}`,
			map[string]any{"name": "N", "severity_id": "01K0SEV2", "visibility": "public", "idempotency_key": "R"},
		},
		"empty description, from Port's page": {
			`{"inputs":{"name":"N","severity":"SEV-1 \"all hands\"","visibility":"private","description":"","request_id":""},"trigger":{"by":{"user":{"email":"ana@example.com"}}}}`,
			map[string]any{"name": "N", "severity_id": "01K0SEV1", "visibility": "private"},
		},
	} {
		got := renderTemplates(t, template, templateContext(t, c.data)).(map[string]any)
		if _, own := c.want["idempotency_key"]; !own {
			if key, _ := got["idempotency_key"].(string); key == "" {
				t.Errorf("%s: no idempotency key", name)
			}
			delete(got, "idempotency_key")
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestRender_Conditions(t *testing.T) {
	set, _ := manifests.Render(unusualOrganization, manifests.Options{BotURL: "https://bot.example.com/"})
	fires := func(raw json.RawMessage, event string) bool {
		for _, e := range valueAt(t, raw, "trigger", "condition", "expressions").([]any) {
			if evaluate(t, e.(string), templateContext(t, event)) != true {
				return false
			}
		}
		return true
	}
	for _, c := range []struct {
		event       string
		entity, bot bool
	}{
		{`{"diff":{"before":{"status":"IN_PROGRESS"},"after":{"status":"SUCCESS"}}}`, true, true},
		{`{"diff":{"before":{"status":"SUCCESS"},"after":{"status":"SUCCESS","summary":"later"}}}`, false, false},
		{`{"diff":{"before":{"status":"IN_PROGRESS"},"after":{"status":"FAILURE"}}}`, false, true},
		{`{"diff":{"before":{"status":"WAITING_FOR_APPROVAL"},"after":{"status":"IN_PROGRESS"}}}`, false, true},
		{`{"diff":{"before":null,"after":{"status":"SUCCESS"}}}`, true, true},
	} {
		if fires(set.Automation, c.event) != c.entity || fires(set.Webhook, c.event) != c.bot {
			t.Errorf("%s: want entity %v and webhook %v", c.event, c.entity, c.bot)
		}
	}
	call := renderTemplates(t, valueAt(t, set.Webhook, "invocationMethod"), templateContext(t, `{"event":{"diff":{"after":{"id":"r_1","status":"SUCCESS","response":{"incident":{"name":"secret"}}}}}}`)).(map[string]any)
	if d := cmp.Diff(map[string]any{"runId": "r_1", "status": "SUCCESS"}, call["body"]); d != "" || call["url"] != "https://bot.example.com/port/runs" {
		t.Errorf("%v: %s", call["url"], d)
	}
}

// TestRender_Entity renders the catalog entity of incidents with all fields, with the required fields only, and of
// private incidents.
func TestRender_Entity(t *testing.T) {
	set, _ := manifests.Render(unusualOrganization, manifests.Options{})
	mapping := valueAt(t, set.Automation, "invocationMethod", "mapping")
	entity := func(run string) map[string]any {
		t.Helper()
		m := renderTemplates(t, mapping, templateContext(t, `{"event":{"diff":{"after":`+run+`}}}`)).(map[string]any)
		for k, v := range m["properties"].(map[string]any) {
			if v == nil {
				delete(m["properties"].(map[string]any), k)
			}
		}
		delete(m, "relations")
		return m
	}
	for name, c := range map[string]struct {
		run  string
		want map[string]any
	}{
		"all fields": {
			`{"createdBy":"c@clients","payload":{"headers":{"X-Port-Run-By":"ana@example.com"}},"response":{"incident":{"id":"1","reference":"INC-1","name":"N","summary":"S","visibility":"public","permalink":"https://x/1",` +
				`"incident_status":{"name":"Triage"},"severity":{"name":"SEV-2"},"creator":{"api_key":{"name":"Port"}},"created_at":"2026-01-05T09:00:00Z","slack_channel_id":"C1","slack_channel_name":"inc-1","slack_team_id":"T1"}}}`,
			map[string]any{"identifier": "1", "title": "N", "properties": map[string]any{
				"url": "https://x/1", "status": "Triage", "severity": "SEV-2", "visibility": "public", "description": "S", "createdBy": "Port", "createdAt": "2026-01-05T09:00:00Z",
				"reference": "INC-1", "slackChannel": "#inc-1", "slackChannelUrl": "https://slack.com/app_redirect?channel=C1&team=T1", "declaredBy": "ana@example.com",
			}},
		},
		"required fields only": {
			`{"createdBy":"c@clients","response":{"incident":{"id":"2","reference":"INC-2","name":"N","visibility":"public","incident_status":{"name":"Triage"},"creator":{},"slack_channel_id":""}}}`,
			map[string]any{"identifier": "2", "title": "N", "properties": map[string]any{"status": "Triage", "visibility": "public", "reference": "INC-2", "declaredBy": "c@clients"}},
		},
		"private": {
			`{"createdBy":"c@clients","payload":{"headers":{"X-Port-Run-By":"ana@example.com"}},"response":{"incident":{"id":"3","reference":"INC-3","name":"secret","summary":"secret","visibility":"private","permalink":"https://x/3",` +
				`"incident_status":{"name":"Triage"},"severity":{"name":"SEV-2"},"slack_channel_id":"C3","slack_channel_name":"secret"}}}`,
			map[string]any{"identifier": "3", "title": "Private incident INC-3", "properties": map[string]any{"status": "Triage", "severity": "SEV-2", "visibility": "private", "reference": "INC-3"}},
		},
		"unknown visibility": {
			`{"response":{"incident":{"id":"4","name":"secret","permalink":"https://x/4"}}}`,
			map[string]any{"identifier": "4", "title": "Private incident 4", "properties": map[string]any{}},
		},
	} {
		if d := cmp.Diff(c.want, entity(c.run)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestRender_Deterministic renders the same organization, listed in two orders, to the same bytes.
func TestRender_Deterministic(t *testing.T) {
	other := unusualOrganization
	other.Severities = append(unusualOrganization.Severities[2:4:4], unusualOrganization.Severities[:2]...)
	other.Statuses = append(unusualOrganization.Statuses[2:4:4], unusualOrganization.Statuses[:2]...)
	a, _ := manifests.Render(unusualOrganization, manifests.Options{})
	b, _ := manifests.Render(other, manifests.Options{})
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}
