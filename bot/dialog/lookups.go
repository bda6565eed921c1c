package dialog

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
)

// maxSuggestions is how many options Slack accepts for a type-ahead.
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
const maxSuggestions = 100

// suggest answers a type-ahead: entities and teams from Port, long lists from the form.
func (d *Dialog) suggest(ctx context.Context, cb slack.InteractionCallback) any {
	if cb.View.CallbackID == modal.ChooserID {
		return d.suggestActions(ctx, cb)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if !d.mayChoose(ctx, cb.User.ID, identity.Target{Action: d.actionOfView(cb.View), AnyEntity: true}) {
		return modal.SuggestCandidates(nil)
	}
	s, err := d.loadSession(ctx, cb)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to read a type-ahead")
		return modal.SuggestCandidates(nil)
	}
	state := s.resolve(ctx)
	if id := targetEntity(state); id != "" && !d.mayChoose(ctx, cb.User.ID, identity.Target{Action: s.page.Action, Entity: id}) {
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
		d.log(ctx).WithError(err).Warn("failed to read the options of a type-ahead")
	}
	return modal.SuggestCandidates(found)
}

// mayChoose reports whether a user may see options: nothing of Port is shown to those who could not run the action.
func (d *Dialog) mayChoose(ctx context.Context, userID string, t identity.Target) bool {
	_, denied, err := d.cfg.Users.Authorize(ctx, userID, t)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to check who reads the options of a type-ahead")
	}
	return denied == nil && err == nil
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
