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
		for _, o := range f.Resolve(context.Background(), form.EvalContext{}, nil).Field(field.ID).Options {
			if o.Label == text {
				return o.Value, true
			}
		}
	}
	return text, true
}

// evalContext returns what conditions read besides the form: the person of --user, and the entity of
// --values $targetEntity=…, both as Port has them. Without credentials for Port, only the e-mail address is known.
func (p *previewCmd) evalContext(ctx context.Context, c *console, f *form.Form, values form.Values) (form.EvalContext, error) {
	user, entity := "", ""
	if f.UsesUser {
		user = p.User
	}
	if f.UsesEntity && f.Blueprint != "" {
		entity, _ = values[form.TargetID].(string)
	}
	if user == "" && entity == "" {
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
		if entity != "" {
			_, _ = fmt.Fprintf(c.stderr, "foghorn: Port is not configured, so nothing is known about the entity %s\n", entity)
		}
		return known, nil
	}
	if err != nil {
		return form.EvalContext{}, err
	}
	defer client.Close()
	return readEvalContext(ctx, client, user, f.Blueprint, entity)
}

// readEvalContext reads a user and an entity from Port; "" stands for none.
func readEvalContext(ctx context.Context, client *port.Client, user, blueprint, entity string) (known form.EvalContext, err error) {
	if user != "" {
		known.User, err = identity.ReadEvalUser(ctx, client, user)
		if rest.IsNotFound(err) {
			return known, settingError("--user", fmt.Sprintf("is %q, who is not a user of Port", user), "Port lists users under Users & Teams")
		}
		if err != nil {
			return known, err
		}
	}
	if entity == "" {
		return known, nil
	}
	e, err := client.GetEntity(ctx, blueprint, entity)
	if rest.IsNotFound(err) {
		return known, settingError("--values "+form.TargetID, fmt.Sprintf("is %q, which is not an entity of the blueprint %s", entity, blueprint), "use the identifier of an entity")
	}
	known.Entity = identity.EvalEntity(e)
	return known, err
}
