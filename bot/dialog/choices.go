package dialog

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"golang.org/x/sync/errgroup"

	"foghorn/bot/form"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// checkChoices finds the fields whose entities or teams cannot be chosen any more, or never could: what a type-ahead
// offered is not proven by what Slack sends back. A form without such fields costs no call; a default is what the
// definition says. The checks are part of the answer to a submission, so that the reporter can choose again.
func (d *Dialog) checkChoices(ctx context.Context, s session, state *form.State) (problems map[string]string, err error) {
	var fields []*form.FieldState
	for _, step := range state.Steps {
		for _, item := range step.Items {
			x := item.Field
			if x != nil && step.Visible && x.CanEnter() && (x.Kind == form.Entity || x.Kind == form.Team) &&
				s.values[x.ID] != nil && !reflect.DeepEqual(x.Value, x.Default) {
				fields = append(fields, x)
			}
		}
	}
	found := make([]string, len(fields))
	group, ctx := errgroup.WithContext(ctx)
	for i, x := range fields {
		group.Go(func() (err error) {
			found[i], err = d.findUnavailable(ctx, x)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	problems = map[string]string{}
	for i, x := range fields {
		if found[i] != "" {
			problems[x.ID] = x.NotOfferedText(cmp.Or(s.page.Names.Titles[found[i]], found[i]))
		}
	}
	return problems, nil
}

// findUnavailable is the first entry of a field that is not among those that can be chosen; empty: all are.
func (d *Dialog) findUnavailable(ctx context.Context, x *form.FieldState) (string, error) {
	offered, err := d.listOffered(ctx, x)
	if rest.IsRejected(err) && !rest.IsUnauthorized(err) {
		d.log(ctx).WithError(err).Warn("failed to search what can be chosen in a field") // nothing could be chosen
	} else if err != nil {
		return "", err
	}
	for _, v := range form.Entries(x.Value) {
		if id, _ := v.(string); !slices.Contains(offered, id) {
			return id, nil
		}
	}
	return "", nil
}

// listOffered are those entries of a field that can be chosen, and maybe others that can.
func (d *Dialog) listOffered(ctx context.Context, x *form.FieldState) (names []string, err error) {
	if x.Kind == form.Team {
		teams, err := d.teams.get(ctx, "")
		for _, t := range teams {
			names = append(names, t.Name)
		}
		return names, err
	}
	ids := form.Entries(x.Value)
	rules := []any{map[string]any{"property": "$identifier", "operator": "in", "value": ids}}
	if len(x.Dataset) > 0 {
		rules = append(rules, x.Dataset)
	}
	page, err := d.cfg.Port.SearchEntities(ctx, x.Blueprint, port.EntityQuery{
		Filter: map[string]any{"combinator": "and", "rules": rules}, Include: []string{"$identifier"}, Limit: len(ids),
	})
	for _, e := range page.Entities {
		names = append(names, e.Identifier)
	}
	return names, err
}
