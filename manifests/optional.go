package manifests

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"foghorn/integrations/incidentio"
)

// The optional inputs of the action, and the members of the request body that they fill.
const (
	typeInput   = "incident_io_type"
	fieldPrefix = "incident_io_field_" // followed by the id of the custom field
	entriesKey  = "custom_field_entries"
	typeKey     = `{{ if (.inputs.` + typeInput + ` // "") == "" then null else "incident_type_id" end }}`
)

// A Field is a custom field that people can fill in the form.
type Field struct {
	incidentio.CustomField
	Options []incidentio.FieldOption // of a select field
}

// DeclaresIncidents reports whether an action in Port calls incident.io as the action of the guide does, and not
// something else.
func DeclaresIncidents(action json.RawMessage) bool {
	a, err := decodeNumbers(action)
	if err != nil {
		return false
	}
	call := find(a, "invocationMethod")
	url, _ := call["url"].(string)
	authorization, _ := find(call, "headers")["Authorization"].(string)
	return strings.HasSuffix(url, incidentsPath) || strings.Contains(authorization, SecretName) || find(call, "body")["idempotency_key"] != nil
}

// Optional is the optional inputs that an action has. A later apply keeps them up to date.
type Optional struct {
	Types  bool // an input for the incident type
	Fields bool // inputs for custom fields

	inputs []any
}

// FindOptional finds the optional inputs of an action in Port.
func FindOptional(action json.RawMessage) Optional {
	o := Optional{inputs: inputNames(action)}
	for _, name := range o.inputs {
		o.Types = o.Types || name == typeInput
		o.Fields = o.Fields || strings.HasPrefix(name.(string), fieldPrefix)
	}
	return o
}

// HasField reports whether there is an input for a custom field.
func (o Optional) HasField(id string) bool { return slices.Contains(o.inputs, any(fieldInput(id))) }

// addTypes adds an input for the incident type. Without a choice, incident.io uses its default type.
func addTypes(action jsonObject, types []incidentio.Type) (warnings []string) {
	if len(types) == 0 {
		return nil
	}
	choices := make([]choice, len(types))
	for i, t := range types {
		choices[i] = choice{t.ID, t.Name}
	}
	choices, warnings = uniqueNames("incident type", choices)
	addInput(action, typeInput, jsonObject{
		"type": "string", "title": "Incident type", "enum": names(choices),
		"description": "incident.io uses the default type if this is empty",
	})
	objectAt(action, "invocationMethod", "body")[typeKey] = "{{ " + idByName(choices) + `[.inputs.` + typeInput + `] // "unknown incident type, run foghorn apply again" }}`
	return warnings
}

// addFields adds an input for each custom field. The request has an entry for each of them that is filled.
// https://docs.incident.io/api-reference/incidents-v2/create
func addFields(action jsonObject, fields []Field) (warnings []string) {
	if len(fields) == 0 {
		return nil
	}
	var entries []string
	for _, f := range fields {
		choices := make([]choice, len(f.Options))
		for i, o := range f.Options {
			choices[i] = choice{o.ID, o.Value}
		}
		choices, renamed := uniqueNames("option of "+f.Name, choices)
		warnings = append(warnings, renamed...)
		input, value := fieldType(f, choices)
		input["title"] = f.Name
		if f.Description != "" {
			input["description"] = f.Description
		}
		addInput(action, fieldInput(f.ID), input)
		entries = append(entries, "{custom_field_id: "+jqLiteral(f.ID)+", values: [.inputs["+jqLiteral(fieldInput(f.ID))+"] | "+value+"] }")
	}
	objectAt(action, "invocationMethod", "body")[entriesKey] = "{{ [" + strings.Join(entries, ", ") + "] | map(select(.values != [])) }}"
	return warnings
}

// fieldType returns the input of a custom field, and the jq program that turns its value into the values of an entry:
// none if the input is empty. An option that was chosen and is unknown gets an id that incident.io rejects.
func fieldType(f Field, choices []choice) (input jsonObject, program string) {
	const filled = `select(. != null and . != "") | `
	option := "{value_option_id: (" + idByName(choices) + `[.] // "unknown option, run foghorn apply again")}`
	switch f.Type {
	case incidentio.FieldSingleSelect:
		return jsonObject{"type": "string", "enum": names(choices)}, filled + option
	case incidentio.FieldMultiSelect:
		return jsonObject{"type": "array", "items": jsonObject{"type": "string", "enum": names(choices)}}, "(. // [])[] | " + option
	case incidentio.FieldLink:
		return jsonObject{"type": "string", "format": "url"}, filled + "{value_link: .}"
	case incidentio.FieldNumeric:
		return jsonObject{"type": "number"}, filled + "{value_numeric: tostring}"
	}
	return jsonObject{"type": "string"}, filled + "{value_text: .}"
}

// addInput adds an input before the hidden one.
func addInput(action jsonObject, id string, input jsonObject) {
	in := objectAt(action, "trigger", "userInputs")
	objectAt(in, "properties")[id] = input
	order := in["order"].([]any)
	in["order"] = slices.Insert(slices.Clone(order), len(order)-1, any(id))
}

// notInName matches what the name of an input cannot contain.
// https://docs.port.io/api-reference/create-an-actionautomation
var notInName = regexp.MustCompile(`[^A-Za-z0-9@_=-]`)

func fieldInput(fieldID string) string { return fieldPrefix + notInName.ReplaceAllString(fieldID, "_") }

func isOwnEntries(v any) bool {
	s, _ := v.(string)
	return strings.Contains(s, fieldPrefix)
}

func names(list []choice) []any {
	out := make([]any, len(list))
	for i, c := range list {
		out[i] = c.name
	}
	return out
}
