package dialog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
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
	if id, ok := s.values[form.TargetID].(string); ok && !d.mayChoose(ctx, cb.User.ID, identity.Target{Action: d.cfg.Action, Entity: id}) {
		return modal.SuggestCandidates(nil)
	}
	field := modal.FieldForBlock(s.form.Resolve(ctx, s.eval, s.values), cb.BlockID)
	if field == nil {
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

// checkEntities checks with Port that the chosen entities can be chosen: they can have changed since they were offered,
// and a forged submission can name any. The result is a text by field id, like that of State.Validate.
func (d *Dialog) checkEntities(ctx context.Context, s session, state *form.State) (map[string]string, error) {
	problems := map[string]string{}
	for _, step := range state.Steps {
		for _, item := range step.Items {
			field := item.Field
			if field == nil || field.Kind != form.Entity || field.Dataset == nil || !step.Visible || !field.Visible || field.Disabled {
				continue
			}
			id, err := d.findNotOffered(ctx, field)
			if err != nil {
				return nil, err
			}
			if id != "" {
				title, _ := s.eval.Entities[id]["title"].(string)
				problems[field.ID] = field.NotOfferedText(cmp.Or(title, id))
			}
		}
	}
	return problems, nil
}

// findNotOffered returns one of the entities that were chosen for a field and are not in its dataset; "" if all are.
func (d *Dialog) findNotOffered(ctx context.Context, field *form.FieldState) (string, error) {
	chosen := chosenIDs(field.Value)
	if len(chosen) == 0 {
		return "", nil
	}
	filter := map[string]any{"combinator": "and", "rules": []any{
		field.Dataset, map[string]any{"property": "$identifier", "operator": "in", "value": chosen},
	}}
	page, err := d.cfg.Port.SearchEntities(ctx, field.Blueprint, port.EntityQuery{Filter: filter, Include: []string{"$identifier"}, Limit: len(chosen)})
	if rest.IsRejected(err) {
		d.cfg.Log.WithError(err).Warn("failed to search with the dataset of an input")
		return chosen[0], nil
	}
	if err != nil {
		return "", fmt.Errorf("check the chosen entities: %w", err)
	}
	for _, id := range chosen {
		if !slices.ContainsFunc(page.Entities, func(e port.Entity) bool { return e.Identifier == id }) {
			return id, nil
		}
	}
	return "", nil
}

// searchTeams finds the teams whose name contains the text that was typed.
func (d *Dialog) searchTeams(ctx context.Context, typed string) ([]modal.Candidate, error) {
	teams, err := d.teams.get(ctx, "")
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
