package dialog

import (
	"context"
	"strings"
	"time"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
)

const (
	// nameTimeout bounds the search for the entity that a command names. The form opens without it then.
	nameTimeout = 2 * time.Second

	maxNamed = 200 // bytes of a text that can be the name of an entity
)

// openWithText opens the form with the text that was typed after the command: if it names one entity, that is chosen,
// else it is in the first field for text. Only actions with a field for entities cost calls, behind a loading view.
func (d *Dialog) openWithText(ctx context.Context, triggerID, userID string, page modal.Page, text string) (problem slacktext.Text) {
	fill := func(f *form.Form) form.Values { return modal.Prefill(f, text) }
	f, cached := d.definitions.cached(ctx, page.Action)
	named := text != "" && len(text) <= maxNamed && (!cached || len(f.Problems) == 0 && hasEntityField(f))
	if !named || d.cfg.Users.KnownDenial(userID, page.Action) != nil {
		return d.open(ctx, triggerID, userID, page, fill)
	}
	page.Names = &modal.Names{Titles: map[string]string{}}
	return d.openLoading(ctx, triggerID, userID, page, func(f *form.Form) form.Values {
		if field, e := d.findNamed(ctx, userID, f, text); field != nil {
			page.Names.Titles[e.id] = e.label
			if field.Many {
				return form.Values{field.ID: []any{e.id}}
			}
			return form.Values{field.ID: e.id}
		}
		return fill(f)
	})
}

// hasEntityField reports that an entity may be chosen in a form.
func hasEntityField(f *form.Form) bool {
	for _, step := range f.Steps {
		for _, item := range step.Items {
			if item.Field != nil && item.Field.Kind == form.Entity && !item.Field.Hidden {
				return true
			}
		}
	}
	return false
}

// findNamed finds the entity that a text names, and the field for it: the one of the entity that the action is run for,
// else the first for an entity. The field is nil if there is none, or if not exactly one entity matches.
func (d *Dialog) findNamed(ctx context.Context, userID string, f *form.Form, text string) (*form.FieldState, listedEntity) {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	if !hasEntityField(f) || !d.mayChoose(ctx, userID, identity.Target{Action: f.Action, AnyEntity: true}) {
		return nil, listedEntity{}
	}
	ec, err := d.evalContext(ctx, f, userID)
	if err != nil {
		return nil, listedEntity{} // loadForm reports it
	}
	field := entityField(f.Resolve(ctx, ec, form.Values{}))
	if field == nil {
		return nil, listedEntity{}
	}
	found, complete, err := d.findEntities(ctx, field, text)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to search the entity that a command names")
	}
	e, ok := matchName(found, text, complete)
	if !ok {
		return nil, listedEntity{}
	}
	return field, e
}

// withNamed adds to what conditions read the entity that a form opens with. Only forms that use it cost a call.
func (d *Dialog) withNamed(ctx context.Context, f *form.Form, ec form.EvalContext, values form.Values) form.EvalContext {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	s := session{form: f, eval: ec}
	s.eval.Entities = map[string]map[string]any{}
	if err := d.addEntities(ctx, &s, values); err != nil {
		d.log(ctx).WithError(err).Warn("failed to read the entity that a command names")
	}
	return s.eval
}

// entityField is the field of a form in which an entity that a command names is chosen; nil if there is none.
func entityField(state *form.State) *form.FieldState {
	for _, step := range state.Steps {
		for _, item := range step.Items {
			if x := item.Field; x != nil && x.Kind == form.Entity && step.Visible && x.CanEnter() {
				return x // the target of the action is the first field of the first step
			}
		}
	}
	return nil
}

// matchName is the entity that a text names: the one with this identifier, else without regard to capitals the only one
// with this identifier, with this title, whose identifier or title begins with it, or contains it. Of a list that is not
// complete, only the identifier is certain to be unique.
func matchName(entities []listedEntity, text string, complete bool) (match listedEntity, ok bool) {
	lower := strings.ToLower(text)
	for i, fits := range []func(e listedEntity, id, label string) bool{
		func(e listedEntity, _, _ string) bool { return e.id == text },
		func(_ listedEntity, id, _ string) bool { return id == lower },
		func(_ listedEntity, _, label string) bool { return label == lower },
		func(_ listedEntity, id, label string) bool {
			return strings.HasPrefix(id, lower) || strings.HasPrefix(label, lower)
		},
		func(_ listedEntity, id, label string) bool {
			return strings.Contains(id, lower) || strings.Contains(label, lower)
		},
	} {
		count := 0
		for _, e := range entities {
			if fits(e, strings.ToLower(e.id), strings.ToLower(e.label)) {
				match = e
				count++
			}
		}
		switch {
		case count == 1 && (complete || i == 0):
			return match, true
		case count > 0, !complete:
			return listedEntity{}, false
		}
	}
	return listedEntity{}, false
}
