package form

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxFields bounds what is compiled. Port's own largest action has 32 inputs.
const maxFields = 1000

// definition is an action as Port gives it, both styles.
// https://docs.port.io/api-reference/create-an-action-automation
type definition struct {
	Identifier          string          `json:"identifier"`
	Title               string          `json:"title"`
	Description         string          `json:"description"`
	Trigger             json.RawMessage `json:"trigger"`    // an object, or in the old style the operation
	UserInputs          json.RawMessage `json:"userInputs"` // in the old style
	Blueprint           string          `json:"blueprint"`  // in the old style
	BlueprintIdentifier string          `json:"blueprintIdentifier"`
}

type trigger struct {
	Type                string          `json:"type"`
	Operation           string          `json:"operation"`
	BlueprintIdentifier string          `json:"blueprintIdentifier"`
	ButtonText          string          `json:"executeActionButtonText"`
	UserInputs          json.RawMessage `json:"userInputs"`
}

type userInputs struct {
	Properties json.RawMessage  `json:"properties"`
	Required   any              `json:"required"`
	Order      []string         `json:"order"`
	Steps      []step           `json:"steps"`
	Titles     map[string]title `json:"titles"`
}

type step struct {
	Title   string   `json:"title"`
	Order   []string `json:"order"`
	Visible any      `json:"visible"`
}

type title struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Visible     any    `json:"visible"`
}

var errNotAction = errors.New("it is not an action: it has no identifier or no trigger")

func compile(action json.RawMessage) (*Form, error) {
	var d definition
	if err := json.Unmarshal(action, &d); err != nil {
		return nil, fmt.Errorf("read action: %w", err)
	}
	if d.Identifier == "" || len(d.Trigger) == 0 {
		return nil, fmt.Errorf("read action: %w", errNotAction)
	}
	var t trigger
	if err := json.Unmarshal(d.Trigger, &t.Operation); err != nil {
		if err := json.Unmarshal(d.Trigger, &t); err != nil {
			return nil, fmt.Errorf("read trigger of action %q: %w", d.Identifier, err)
		}
	}
	if len(t.UserInputs) == 0 {
		t.UserInputs = d.UserInputs
	}
	f := &Form{
		Action: d.Identifier, Title: cmp.Or(d.Title, d.Identifier), Description: d.Description,
		Button: t.ButtonText, Operation: t.Operation,
		Blueprint: cmp.Or(t.BlueprintIdentifier, d.BlueprintIdentifier, d.Blueprint),
		byID:      map[string]*Field{},
	}
	sum := sha256.Sum256(slices.Concat(d.Trigger, t.UserInputs))
	f.Version = hex.EncodeToString(sum[:4])
	if t.Type == "automation" {
		f.addProblem("", "it is an automation: Port runs it by itself, nobody else can")
	}
	if err := f.compileInputs(t.UserInputs); err != nil {
		return nil, fmt.Errorf("read inputs of action %q: %w", d.Identifier, err)
	}
	f.findDependencies()
	return f, nil
}

func (f *Form) addProblem(input, reason string) {
	f.Problems = append(f.Problems, Problem{Input: input, Reason: reason})
}

// compileInputs compiles the user inputs into fields and puts them in their order.
func (f *Form) compileInputs(raw json.RawMessage) error {
	var in userInputs
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &in); err != nil {
			return err
		}
	}
	ids, properties, err := decodeOrdered(in.Properties)
	if err != nil {
		return err
	}
	if len(ids) > maxFields {
		f.addProblem("", fmt.Sprintf("it has %d inputs, and %d is the most", len(ids), maxFields))
		ids = ids[:maxFields]
	}
	if f.hasTarget() {
		f.byID[TargetID] = f.targetField()
	}
	for _, id := range ids {
		f.byID[id] = f.compileField(id, properties[id])
	}
	f.required = parseExpr(in.Required)

	if len(in.Steps) == 0 {
		in.Steps = []step{{Order: in.Order}}
	}
	placed := map[string]bool{}
	for i, s := range in.Steps {
		out := Step{Title: s.Title, visible: parseExpr(s.Visible)}
		if i == 0 && f.hasTarget() {
			out.Items = append(out.Items, Item{Field: f.byID[TargetID]})
			placed[TargetID] = true
		}
		for _, id := range s.Order {
			if placed[id] {
				continue
			}
			placed[id] = true
			if field := f.byID[id]; field != nil {
				out.Items = append(out.Items, Item{Field: field})
			} else if t, ok := in.Titles[id]; ok {
				out.Items = append(out.Items, Item{Heading: &Heading{ID: id, Title: t.Title, Description: t.Description, visible: parseExpr(t.Visible)}})
			}
		}
		f.Steps = append(f.Steps, out)
	}
	last := &f.Steps[len(f.Steps)-1]
	for _, id := range ids { // those that the order forgot come after
		if !placed[id] {
			last.Items = append(last.Items, Item{Field: f.byID[id]})
		}
	}
	return nil
}

// decodeOrdered reads an object and the order of its keys, which is the order of the inputs where
// the action gives none.
func decodeOrdered(raw json.RawMessage) (keys []string, values map[string]map[string]any, err error) {
	values = map[string]map[string]any{}
	if len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil, values, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.New(`"properties" is not an object`)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		var value map[string]any
		if err := dec.Decode(&value); err != nil {
			return nil, nil, fmt.Errorf("input %q: %w", key, err)
		}
		id := key.(string)
		if _, twice := values[id]; !twice {
			keys = append(keys, id)
		}
		values[id] = value
	}
	return keys, values, nil
}

// hasTarget reports that the action works on an entity.
func (f *Form) hasTarget() bool {
	switch f.Operation {
	case "DAY-2", "DELETE", "UPDATE":
		return true
	}
	return false
}

// targetField is the field that picks the entity. Where the definition does not name the
// blueprint, its identifier is typed.
func (f *Form) targetField() *Field {
	t := &Field{ID: TargetID, Title: "Entity", Kind: Entity, Blueprint: f.Blueprint, Description: "What the action is run for."}
	if f.Blueprint == "" {
		t.Kind, t.Description = Text, "Identifier of the entity that the action is run for."
	}
	return t
}

// findDependencies finds out which fields others depend on, and what else conditions read.
func (f *Form) findDependencies() {
	note := func(r expr) {
		if !r.isProgram() {
			return
		}
		f.hasPrograms = true
		f.UsesUser = f.UsesUser || userWord.MatchString(r.source)
		f.UsesEntity = f.UsesEntity || entityWord.MatchString(r.source)
		ids, all := r.inputsRead()
		if all {
			for _, field := range f.byID {
				field.HasDependents = true
			}
		}
		for _, id := range ids {
			if field := f.byID[id]; field != nil {
				field.HasDependents = true
			}
		}
	}
	note(f.required)
	for _, s := range f.Steps {
		note(s.visible)
		for _, item := range s.Items {
			if item.Heading != nil {
				note(item.Heading.visible)
			}
		}
	}
	for _, field := range f.byID {
		for _, r := range field.exprs() {
			note(r)
		}
		for _, id := range field.dependsOn {
			if other := f.byID[id]; other != nil {
				other.HasDependents = true
			}
		}
	}
	if f.UsesEntity && f.byID[TargetID] != nil {
		f.byID[TargetID].HasDependents = true
	}
}

// Field is the field with an id; nil when there is none.
func (f *Form) Field(id string) *Field { return f.byID[id] }

// RequestIDInput is the hidden input that Foghorn fills with the id of the request, so that
// a repeat is known as one. It reports false when the action has none.
func (f *Form) RequestIDInput() (id string, ok bool) {
	field := f.byID[requestIDInput]
	return requestIDInput, field != nil && field.isRequestID()
}

const requestIDInput = "request_id"

// isRequestID reports that nobody but Foghorn gives the field its value.
func (f *Field) isRequestID() bool {
	return f.ID == requestIDInput && f.Hidden && f.Kind == Text && !f.Many
}
