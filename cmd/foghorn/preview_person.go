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
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// parseValues are those of --values, with the types that the inputs want.
func (p *previewCmd) parseValues(f *form.Form) (form.Values, error) {
	out := form.Values{}
	for _, id := range slices.Sorted(maps.Keys(p.Values)) {
		field := f.Field(id)
		if field == nil {
			return nil, settingError("--values "+id, "is no input of this action", "its inputs: "+strings.Join(inputIDs(f), ", "))
		}
		v, ok := parseValue(f, field, p.Values[id])
		if !ok {
			return nil, settingError("--values "+id, fmt.Sprintf("cannot be %q", p.Values[id]), "numbers, true, false, lists and objects are written as in JSON")
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

// parseValue reads what is typed at a shell for a field.
func parseValue(f *form.Form, field *form.Field, typed string) (any, bool) {
	var v any
	isJSON := json.Unmarshal([]byte(typed), &v) == nil
	if field.Many {
		if _, isList := v.([]any); isList {
			return v, true
		}
		if field.Numbers {
			_, isNumber := v.(float64)
			return []any{v}, isNumber
		}
		return []any{typed}, field.Kind != form.Object
	}
	switch field.Kind {
	case form.Number, form.Integer:
		_, isNumber := v.(float64)
		return v, isNumber
	case form.Boolean:
		_, yesOrNo := v.(bool)
		return v, yesOrNo
	case form.Object, form.LabeledURL:
		return v, isJSON
	case form.Choice:
		for _, o := range f.Resolve(context.Background(), form.EvalContext{}, nil).Field(field.ID).Options {
			if o.Label == typed {
				return o.Value, true
			}
		}
	}
	return typed, true
}

// evalContext is the person of --user, as Port knows them. Without a configured Port it is somebody
// who has an e-mail address and nothing else.
func (p *previewCmd) evalContext(ctx context.Context, c *console, f *form.Form) (form.EvalContext, error) {
	if p.User == "" || !f.UsesUser {
		return form.EvalContext{}, nil
	}
	if !strings.Contains(p.User, "@") {
		return form.EvalContext{}, settingError("--user", fmt.Sprintf("is %q", p.User), "it is an e-mail address, such as ada@example.com")
	}
	known := form.EvalContext{User: map[string]any{"email": p.User}}
	api, err := newPortClient(c)
	if _, unset := errors.AsType[*SettingError](err); unset {
		_, _ = fmt.Fprintf(c.stderr, "foghorn: Port is not configured, so of %s only the e-mail address is known\n", p.User)
		return known, nil
	}
	if err != nil {
		return form.EvalContext{}, err
	}
	defer api.Close()
	u, err := api.GetUser(ctx, p.User)
	if isNotFound(err) {
		return form.EvalContext{}, settingError("--user", fmt.Sprintf("is %q, whom Port does not know", p.User), "Port lists its people under Users & Teams")
	}
	if err != nil {
		return form.EvalContext{}, err
	}
	return form.EvalContext{User: userContext(u)}, nil
}

// userContext is .user of a form's conditions.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func userContext(u port.User) map[string]any {
	named := func(list []string) []any {
		out := make([]any, len(list))
		for i, name := range list {
			out[i] = map[string]any{"name": name}
		}
		return out
	}
	main := ""
	if len(u.Roles) > 0 {
		main = u.Roles[0]
	}
	return map[string]any{
		"userId": u.ID, "email": u.Email, "name": strings.TrimSpace(u.FirstName + " " + u.LastName),
		"mainRole": main, "roles": named(u.Roles), "teams": named(u.Teams),
	}
}

func isNotFound(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && e.Status == 404
}
