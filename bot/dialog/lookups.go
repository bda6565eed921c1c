package dialog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/integrations/port"
)

// maxSuggestions is how many options Slack accepts for a type-ahead.
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
const maxSuggestions = 100

// suggest answers a type-ahead: entities and teams from Port, long lists from the form.
func (d *Dialog) suggest(ctx context.Context, cb slack.InteractionCallback) any {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if !d.mayChoose(ctx, cb.User.ID, identity.Target{Action: d.cfg.Action, AnyEntity: true}) {
		return modal.SuggestCandidates(nil)
	}
	s, err := d.loadSession(ctx, cb)
	if err != nil {
		d.cfg.Log.WithError(err).Warn("failed to read a type-ahead")
		return modal.SuggestCandidates(nil)
	}
	state := s.resolve(ctx)
	if id := targetEntity(state); id != "" && !d.mayChoose(ctx, cb.User.ID, identity.Target{Action: d.cfg.Action, Entity: id}) {
		return modal.SuggestCandidates(nil)
	}
	field := modal.FieldForBlock(state, cb.BlockID)
	if field == nil || !field.CanEnter() || s.lost {
		return modal.SuggestCandidates(nil)
	}
	var found []modal.Candidate
	switch field.Kind {
	case form.Entity:
		found, err = d.searchEntities(ctx, field, cb.Value)
	case form.Team:
		found, err = d.searchTeams(ctx, cb.Value)
	default:
		return modal.SuggestOptions(field, cb.Value)
	}
	if err != nil {
		d.cfg.Log.WithError(err).Warn("failed to read the options of a type-ahead")
	}
	return modal.SuggestCandidates(found)
}

// mayChoose reports whether a user may see options: nothing of Port is shown to those who could not run the action.
func (d *Dialog) mayChoose(ctx context.Context, userID string, t identity.Target) bool {
	_, denied, err := d.cfg.Users.Authorize(ctx, userID, t)
	if err != nil {
		d.cfg.Log.WithError(err).Warn("failed to check who reads the options of a type-ahead")
	}
	return denied == nil && err == nil
}

// searchEntities finds the entities that can be chosen for a field, by the text that was typed.
func (d *Dialog) searchEntities(ctx context.Context, field *form.FieldState, typed string) ([]modal.Candidate, error) {
	var order struct{ Property, Order string }
	_ = json.Unmarshal(field.Sort, &order) // without an order Port sorts by title
	page, err := d.cfg.Port.SearchEntities(ctx, field.Blueprint, port.EntityQuery{Filter: entityFilter(field.Dataset, typed), Limit: maxSuggestions})
	if err != nil {
		return nil, fmt.Errorf("search entities: %w", err)
	}
	slices.SortStableFunc(page.Entities, func(a, b port.Entity) int {
		if order.Order == "DESC" {
			a, b = b, a
		}
		return strings.Compare(sortKey(a, order.Property), sortKey(b, order.Property))
	})
	out := make([]modal.Candidate, 0, len(page.Entities))
	for _, e := range page.Entities {
		out = append(out, modal.Candidate{Label: cmp.Or(e.Title, e.Identifier), Value: e.Identifier})
	}
	return out, nil
}

// entityFilter is the query of a search: the field's dataset and the text that was typed.
func entityFilter(dataset json.RawMessage, typed string) any {
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

// sortKey is what an entity is sorted by: its title, unless the action names a property.
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

// searchTeams finds the teams whose name contains the text that was typed.
func (d *Dialog) searchTeams(ctx context.Context, typed string) ([]modal.Candidate, error) {
	teams, err := d.teams.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	var out []modal.Candidate
	for _, t := range teams {
		if strings.Contains(strings.ToLower(t.Name), strings.ToLower(typed)) && len(out) < maxSuggestions {
			out = append(out, modal.Candidate{Label: t.Name, Value: t.Name})
		}
	}
	return out, nil
}
