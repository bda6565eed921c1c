package bot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// newEnvWithCondition is an environment whose action is only for services that meet a condition.
func newEnvWithCondition(t *testing.T, operation, condition string) *testenv.Env {
	t.Helper()
	e := newEnvWithAction(t, fmt.Sprintf(`{"type":"self-service","operation":%q,"blueprintIdentifier":"service","condition":%s,
		"userInputs":{"properties":{"reason":{"type":"string","title":"Reason"}},"required":[]}}`, operation, condition))
	if err := e.Port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{
		"state":{"type":"string"},"replicas":{"type":"number"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		id, state string
		replicas  int
	}{{"api", "failed", 1}, {"web", "running", 5}, {"db", "cancelled", 3}} {
		putService(t, e, s.id, s.state, s.replicas)
	}
	return e.Start()
}

func putService(t *testing.T, e *testenv.Env, id, state string, replicas int) {
	t.Helper()
	entity := fmt.Sprintf(`{"identifier":%q,"title":%q,"properties":{"state":%q,"replicas":%d}}`, id, strings.ToUpper(id), state, replicas)
	if err := e.Port.PutEntity("service", json.RawMessage(entity)); err != nil {
		t.Fatal(err)
	}
}

// offered are the labels of the options that a type-ahead offers.
func offered(t *testing.T, e *testenv.Env, form *slacktest.Modal, label, query string) (texts []string) {
	t.Helper()
	options, err := form.SearchOptions(e.Context(), label, query)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range options {
		texts = append(texts, o.Text)
	}
	return texts
}

func TestForm_ActionCondition(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation, condition string
		want                 []string
	}{
		"in":         {"DAY-2", `{"type":"SEARCH","combinator":"and","rules":[{"property":"state","operator":"in","value":["failed","cancelled"]}]}`, []string{"API", "DB"}},
		"delete":     {"DELETE", `{"type":"SEARCH","combinator":"and","rules":[{"property":"state","operator":"=","value":"failed"}]}`, []string{"API"}},
		"or":         {"DAY-2", `{"type":"SEARCH","combinator":"or","rules":[{"property":"state","operator":"=","value":"failed"},{"property":"replicas","operator":">","value":4}]}`, []string{"API", "WEB"}},
		"nested":     {"DAY-2", `{"type":"SEARCH","combinator":"and","rules":[{"combinator":"or","rules":[{"property":"$identifier","operator":"=","value":"db"},{"property":"$title","operator":"=","value":"WEB"}]}]}`, []string{"DB", "WEB"}},
		"no rule":    {"DAY-2", `{"type":"SEARCH","combinator":"and","rules":[]}`, []string{"API", "DB", "WEB"}},
		"none meets": {"DAY-2", `{"type":"SEARCH","combinator":"and","rules":[{"property":"state","operator":"=","value":"other"}]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnvWithCondition(t, c.operation, c.condition)
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			if diff := cmp.Diff(c.want, offered(t, e, form, "Entity", "")); diff != "" {
				t.Errorf("offered (-want +got):\n%s", diff)
			}
		})
	}
}

// TestForm_ActionConditionAtSubmission submits an entity that does not meet the condition of the action any more. Port
// does not say that its API checks the condition, so the bot does.
func TestForm_ActionConditionAtSubmission(t *testing.T) {
	t.Parallel()
	e := newEnvWithCondition(t, "DAY-2", `{"type":"SEARCH","combinator":"and","rules":[{"property":"state","operator":"=","value":"failed"}]}`)
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	options, err := form.SearchOptions(e.Context(), "Entity", "api")
	if err != nil || len(options) != 1 {
		t.Fatalf("%v, %v", options, err)
	}
	if err := form.Fill("Entity", options[0].Value); err != nil {
		t.Fatal(err)
	}
	putService(t, e, "api", "running", 1)
	r, err := form.Submit(e.Context())
	if err != nil || r.Closed || !strings.Contains(r.Errors["Entity"], `"API" is no longer available. Choose another entity.`) {
		t.Fatalf("%+v, %v", r, err)
	}
	if runs := e.Port.Runs(); len(runs) > 0 {
		t.Errorf("it was run: %+v", runs)
	}
	putService(t, e, "api", "failed", 1)
	e.Submit(form)
	if _, entity := e.WaitRun(); entity != "api" {
		t.Errorf("it was run for %s", entity)
	}
}
