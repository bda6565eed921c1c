//go:build reference

package manifests_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/integrations/incidentio"
	"foghorn/manifests"
)

// readReference reads a file of the reference material, which is not part of the repository. REFERENCE_DIR is its
// folder.
func readReference(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReference_Guide compares the guide with the definitions that Port publishes.
func TestReference_Guide(t *testing.T) {
	guide := manifests.Guide()
	for file, ours := range map[string]json.RawMessage{
		"actions/104.json": guide.Action, "automations/049.json": guide.Automation, "blueprints/740.json": guide.Blueprint,
	} {
		if d := cmp.Diff(parseJSON(t, readReference(t, "corpus/"+file)), parseJSON(t, ours)); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

// TestReference_PortAPI checks every definition against Port's own description of its API.
func TestReference_PortAPI(t *testing.T) {
	data := readReference(t, "spec/port-openapi.json")
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
	for name, org := range map[string]manifests.Organization{"unknown": {}, "hard": unusualOrganization, "empty": {Severities: []incidentio.Severity{}, Statuses: []incidentio.Status{}}} {
		set, _ := manifests.Render(org, manifests.Options{Reporter: true, BotURL: "https://bot.example.com"})
		check(blueprint, name+" blueprint", set.Blueprint)
		check(action, name+" action", set.Action)
		check(action, name+" automation", set.Automation)
		check(action, name+" push", set.Webhook)
	}
}
