package manifests

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ErrOwnEntries is the error for an action that sends custom fields in its own words, so that the optional inputs for
// custom fields have no place in its request.
var ErrOwnEntries = errors.New("the request body of the action in Port has its own custom_field_entries")

// initial matches the members that are written once and then belong to people: texts, icons, approval, how the webhook
// is called, which visibilities are offered. The title of an input for a custom field is the name of the field and is
// not among them.
var initial = regexp.MustCompile(`^(title|icon|description|requiredApproval|publish|invocationMethod\.(agent|synchronized)|` +
	`trigger\.userInputs\.properties\.visibility\.enum(Colors)?|(trigger\.userInputs|schema)\.properties\.[^.]+\.(title|icon|description))$`)

// additive lists the members whose elements people can add to.
var additive = map[string]bool{"trigger.userInputs.required": true, "schema.required": true, "trigger.condition.expressions": true}

// Merge returns a definition as apply writes it: have, as it is in Port, with what Render returned in want. Everything
// that people added stays, and what the guide wrote is repaired; README.md has the rule. Where org is unknown, what
// Port has is kept. Merging the result again returns the same bytes.
func Merge(org Organization, have, want json.RawMessage) (json.RawMessage, error) {
	h, err := decodeNumbers(have)
	if err != nil {
		return nil, err
	}
	w, err := decodeNumbers(want)
	if err != nil {
		return nil, err
	}
	haveInputs, wantInputs := find(h, "trigger", "userInputs"), find(w, "trigger", "userInputs")
	if wantInputs != nil {
		if err := retireOwn(org, h, w); err != nil {
			return nil, err
		}
		if haveInputs != nil {
			arrangeInputs(haveInputs, wantInputs, inputNames(have))
		}
	}
	if c := find(h, "trigger", "condition"); c != nil && c["combinator"] != "and" {
		delete(c, "expressions") // alternatives do not fit among expressions that must all be true
	}
	mergeStatuses(org, h, w)
	return encodeObject(mergeObjects(h, w, "")), nil
}

func mergeObjects(have, want jsonObject, path string) jsonObject {
	out := maps.Clone(have)
	for key, w := range want {
		h, exists := have[key]
		haveObject, isObject := h.(jsonObject)
		wantObject, wantsObject := w.(jsonObject)
		haveList, isList := h.([]any)
		wantList, _ := w.([]any)
		switch name := path + key; {
		case !exists:
			out[key] = w
		case initial.MatchString(name) && !strings.HasPrefix(path, "trigger.userInputs.properties."+fieldPrefix):
		case initial.MatchString(name) && key != "title":
		case additive[name] && isList:
			out[key] = addMissing(haveList, wantList)
		case additive[name] && isObject: // {"jqQuery": …}: what people computed
		case isObject && wantsObject && name != "trigger.event" && key != "enumColors":
			out[key] = mergeObjects(haveObject, wantObject, name+".")
		default:
			out[key] = w
		}
	}
	return out
}

// retireOwn removes what apply wrote earlier and does not write any more from have, and from want what people replaced
// or what is unknown.
func retireOwn(org Organization, have, want jsonObject) error {
	haveInputs, wantInputs := find(have, "trigger", "userInputs"), find(want, "trigger", "userInputs")
	haveBody, wantBody := find(have, "invocationMethod", "body"), find(want, "invocationMethod", "body")
	if org.Severities == nil && haveInputs != nil {
		removeInput(wantInputs, "severity")
		delete(wantBody, "severity_id")
	}
	for id := range find(haveInputs, "properties") {
		if _, wanted := find(wantInputs, "properties")[id]; !wanted && org.retiresInput(id) {
			removeInput(haveInputs, id)
		}
	}
	if wantBody[entriesKey] != nil && haveBody[entriesKey] != nil && !isOwnEntries(haveBody[entriesKey]) {
		return ErrOwnEntries
	}
	if own := haveBody["summary"]; own != nil && own != guideSummary {
		delete(wantBody, summaryKey)
	}
	for key, value := range haveBody {
		if _, wanted := wantBody[key]; !wanted && org.retiresBody(key, value) {
			delete(haveBody, key)
		}
	}
	return nil
}

// retiresInput reports whether apply wrote an input and knows that it is not needed.
func (org Organization) retiresInput(id string) bool {
	switch {
	case id == "severity":
		return org.Severities != nil
	case id == typeInput:
		return org.Types != nil
	case strings.HasPrefix(id, fieldPrefix):
		return org.Fields != nil
	}
	return id == "request_id"
}

// retiresBody reports whether apply wrote a member of the request body and knows that it is not needed.
func (org Organization) retiresBody(key string, value any) bool {
	switch key {
	case "severity_id":
		return org.Severities != nil
	case typeKey:
		return org.Types != nil
	case entriesKey:
		return org.Fields != nil && isOwnEntries(value)
	case "summary":
		return value == guideSummary
	}
	return key == summaryKey
}

// arrangeInputs places inputs that the form in Port lacks, and keeps the arrangement that people gave it: an order, or
// steps, or neither, which is the order of the definition.
func arrangeInputs(have, want jsonObject, names []any) {
	wanted, _ := want["order"].([]any)
	delete(want, "order")
	if steps, _ := have["steps"].([]any); len(steps) > 0 {
		var placed []any
		for _, step := range steps {
			ids, _ := find(step)["order"].([]any)
			placed = append(placed, ids...)
		}
		if last, ok := steps[len(steps)-1].(jsonObject); ok {
			ids, _ := last["order"].([]any)
			last["order"] = append(slices.Clone(ids), addMissing(placed, wanted)[len(placed):]...)
		}
		return
	}
	order, ok := have["order"].([]any)
	if !ok {
		order = slices.DeleteFunc(names, func(id any) bool { _, exists := find(have, "properties")[id.(string)]; return !exists })
	}
	have["order"] = insertMissing(order, wanted)
}

// insertMissing inserts what list lacks behind the element that precedes it in wanted, else at the end.
func insertMissing(list, wanted []any) []any {
	list = slices.Clone(list)
	for i, id := range wanted {
		if slices.Contains(list, id) {
			continue
		}
		at := len(list)
		if i > 0 {
			at = slices.Index(list, wanted[i-1]) + 1
		}
		list = slices.Insert(list, at, id)
	}
	return list
}

// addMissing appends what list lacks.
func addMissing(list, wanted []any) []any {
	list = slices.Clone(list)
	for _, v := range wanted {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// removeInput removes an input from the user inputs of an action.
func removeInput(inputs jsonObject, id string) {
	drop := func(o jsonObject, key string) {
		if list, ok := o[key].([]any); ok {
			o[key] = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == id })
		}
	}
	delete(find(inputs, "properties"), id)
	drop(inputs, "required")
	drop(inputs, "order")
	steps, _ := inputs["steps"].([]any)
	for _, step := range steps {
		if o, ok := step.(jsonObject); ok {
			drop(o, "order")
		}
	}
}

// mergeStatuses removes the statuses of a blueprint in Port when the organization has none, and keeps them when the
// organization is unknown.
func mergeStatuses(org Organization, have, want jsonObject) {
	h, w := find(have, "schema", "properties", "status"), find(want, "schema", "properties", "status")
	enum, _ := h["enum"].([]any)
	if org.Statuses == nil && slices.Contains(enum, any("Triage")) {
		delete(w, "enum")
		delete(w, "enumColors")
	}
	if org.Statuses != nil && w != nil && w["enum"] == nil {
		delete(h, "enum")
		delete(h, "enumColors")
	}
}

// find returns the object at a path of keys; nil if there is none. Reading a nil object is allowed.
func find(v any, keys ...string) jsonObject {
	o, _ := v.(jsonObject)
	for _, k := range keys {
		o, _ = o[k].(jsonObject)
	}
	return o
}

// inputNames returns the names of an action's inputs in the order of the definition.
func inputNames(action json.RawMessage) (names []any) {
	var a struct {
		Trigger struct {
			UserInputs struct{ Properties json.RawMessage }
		}
	}
	if json.Unmarshal(action, &a) != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(a.Trigger.UserInputs.Properties))
	_, _ = d.Token() // the opening brace
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if _, ok := name.(string); !ok || err != nil || d.Decode(&value) != nil {
			break
		}
		names = append(names, name)
	}
	return names
}

// decodeNumbers decodes an object and keeps its numbers as they are written.
func decodeNumbers(data json.RawMessage) (o jsonObject, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("decode definition: %w", err)
	}
	return o, nil
}
