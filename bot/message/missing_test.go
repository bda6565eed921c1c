package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestMissingInput_NamesField tries texts that an API may use: incident.io documents none.
func TestMissingInput_NamesField(t *testing.T) {
	for text, name := range map[string]string{
		`The custom field "Affected team" is required`:                   "Affected team",
		`Custom field 'Affected team' must be set`:                       "Affected team",
		"Custom field Affected team is required when an incident opens":  "Affected team",
		"A value is required for custom field Affected team.":            "Affected team",
		"Affected team is required":                                      "Affected team",
		"The field “Betroffene Kunden” is required":                      "Betroffene Kunden",
		"Missing value for custom field: 影響":                             "影響",
		"影響 is required":                                                 "影響",
		"Please provide a value for Affected team":                       "Affected team",
		"Custom field required: Affected team":                           "Affected team",
		"Customer's region is required":                                  "Customer's region",
		"You must provide a value for custom field Affected team":        "Affected team",
		"You must set Affected team.":                                    "Affected team",
		"A custom field is required":                                     "",
		"This field is required":                                         "",
		"custom_field_entries is required":                               "",
		"is required":                                                    "",
		"":                                                               "",
		"The custom field " + strings.Repeat("x", 500) + " is required":  "",
		"The custom field `$(rm -rf /)` is required":                     "",
		"The custom field “a\" ; rm -rf / ; \"b” is required to be here": "",
	} {
		body := fmt.Sprintf(`{"errors":[{"code":"is_required","message":%q,"source":{"field":"custom_field_entries"}}]}`, text)
		got := MissingInput(json.RawMessage(body))
		want := "foghorn apply --custom-field NAME"
		if name != "" {
			want = fmt.Sprintf("foghorn apply --custom-field %q", name)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %s", text, got, want)
		}
	}
}

func TestMissingInput_Other(t *testing.T) {
	for body, want := range map[string]string{
		`{"errors":[{"code":"is_required","message":"x","source":{"field":"custom_field_entries.0.values"}}]}`:         "--custom-field",
		`{"errors":[{"code":"is_required","message":"x","source":{"field":"custom_fields[01F].values"}}]}`:             "--custom-field",
		`{"errors":[{"message":"Required custom field Team was not provided"}]}`:                                       "--custom-field",
		`{"errors":[{"code":"invalid_value","message":"Option not found","source":{"field":"custom_field_entries"}}]}`: "foghorn apply",
		`{"errors":[{"code":"is_required","message":"x","source":{"field":"incident_type_id"}}]}`:                      "--incident-types",
		`{"errors":[{"code":"is_required","message":"x","source":{"field":"slack_team_id"}}]}`:                         "--slack-team",
		`{"errors":[{"code":"is_required","message":"A severity is required","source":{"field":"severity_id"}}]}`:      "",
		`{"errors":[{"code":"x","message":"y"},{"code":"is_required","source":{"field":"custom_field_entries"}}]}`:     "--custom-field",
		`{"errors":{}}`: "", `[]`: "", `"custom field required"`: "", `null`: "", ``: "", `{"errors":[null,7]}`: "",
	} {
		if got := MissingInput(json.RawMessage(body)); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
