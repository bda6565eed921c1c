package manifests_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/manifests"
)

func parseJSON(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestGuide_MatchesPort holds the guide to what Port publishes.
func TestGuide_MatchesPort(t *testing.T) {
	guide := manifests.Guide()
	verbatim, warnings := manifests.Render(unusualOrganization, manifests.Options{Verbatim: true, BotURL: "https://bot.example.com", Reporter: true})
	if d := cmp.Diff(guide, verbatim); d != "" || len(warnings) > 0 {
		t.Errorf("verbatim is not the guide: %s %q", d, warnings)
	}
	for file, ours := range map[string]json.RawMessage{
		"actions/104.json": guide.Action, "automations/049.json": guide.Automation, "blueprints/740.json": guide.Blueprint,
	} {
		theirs, err := os.ReadFile("../../shared/corpus/" + file)
		if err != nil {
			t.Log("not compared: Port's definitions are not here")
			return
		}
		if d := cmp.Diff(parseJSON(t, theirs), parseJSON(t, ours)); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

// TestRender_MatchesPortAPI checks every definition against Port's own description of its API.
func TestRender_MatchesPortAPI(t *testing.T) {
	data, err := os.ReadFile("../../shared/spec/port-openapi.json")
	if err != nil {
		t.Log("not checked: Port's OpenAPI document is not here")
		return
	}
	// Go's expressions have no look-ahead.
	data = regexp.MustCompile(`"pattern": "\^\(\?!(\\.|[^"\\])*"`).ReplaceAll(data, []byte(`"pattern": "."`))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file:///port.json", doc); err != nil {
		t.Fatal(err)
	}
	schema := func(path string) *jsonschema.Schema {
		return c.MustCompile("file:///port.json#/paths/" + path + "/post/requestBody/content/application~1json/schema")
	}
	action, blueprint := schema("~1v1~1actions"), schema("~1v1~1blueprints")
	check := func(s *jsonschema.Schema, name string, data json.RawMessage) {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, org := range map[string]manifests.Organization{"unknown": {}, "hard": unusualOrganization, "empty": {Severities: []manifests.Severity{}, Statuses: []manifests.Status{}}} {
		set, _ := manifests.Render(org, manifests.Options{Reporter: true, BotURL: "https://bot.example.com"})
		check(blueprint, name+" blueprint", set.Blueprint)
		check(action, name+" action", set.Action)
		check(action, name+" automation", set.Automation)
		check(action, name+" push", set.Webhook)
	}
}
