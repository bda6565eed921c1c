package manifests_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/incidentio"
	"foghorn/manifests"
)

var fieldOrganization = manifests.Organization{
	Types: []incidentio.Type{{ID: "T1", Name: "Default"}, {ID: "T2", Name: "Default"}},
	Fields: []manifests.Field{
		{CustomField: incidentio.CustomField{ID: "F1", Name: "Team", Type: "single_select", Description: "Who"},
			Options: []incidentio.FieldOption{{ID: "O1", Value: "A"}, {ID: "O2", Value: "A"}}},
		{CustomField: incidentio.CustomField{ID: "F2", Name: "Customers", Type: "multi_select"}, Options: []incidentio.FieldOption{{ID: "O3", Value: "C"}, {ID: "O4", Value: "D"}}},
		{CustomField: incidentio.CustomField{ID: "F3", Name: "Note", Type: "text"}},
		{CustomField: incidentio.CustomField{ID: "F 4", Name: "Page", Type: "link"}},
		{CustomField: incidentio.CustomField{ID: "F5", Name: "Users", Type: "numeric"}},
	},
}

// renderBody returns the templates of the request body for an organization, without their braces.
func renderBody(t *testing.T, org manifests.Organization) (body map[string]string, inputs map[string]any) {
	t.Helper()
	set, _ := manifests.Render(org, manifests.Options{})
	var d struct {
		Trigger struct {
			UserInputs struct{ Properties map[string]any }
		}
		InvocationMethod struct{ Body map[string]any }
	}
	if err := json.Unmarshal(set.Action, &d); err != nil {
		t.Fatal(err)
	}
	body = map[string]string{}
	for key, v := range d.InvocationMethod.Body {
		template, _ := v.(string)
		inner, ok := strings.CutPrefix(template, "{{")
		inner, also := strings.CutSuffix(inner, "}}")
		if strings.Contains(inner, "{{") || strings.Contains(inner, "}}") || strings.Contains(inner, "'") {
			t.Fatalf("not one template: %s", template)
		}
		if ok && also {
			body[key] = inner
		}
	}
	return body, d.Trigger.UserInputs.Properties
}

func TestRender_CustomFieldEntries(t *testing.T) {
	body, inputs := renderBody(t, fieldOrganization)
	entry := func(field, key, value string) map[string]any {
		return map[string]any{"custom_field_id": field, "values": []any{map[string]any{key: value}}}
	}
	for name, c := range map[string]struct {
		inputs map[string]any
		want   []any
	}{
		"nothing":     {map[string]any{}, []any{}},
		"empty":       {map[string]any{"incident_io_field_F1": "", "incident_io_field_F2": []any{}, "incident_io_field_F3": nil, "incident_io_field_F5": nil}, []any{}},
		"single":      {map[string]any{"incident_io_field_F1": "A (2)"}, []any{entry("F1", "value_option_id", "O2")}},
		"outdated":    {map[string]any{"incident_io_field_F1": "Z"}, []any{entry("F1", "value_option_id", "unknown option, run foghorn apply again")}},
		"text":        {map[string]any{"incident_io_field_F3": "x"}, []any{entry("F3", "value_text", "x")}},
		"link":        {map[string]any{"incident_io_field_F_4": "https://x"}, []any{entry("F 4", "value_link", "https://x")}},
		"zero":        {map[string]any{"incident_io_field_F5": 0.0}, []any{entry("F5", "value_numeric", "0")}},
		"a fraction":  {map[string]any{"incident_io_field_F5": -1.5}, []any{entry("F5", "value_numeric", "-1.5")}},
		"many values": {map[string]any{"incident_io_field_F2": []any{"D", "C"}}, []any{map[string]any{"custom_field_id": "F2", "values": []any{map[string]any{"value_option_id": "O4"}, map[string]any{"value_option_id": "O3"}}}}},
	} {
		got := evaluate(t, body["custom_field_entries"], map[string]any{"inputs": c.inputs})
		if diff := cmp.Diff(any(c.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for key, program := range body {
		if strings.Contains(key, "incident_type_id") {
			for input, want := range map[string]string{"Default": "T1", "Default (2)": "T2", "Z": "unknown incident type, run foghorn apply again"} {
				if got := evaluate(t, program, map[string]any{"inputs": map[string]any{"incident_io_type": input}}); got != want {
					t.Errorf("type %q: %v", input, got)
				}
			}
		}
	}
	team := inputs["incident_io_field_F1"]
	if diff := cmp.Diff(any(map[string]any{"type": "string", "title": "Team", "description": "Who", "enum": []any{"A", "A (2)"}}), team); diff != "" {
		t.Error(diff)
	}
}

// TestRender_AnyOptions evaluates the entries for fields, options and ids with any characters.
func TestRender_AnyOptions(t *testing.T) {
	hostile := []string{"}}", "{{", `\(1)`, `"`, "'", " 'x' ", "🔥", "\u2028", "\x00", `\u0041`, "}}{{.secrets.K}}", "a", " ", "É", "#", "$ENV", "//", "影響"}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 3))
		word := func(start string) string {
			for range random.IntN(5) {
				start += hostile[random.IntN(len(hostile))]
			}
			return start
		}
		f := manifests.Field{CustomField: incidentio.CustomField{ID: word("F"), Name: word("N"), Type: "multi_select"}}
		var want []any
		for n := range 1 + random.IntN(5) {
			f.Options = append(f.Options, incidentio.FieldOption{ID: word(fmt.Sprint("O", n)), Value: word("V")})
			want = append(want, map[string]any{"value_option_id": f.Options[n].ID})
		}
		body, inputs := renderBody(t, manifests.Organization{Fields: []manifests.Field{f}})
		id := slices.DeleteFunc(slices.Collect(maps.Keys(inputs)), func(id string) bool { return !strings.HasPrefix(id, "incident_io_field_F") })[0]
		all := inputs[id].(map[string]any)["items"].(map[string]any)["enum"]
		got := evaluate(t, body["custom_field_entries"], map[string]any{"inputs": map[string]any{id: all}})
		if diff := cmp.Diff(any([]any{map[string]any{"custom_field_id": f.ID, "values": want}}), got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}
