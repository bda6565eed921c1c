package manifests_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/incidentio"
	"foghorn/manifests"
)

func TestMerge_Twice(t *testing.T) {
	guide := manifests.Guide()
	fields := unusualOrganization
	fields.Types = []incidentio.Type{{ID: "T1", Name: "Default"}}
	fields.Fields = []manifests.Field{{CustomField: incidentio.CustomField{ID: "F1", Name: "Team", Type: "text"}}}
	for name, org := range map[string]manifests.Organization{"unknown": {}, "unusual": unusualOrganization, "with fields": fields} {
		set, _ := manifests.Render(org, manifests.Options{})
		for part, c := range map[string]struct{ have, want json.RawMessage }{
			"action": {guide.Action, set.Action}, "automation": {guide.Automation, set.Automation}, "blueprint": {guide.Blueprint, set.Blueprint},
		} {
			once, err := manifests.Merge(org, c.have, c.want)
			if err != nil {
				t.Fatal(err)
			}
			twice, err := manifests.Merge(org, once, c.want)
			if err != nil || string(once) != string(twice) {
				t.Errorf("%s of %s: %v\n%s", part, name, err, cmp.Diff(string(once), string(twice)))
			}
			if name == "unusual" && part != "blueprint" { // nobody added anything to the guide
				if diff := cmp.Diff(sortLists(t, c.want), sortLists(t, once)); diff != "" {
					t.Errorf("%s of %s (-rendered +merged):\n%s", part, name, diff)
				}
			}
		}
	}
}

// sortLists decodes JSON and sorts its lists of strings.
func sortLists(t *testing.T, data json.RawMessage) any {
	var sorted func(v any) any
	sorted = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				v[k] = sorted(v[k])
			}
		case []any:
			slices.SortFunc(v, func(a, b any) int {
				x, _ := a.(string)
				y, _ := b.(string)
				return strings.Compare(x, y)
			})
		}
		return v
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return sorted(v)
}

// TestMerge_RemovesWhatItWrote renders for an organization that has fewer things than before.
func TestMerge_RemovesWhatItWrote(t *testing.T) {
	before := unusualOrganization
	before.Types = []incidentio.Type{{ID: "T1", Name: "Default"}}
	before.Fields = []manifests.Field{{CustomField: incidentio.CustomField{ID: "F1", Name: "Team", Type: "text"}}}
	old, _ := manifests.Render(before, manifests.Options{})
	after := manifests.Organization{
		Severities: []incidentio.Severity{}, Statuses: []incidentio.Status{}, Types: []incidentio.Type{}, Fields: []manifests.Field{},
	}
	set, _ := manifests.Render(after, manifests.Options{})
	for part, c := range map[string]struct{ have, want json.RawMessage }{"action": {old.Action, set.Action}, "blueprint": {old.Blueprint, set.Blueprint}} {
		got, err := manifests.Merge(after, c.have, c.want)
		if diff := cmp.Diff(string(c.want), string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", part, err, diff)
		}
	}
	got, err := manifests.Merge(manifests.Organization{Severities: []incidentio.Severity{}, Statuses: []incidentio.Status{}}, set.Action, manifests.Guide().Action)
	if err != nil || strings.Contains(string(got), "request_id") {
		t.Errorf("--verbatim keeps request_id: %v", err)
	}
}

func TestMerge_OwnSummary(t *testing.T) {
	set, _ := manifests.Render(unusualOrganization, manifests.Options{})
	own := strings.Replace(string(manifests.Guide().Action), `"summary": "{{.inputs.description}}"`, `"summary": "{{.inputs.description}} (from Slack)"`, 1)
	got, err := manifests.Merge(unusualOrganization, json.RawMessage(own), set.Action)
	if err != nil || strings.Count(string(got), "summary") != 1 || !strings.Contains(string(got), "(from Slack)") {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestMerge_KeepsNumbers checks that numbers of people keep all their digits.
func TestMerge_KeepsNumbers(t *testing.T) {
	set, _ := manifests.Render(unusualOrganization, manifests.Options{})
	have := strings.Replace(string(set.Action), `"visible": false`, `"visible": false, "default": 12345678901234567890`, 1)
	got, err := manifests.Merge(unusualOrganization, json.RawMessage(have), set.Action)
	if err != nil || !strings.Contains(string(got), "12345678901234567890") {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestMerge_AnyDefinition replaces parts of a definition by values of other types. Merge must not panic, and its result
// must be stable.
func TestMerge_AnyDefinition(t *testing.T) {
	org := unusualOrganization
	org.Types = []incidentio.Type{{ID: "T1", Name: "Default"}}
	org.Fields = []manifests.Field{{CustomField: incidentio.CustomField{ID: "F1", Name: "Team", Type: "text"}}}
	set, _ := manifests.Render(org, manifests.Options{})
	odd := []string{`null`, `true`, `"x"`, `1.5`, `[]`, `[null, {}, [], "name"]`, `{}`, `{"jqQuery":"1"}`, `{"order":1}`, `[{"order":["name"]},{}]`}
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 2))
		want := []json.RawMessage{set.Action, set.Automation, set.Blueprint}[seed%3]
		var have map[string]any
		if err := json.Unmarshal(want, &have); err != nil {
			t.Fatal(err)
		}
		for range 1 + random.IntN(4) {
			o := have
			for {
				keys := append(slices.Sorted(maps.Keys(o)), "steps")
				key := keys[random.IntN(len(keys))]
				next, ok := o[key].(map[string]any)
				if !ok || len(next) == 0 || random.IntN(4) == 0 {
					var value any
					_ = json.Unmarshal([]byte(odd[random.IntN(len(odd))]), &value)
					o[key] = value
					break
				}
				o = next
			}
		}
		data, err := json.Marshal(have)
		if err != nil {
			t.Fatal(err)
		}
		once, err := manifests.Merge(org, data, want)
		if errors.Is(err, manifests.ErrOwnEntries) {
			continue
		}
		if twice, again := manifests.Merge(org, once, want); err != nil || again != nil || string(once) != string(twice) {
			t.Fatalf("seed %d: %v, %v\n%s", seed, err, again, cmp.Diff(string(once), string(twice)))
		}
	}
}

// TestMerge_FormWithoutOrder keeps the order of the definition, which a form has that people did not arrange.
func TestMerge_FormWithoutOrder(t *testing.T) {
	set, _ := manifests.Render(unusualOrganization, manifests.Options{})
	have := `{"identifier":"x","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
		"visibility":{"type":"string"},"team":{"type":"string"},"name":{"type":"string"},"area":{"type":"string"}}}},"invocationMethod":{"type":"WEBHOOK","url":"https://x"}}`
	got, err := manifests.Merge(unusualOrganization, json.RawMessage(have), set.Action)
	if err != nil {
		t.Fatal(err)
	}
	order := parseAction(t, manifests.Set{Action: got}).Trigger.UserInputs.Order
	if want := []string{"visibility", "request_id", "team", "name", "description", "severity", "area"}; !slices.Equal(order, want) {
		t.Errorf("order %q, want %q", order, want)
	}
}
