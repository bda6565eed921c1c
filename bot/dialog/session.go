package dialog

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// errUnknownView reports a view that is not a form of this bot.
var errUnknownView = errors.New("not a form of this bot")

// A session is what is known of an open form when something arrives from it.
type session struct {
	page   modal.Page
	form   *form.Form // the current one: the action may have changed since the view was rendered
	eval   form.EvalContext
	values form.Values // of this page and the pages before
}

// loadSession reads which page the user is on and everything that was entered so far.
func (d *Dialog) loadSession(ctx context.Context, cb slack.InteractionCallback) (session, error) {
	if cb.View.CallbackID != modal.CallbackID || cb.View.ID == "" || cb.User.ID == "" {
		return session{}, errUnknownView
	}
	page, err := modal.DecodePage(cb.View.PrivateMetadata)
	if err != nil || page.Action != d.cfg.Action {
		return session{}, errUnknownView
	}
	f, cached := d.definitions.cached(ctx, page.Action)
	if !cached {
		if f, err = d.definitions.read(ctx, page.Action); err != nil {
			return session{}, err
		}
	}
	s := session{page: page, form: f, values: form.Values{}}
	if page.Draft != "" {
		if s.values, err = d.cfg.Store.LoadDraft(ctx, cb.View.ID); err != nil {
			return session{}, err
		}
	}
	if s.eval, err = d.evalContext(ctx, f, cb.User.ID); err != nil {
		return session{}, err
	}
	s.eval.Entities = chosenTitles(cb.View.State)
	if s.values, err = d.decodeValues(ctx, &s, cb.View.State); err != nil {
		return session{}, err
	}
	return s, nil
}

// decodeValues adds the values of a view's state to those of the pages before. It decodes twice: the
// second time with the options that result from the values of the first, and from the entities that they name.
func (d *Dialog) decodeValues(ctx context.Context, s *session, state *slack.ViewState) (form.Values, error) {
	entered := s.values
	for range 2 {
		values, fields, err := modal.Decode(s.form.Resolve(ctx, s.eval, entered), state)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUnknownView, err)
		}
		if err := d.replaceUserIDs(ctx, s.form, values); err != nil {
			return nil, err
		}
		entered = maps.Clone(s.values)
		for _, id := range fields {
			delete(entered, id) // a field of the view without a value is empty
		}
		maps.Copy(entered, values)
		if err := d.addEntities(ctx, s, entered); err != nil {
			return nil, err
		}
	}
	return entered, nil
}

// replaceUserIDs replaces Slack ids in user fields by what Port knows people by.
func (d *Dialog) replaceUserIDs(ctx context.Context, f *form.Form, values form.Values) error {
	for id, v := range values {
		field := f.Field(id)
		if field == nil || field.Kind != form.User {
			continue
		}
		switch v := v.(type) {
		case string:
			value, err := d.cfg.Users.FieldValue(ctx, v)
			if err != nil {
				return err
			}
			values[id] = value
		case []any:
			list := make([]any, 0, len(v))
			for _, item := range v {
				userID, _ := item.(string)
				value, err := d.cfg.Users.FieldValue(ctx, userID)
				if err != nil {
					return err
				}
				list = append(list, value)
			}
			values[id] = list
		}
	}
	return nil
}

// evalContext is what the conditions of a form read about a user. Only forms that use the
// user cost a call.
func (d *Dialog) evalContext(ctx context.Context, f *form.Form, userID string) (form.EvalContext, error) {
	if !f.UsesUser {
		return form.EvalContext{}, nil
	}
	user, err := d.cfg.Users.EvalUser(ctx, userID)
	return form.EvalContext{User: user}, err
}

// chosenTitles are the titles of the entities that were chosen, for conditions that read them.
func chosenTitles(state *slack.ViewState) map[string]map[string]any {
	titles := map[string]map[string]any{}
	if state == nil {
		return titles
	}
	add := func(o slack.OptionBlockObject) {
		if o.Value != "" && o.Text != nil {
			titles[o.Value] = map[string]any{"identifier": o.Value, "title": o.Text.Text}
		}
	}
	for _, elements := range state.Values {
		for _, e := range elements {
			add(e.SelectedOption)
			for _, o := range e.SelectedOptions {
				add(o)
			}
		}
	}
	return titles
}
