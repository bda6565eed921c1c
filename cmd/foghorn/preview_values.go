package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// parseValues parses --values according to the types of the inputs.
func (p *previewCmd) parseValues(f *form.Form) (form.Values, error) {
	out := form.Values{}
	for _, id := range slices.Sorted(maps.Keys(p.Values)) {
		field := f.Field(id)
		if field == nil {
			return nil, settingError("--values "+id, "is not an input of this action", "the inputs are: "+strings.Join(inputIDs(f), ", "))
		}
		v, ok := parseValue(f, field, p.Values[id])
		if !ok {
			return nil, settingError("--values "+id, fmt.Sprintf("has the wrong type: %q", p.Values[id]), "write numbers, true, false, lists and objects as in JSON")
		}
		out[id] = v
	}
	return out, nil
}

func inputIDs(f *form.Form) (ids []string) {
	for _, step := range f.Steps {
		for _, item := range step.Items {
			if item.Field != nil {
				ids = append(ids, item.Field.ID)
			}
		}
	}
	return ids
}

// parseValue converts text from the command line to a value of a field.
func parseValue(f *form.Form, field *form.Field, text string) (any, bool) {
	var v any
	isJSON := json.Unmarshal([]byte(text), &v) == nil
	if field.Many {
		if _, isList := v.([]any); isList {
			return v, true
		}
		if field.Numbers {
			_, isNumber := v.(float64)
			return []any{v}, isNumber
		}
		return []any{text}, field.Kind != form.Object
	}
	switch field.Kind {
	case form.Number, form.Integer:
		_, isNumber := v.(float64)
		return v, isNumber
	case form.Boolean:
		_, isBool := v.(bool)
		return v, isBool
	case form.Object, form.LabeledURL:
		return v, isJSON
	case form.Choice:
		for _, o := range resolveForm(context.Background(), f, form.EvalContext{}, nil).Field(field.ID).Options {
			if o.Label == text {
				return o.Value, true
			}
		}
	}
	return text, true
}

// evalContext returns what conditions read besides the form: the person of --user, and the entities that --values names,
// as Port has them. Without credentials for Port, only the e-mail address is known.
func (p *previewCmd) evalContext(ctx context.Context, c *console, f *form.Form, values form.Values) (form.EvalContext, error) {
	user := ""
	if f.UsesUser {
		user = p.User
	}
	entities := entitiesRead(f, values)
	if user == "" && len(entities) == 0 {
		return form.EvalContext{}, nil
	}
	if user != "" && !strings.Contains(user, "@") {
		return form.EvalContext{}, settingError("--user", fmt.Sprintf("is %q", user), "use an e-mail address, such as ada@example.com")
	}
	client, err := previewPortClient(c)
	if _, unset := errors.AsType[*SettingError](err); unset {
		known := form.EvalContext{}
		if user != "" {
			_, _ = fmt.Fprintf(c.stderr, "foghorn: Port is not configured, so only the e-mail address of %s is known\n", user)
			known.User = map[string]any{"email": user}
		}
		if len(entities) > 0 {
			_, _ = fmt.Fprintln(c.stderr, "foghorn: Port is not configured, so nothing is known about the entities")
		}
		return known, nil
	}
	if err != nil {
		return form.EvalContext{}, err
	}
	defer client.Close()
	known := form.EvalContext{Entities: map[string]map[string]any{}}
	if user != "" {
		known.User, err = identity.ReadEvalUser(ctx, client, user)
		if rest.IsNotFound(err) {
			return known, settingError("--user", fmt.Sprintf("is %q, who is not a user of Port", user), "Port lists users under Users & Teams")
		}
		if err != nil {
			return known, err
		}
	}
	err = readEntities(ctx, client, entities, &known)
	return known, err
}

// entitiesRead returns the identifiers of the entities in values that conditions read, by field.
func entitiesRead(f *form.Form, values form.Values) map[*form.Field][]string {
	out := map[*form.Field][]string{}
	for id, value := range values {
		field := f.Field(id)
		if field.Kind != form.Entity || !field.ReadsEntity && (id != form.TargetID || !f.UsesEntity) {
			continue
		}
		list, isList := value.([]any)
		if !isList {
			list = []any{value}
		}
		for _, v := range list {
			out[field] = append(out[field], fmt.Sprint(v))
		}
	}
	return out
}

func readEntities(ctx context.Context, client *port.Client, entities map[*form.Field][]string, known *form.EvalContext) error {
	for field, ids := range entities {
		for _, id := range ids {
			e, err := client.GetEntity(ctx, field.Blueprint, id)
			if rest.IsNotFound(err) {
				return settingError("--values "+field.ID, fmt.Sprintf("is %q, which is not an entity of the blueprint %s", id, field.Blueprint), "use the identifier of an entity")
			}
			if err != nil {
				return err
			}
			if field.ID == form.TargetID {
				known.Entity = identity.EvalEntity(e)
			} else {
				known.Entities[id] = identity.EvalEntity(e)
			}
		}
	}
	return nil
}
