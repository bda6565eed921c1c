package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// suggestions is how many options Slack takes for a type-ahead.
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
const suggestions = 100

// who is the context of a form's conditions for one person. Only forms that look at the
// person cost a call.
func (b *Bot) who(ctx context.Context, f *form.Form, user string) (form.Who, error) {
	if !f.UsesUser {
		return form.Who{}, nil
	}
	p, err := b.slack.Person(ctx, user)
	if err != nil {
		return form.Who{}, err
	}
	known := map[string]any{"email": p.Email, "name": p.Name}
	if p.Email == "" {
		return form.Who{User: known}, nil
	}
	u, err := b.port.User(ctx, p.Email)
	if e, ok := errors.AsType[*rest.Error](err); ok && e.Refused() {
		return form.Who{User: known}, nil // Port does not know them; running will say so
	}
	if err != nil {
		return form.Who{}, err
	}
	return form.Who{User: userContext(u)}, nil
}

// target is the entity that a DAY-2 or DELETE action is run for, once it was chosen and
// where conditions read it.
func (b *Bot) target(ctx context.Context, f *form.Form, values form.Values) (map[string]any, error) {
	id, _ := values[form.TargetID].(string)
	if !f.UsesEntity || f.Blueprint == "" || id == "" {
		return nil, nil
	}
	e, err := b.port.Entity(ctx, f.Blueprint, id)
	if refused, ok := errors.AsType[*rest.Error](err); ok && refused.Refused() {
		return nil, nil // it is gone: running says so
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"identifier": e.Identifier, "title": e.Title, "icon": e.Icon, "blueprint": e.Blueprint, "team": list(e.Teams),
		"properties": object(e.Properties), "relations": object(e.Relations),
	}, nil
}

func list(words []string) []any {
	out := make([]any, 0, len(words))
	for _, w := range words {
		out = append(out, w)
	}
	return out
}

func object(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// titles are the names that entities were chosen by, for conditions that read them.
func titles(v *slack.ViewState) map[string]map[string]any {
	out := map[string]map[string]any{}
	if v == nil {
		return out
	}
	note := func(o slack.OptionBlockObject) {
		if o.Value != "" && o.Text != nil {
			out[o.Value] = map[string]any{"identifier": o.Value, "title": o.Text.Text}
		}
	}
	for _, elements := range v.Values {
		for _, e := range elements {
			note(e.SelectedOption)
			for _, o := range e.SelectedOptions {
				note(o)
			}
		}
	}
	return out
}

// userContext is .user of a form's conditions.
// https://docs.port.io/create-self-service-experiences/setup-ui-for-action/advanced-form-configurations
func userContext(u port.User) map[string]any {
	roles, teams := make([]any, 0, len(u.Roles)), make([]any, 0, len(u.Teams))
	for _, r := range u.Roles {
		roles = append(roles, map[string]any{"name": r})
	}
	for _, t := range u.Teams {
		teams = append(teams, map[string]any{"name": t})
	}
	main := ""
	if len(u.Roles) > 0 {
		main = u.Roles[0]
	}
	return map[string]any{
		"userId": u.ID, "email": u.Email, "name": strings.TrimSpace(u.FirstName + " " + u.LastName),
		"mainRole": main, "roles": roles, "teams": teams,
	}
}

// emails puts e-mail addresses in the place of Slack ids, which is what Port knows people by.
func (b *Bot) emails(ctx context.Context, f *form.Form, values form.Values) error {
	for id, v := range values {
		field := f.Field(id)
		if field == nil || field.Kind != form.User {
			continue
		}
		switch v := v.(type) {
		case string:
			email, err := b.emailOf(ctx, v)
			if err != nil {
				return err
			}
			values[id] = email
		case []any:
			list := make([]any, 0, len(v))
			for _, person := range v {
				slackID, _ := person.(string)
				email, err := b.emailOf(ctx, slackID)
				if err != nil {
					return err
				}
				list = append(list, email)
			}
			values[id] = list
		}
	}
	return nil
}

func (b *Bot) emailOf(ctx context.Context, slackID string) (string, error) {
	p, err := b.slack.Person(ctx, slackID)
	if err != nil {
		return "", err
	}
	if p.Email == "" {
		return p.Name + " (has no e-mail address in Slack)", nil // the check of the field says the rest
	}
	return p.Email, nil
}

// suggest answers a type-ahead: entities and teams from Port, long lists from the form.
func (b *Bot) suggest(ctx context.Context, cb slack.InteractionCallback) any {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	s, err := b.session(ctx, cb)
	if err != nil {
		b.cfg.Log.WithError(err).Warn("a type-ahead was not understood")
		return modal.OptionsFrom(nil)
	}
	field := modal.FieldOf(s.form.Resolve(ctx, s.who, s.values), cb.BlockID)
	if field == nil {
		return modal.OptionsFrom(nil)
	}
	var found []modal.Candidate
	switch field.Kind {
	case form.Entity:
		found, err = b.entities(ctx, field, cb.Value)
	case form.Team:
		found, err = b.teams(ctx, cb.Value)
	default:
		return modal.Options(field, cb.Value)
	}
	if err != nil {
		b.cfg.Log.WithError(err).Warn("ask Port for what can be chosen")
	}
	return modal.OptionsFrom(found)
}

// entities are those that a person can choose for a field, by what was typed.
func (b *Bot) entities(ctx context.Context, field *form.FieldState, typed string) ([]modal.Candidate, error) {
	var order struct{ Property, Order string }
	_ = json.Unmarshal(field.Sort, &order) // the zero value sorts by title, as Port does
	page, err := b.port.SearchEntities(ctx, field.Blueprint, port.Query{Filter: filter(field.Dataset, typed), Limit: suggestions})
	if err != nil {
		return nil, fmt.Errorf("search entities: %w", err)
	}
	sort.SliceStable(page.Entities, func(i, j int) bool {
		x, y := sortKey(page.Entities[i], order.Property), sortKey(page.Entities[j], order.Property)
		if order.Order == "DESC" {
			x, y = y, x
		}
		return x < y
	})
	out := make([]modal.Candidate, 0, len(page.Entities))
	for _, e := range page.Entities {
		out = append(out, modal.Candidate{Label: cmp.Or(e.Title, e.Identifier), Value: e.Identifier})
	}
	return out, nil
}

// filter is a dataset narrowed to what was typed; nil when both are empty.
// https://docs.port.io/search-and-query/
func filter(dataset json.RawMessage, typed string) any {
	var rules []any
	if len(dataset) > 0 {
		rules = append(rules, dataset)
	}
	if typed = strings.TrimSpace(typed); typed != "" {
		rules = append(rules, map[string]any{"combinator": "or", "rules": []any{
			map[string]any{"property": "$title", "operator": "contains", "value": typed},
			map[string]any{"property": "$identifier", "operator": "contains", "value": typed},
		}})
	}
	if len(rules) == 0 {
		return nil
	}
	return map[string]any{"combinator": "and", "rules": rules}
}

// sortKey is what an entity is sorted by: its title unless the action names a property.
func sortKey(e port.Entity, property string) string {
	switch property {
	case "", "$title":
		return strings.ToLower(cmp.Or(e.Title, e.Identifier))
	case "$identifier":
		return e.Identifier
	case "$createdAt":
		return e.CreatedAt.UTC().Format(time.RFC3339Nano)
	case "$updatedAt":
		return e.UpdatedAt.UTC().Format(time.RFC3339Nano)
	}
	if n, ok := e.Properties[property].(float64); ok {
		return fmt.Sprintf("%020.6f", n)
	}
	return fmt.Sprint(e.Properties[property])
}

// teams are those whose name holds what was typed.
func (b *Bot) teams(ctx context.Context, typed string) ([]modal.Candidate, error) {
	teams, err := b.port.Teams(ctx)
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	var out []modal.Candidate
	for _, t := range teams {
		if strings.Contains(strings.ToLower(t.Name), strings.ToLower(typed)) && len(out) < suggestions {
			out = append(out, modal.Candidate{Label: t.Name, Value: t.Name})
		}
	}
	return out, nil
}
