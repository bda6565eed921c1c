package form

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// maxFields bounds what is compiled. Port's own largest action has 32 inputs.
const maxFields = 1000

// Compile reads an action as GET /v1/actions/{id} returns it (the old style included). It fails
// with a *DefinitionError, and only when the JSON is not an action; what a form cannot show is in
// Problems.
func Compile(action json.RawMessage) (*Form, error) {
	d, err := decodeDefinition(action)
	if err != nil {
		return nil, err
	}
	f := &Form{
		Action: d.Identifier, Title: cmp.Or(d.Title, d.Identifier), Description: d.Description,
		Button: d.trigger.ButtonText, Operation: d.trigger.Operation,
		Blueprint: cmp.Or(d.trigger.BlueprintIdentifier, d.BlueprintIdentifier, d.Blueprint),
		byID:      map[string]*Field{},
	}
	inputs, path := d.trigger.UserInputs, []string{"trigger", "userInputs"}
	if len(inputs) == 0 {
		inputs, path = d.UserInputs, []string{"userInputs"}
	}
	sum := sha256.Sum256(slices.Concat(d.Trigger, inputs))
	f.Version = hex.EncodeToString(sum[:4])
	if d.trigger.Type == "automation" {
		f.addProblem("", "it is an automation, which only Port runs")
	}
	if err := f.compileInputs(inputs, d.trigger.Condition); err != nil {
		return nil, err.wrap(fmt.Sprintf("read inputs of action %q", d.Identifier), path...)
	}
	f.findPrograms()
	f.findDependencies()
	return f, nil
}

func (f *Form) addProblem(input, reason string) {
	f.Problems = append(f.Problems, Problem{Input: input, Reason: reason})
}

// compileInputs compiles the user inputs into fields and puts them in their order. The condition is the trigger's.
func (f *Form) compileInputs(raw json.RawMessage, condition any) *DefinitionError {
	var in userInputs
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &in); err != nil {
			return newDefinitionError(err)
		}
	}
	ids, properties, err := decodeOrdered(in.Properties)
	if err != nil {
		return err
	}
	if len(ids) > maxFields {
		f.addProblem("", fmt.Sprintf("it has %d inputs; a form has at most %d", len(ids), maxFields))
		ids = ids[:maxFields]
	}
	if f.hasTarget() {
		f.byID[TargetID] = f.targetField(condition)
	}
	for _, id := range ids {
		f.byID[id] = f.compileField(id, properties[id])
	}
	f.required = parseExpr("", "required", in.Required)
	f.layOut(in, ids)
	return nil
}

// layOut puts the fields and headings into their steps. Fields that the order does not name come
// last.
func (f *Form) layOut(in userInputs, ids []string) {
	if len(in.Steps) == 0 {
		in.Steps = []step{{Order: in.Order}}
	}
	placed := map[string]bool{}
	for i, s := range in.Steps {
		out := Step{Title: s.Title, visible: parseExpr("", "visible of a step", s.Visible)}
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
				out.Items = append(out.Items, Item{Heading: &Heading{ID: id, Title: t.Title, Description: t.Description, visible: parseExpr("", "visible of a title", t.Visible)}})
			}
		}
		f.Steps = append(f.Steps, out)
	}
	last := &f.Steps[len(f.Steps)-1]
	for _, id := range ids {
		if !placed[id] {
			last.Items = append(last.Items, Item{Field: f.byID[id]})
		}
	}
	for _, s := range f.Steps {
		for _, item := range s.Items {
			if item.Field != nil && s.visible.isSet() {
				item.Field.Conditional = true
			}
		}
	}
}

// hasTarget reports that the action works on an entity.
func (f *Form) hasTarget() bool {
	switch f.Operation {
	case "DAY-2", "DELETE", "UPDATE":
		return true
	}
	return false
}

// targetField is the field that picks the entity. If the definition does not name the blueprint,
// the identifier is typed. The condition of the action is a search for the entities that can be picked.
// https://docs.port.io/actions-and-automations/create-self-service-experiences
func (f *Form) targetField(condition any) *Field {
	t := &Field{ID: TargetID, Title: "Entity", Kind: Entity, Blueprint: f.Blueprint, Description: "What the action is run for."}
	if f.Blueprint == "" {
		t.Kind, t.Description = Text, "Identifier of the entity that the action is run for."
	}
	f.prepareChecks(t)
	if condition == nil {
		return t
	}
	search, ok := condition.(map[string]any)
	rules, hasRules := search["rules"].([]any)
	switch {
	case !ok || !hasRules || stringOr(search, "type", "SEARCH") != "SEARCH" || f.Blueprint == "":
		f.addProblem("", "its condition, which says for which entities it can be run, is not a search that Foghorn can make")
	case len(rules) > 0:
		t.dataset = map[string]any{"combinator": stringOr(search, "combinator", "and"), "rules": rules}
	}
	return t
}

// Field is the field with an id; nil when there is none.
func (f *Form) Field(id string) *Field { return f.byID[id] }

// RequestIDInput is the hidden input that the bot fills with the id of the request, so that the
// request's run can be found. It reports false when the action has none.
func (f *Form) RequestIDInput() (id string, ok bool) {
	field := f.byID[requestIDInput]
	return requestIDInput, field != nil && field.isRequestID()
}

const requestIDInput = "request_id"

// isRequestID reports that the bot gives the field its value.
func (f *Field) isRequestID() bool {
	return f.ID == requestIDInput && f.Hidden && f.Kind == Text && !f.Many
}
