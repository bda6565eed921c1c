package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// terraformAction is the type of the resource of an action. https://registry.terraform.io/providers/port-labs/port-labs
const terraformAction = "port_action"

// terraformRoots are where Terraform prints resources: in a state, in a plan, and in the module of either. A plan has the
// state before too, so only the first that is there counts.
var terraformRoots = []string{"planned_values", "values", "root_module"}

// findTerraform collects the actions of Terraform's JSON: terraform show -json, a state file or a .tf.json file. It
// reports whether the object is one of these.
func (r *actionReader) findTerraform(raw json.RawMessage, members map[string]json.RawMessage) bool {
	var document any
	_ = json.Unmarshal(raw, &document)
	actions := terraformValues(document, 0)
	isState := slices.ContainsFunc([]string{"terraform_version", "planned_values", "root_module"}, func(key string) bool { return members[key] != nil })
	if len(actions) == 0 && !isState {
		return false
	}
	for _, values := range actions {
		if definition, ok := terraformDefinition(values); ok {
			r.add(definition)
		}
	}
	if len(r.found) == 0 {
		r.reason = "it is Terraform's JSON without a resource of the type " + terraformAction
	}
	return true
}

// terraformValues returns the values of the resources that are actions.
func terraformValues(v any, depth int) (out []map[string]any) {
	if depth > 20 {
		return nil
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			out = append(out, terraformValues(item, depth+1)...)
		}
	case map[string]any:
		if v["type"] == terraformAction {
			return resourceValues(v)
		}
		if v[terraformAction] != nil {
			return namedValues(v[terraformAction])
		}
		for _, root := range terraformRoots {
			if v[root] != nil {
				return terraformValues(v[root], depth+1)
			}
		}
		for _, key := range []string{"resources", "child_modules", "resource"} {
			out = append(out, terraformValues(v[key], depth+1)...)
		}
	}
	return out
}

// namedValues returns the values of resources in a .tf.json file: objects by name, or lists of one, on each level.
func namedValues(v any) (out []map[string]any) {
	for _, item := range listOf(v) {
		named, _ := item.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(named)) {
			if values, ok := block(named[name]); ok {
				out = append(out, values)
			}
		}
	}
	return out
}

// resourceValues returns the values of one resource: a state file has a list of its instances.
func resourceValues(resource map[string]any) (out []map[string]any) {
	if values, ok := resource["values"].(map[string]any); ok {
		return []map[string]any{values}
	}
	for _, item := range listOf(resource["instances"]) {
		instance, _ := item.(map[string]any)
		if values, ok := instance["attributes"].(map[string]any); ok {
			out = append(out, values)
		}
	}
	return out
}

func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// terraformDefinition converts a resource to an action as Port has it. Automations become their trigger alone.
func terraformDefinition(values map[string]any) (json.RawMessage, bool) {
	action := map[string]any{"identifier": values["identifier"], "title": values["title"], "description": values["description"]}
	t, isSelfService := block(values["self_service_trigger"])
	if operation, ok := values["trigger"].(string); ok { // the provider before version 2
		isSelfService = true
		t = map[string]any{
			"operation": operation, "blueprint_identifier": values["blueprint"], "user_properties": values["user_properties"],
			"required_jq_query": values["required_jq_query"], "order_properties": values["order_properties"],
		}
	}
	if isSelfService {
		trigger, _ := camelKeys(t).(map[string]any)
		for _, key := range []string{"userProperties", "required", "orderProperties", "steps", "titles", "condition"} {
			delete(trigger, key)
		}
		trigger["type"], trigger["userInputs"] = "self-service", terraformInputs(t)
		if condition := decodeEmbedded(t["condition"]); condition != nil {
			trigger["condition"] = condition
		}
		action["trigger"] = trigger
	} else {
		action["trigger"] = map[string]any{"type": "automation"}
	}
	data, err := json.Marshal(dropNulls(action))
	return data, err == nil
}

// terraformInputs converts the user properties of a trigger to user inputs.
func terraformInputs(trigger map[string]any) map[string]any {
	properties, required := map[string]any{}, []any{}
	groups, _ := block(trigger["user_properties"])
	for _, kind := range []string{"string", "number", "boolean", "object", "array"} {
		named, _ := groups[kind+"_props"].(map[string]any)
		for _, id := range slices.Sorted(maps.Keys(named)) {
			input, _ := named[id].(map[string]any)
			properties[id] = terraformInput(kind, input)
			if input["required"] == true {
				required = append(required, id)
			}
		}
	}
	out := map[string]any{"properties": properties, "required": required}
	if query, ok := trigger["required_jq_query"].(string); ok {
		out["required"] = map[string]any{"jqQuery": query}
	}
	if order, ok := trigger["order_properties"].([]any); ok {
		out["order"] = order
	}
	if trigger["steps"] != nil {
		out["steps"] = camelKeys(trigger["steps"])
	}
	if titles, ok := trigger["titles"].(map[string]any); ok {
		byID := map[string]any{}
		for id, t := range titles {
			byID[id] = camelKeys(t)
		}
		out["titles"] = byID
	}
	return out
}

// terraformInput converts one input.
func terraformInput(kind string, input map[string]any) map[string]any {
	out, _ := camelKeys(input).(map[string]any)
	delete(out, "required")
	out["type"] = kind
	out["dataset"] = decodeEmbedded(out["dataset"])
	if kind == "object" {
		out["default"] = decodeEmbedded(out["default"])
	}
	for _, items := range []string{"string", "number", "boolean", "object"} {
		values, ok := block(input[items+"_items"])
		if !ok {
			continue
		}
		item, _ := camelKeys(values).(map[string]any)
		item["type"], item["dataset"] = items, decodeEmbedded(item["dataset"])
		if item["default"] != nil {
			out["default"] = item["default"]
			delete(item, "default")
		}
		out["items"] = item
		delete(out, items+"Items")
	}
	return out
}

// block returns a block, which Terraform can print as a list of one.
func block(v any) (map[string]any, bool) {
	for _, item := range listOf(v) {
		if m, ok := item.(map[string]any); ok {
			return m, true
		}
	}
	return nil, false
}

// camelKeys converts names such as min_length to Port's, and x_jq_query to x with the program.
func camelKeys(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = camelKeys(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if value == nil {
				continue
			}
			if key == "enum_colors" || key == "default" { // keys are values of people
				out[camelCase(key)] = value
				continue
			}
			if name, isProgram := strings.CutSuffix(key, "_jq_query"); isProgram && name != "" {
				out[camelCase(name)] = map[string]any{"jqQuery": value}
			} else if name := camelCase(key); out[name] == nil {
				out[name] = camelKeys(value)
			}
		}
		return out
	}
	return v
}

func camelCase(name string) string {
	parts := strings.Split(name, "_")
	for i := range parts[1:] {
		if part := parts[i+1]; part != "" {
			parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, "")
}

// decodeEmbedded decodes a value that Terraform keeps as JSON in a string.
func decodeEmbedded(v any) any {
	var out any
	if text, ok := v.(string); ok && json.Unmarshal([]byte(text), &out) == nil {
		return out
	}
	return v
}

// dropNulls removes the members without a value, which Terraform prints as null.
func dropNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if v[key] = dropNulls(value); v[key] == nil {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = dropNulls(v[i])
		}
	}
	return v
}

// parseText reads a JSON string; "" for other values.
func parseText(raw json.RawMessage) (text string) {
	_ = json.Unmarshal(raw, &text)
	return text
}
