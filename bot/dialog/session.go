package dialog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

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
	values form.Values // of this page and the other ones, those that do not count included
	stale  bool        // the view came with the state of another page, which is ignored
	lost   bool        // the values of the other pages are lost
}

// A draft is what is kept of an open form that has several pages.
type draft struct {
	Values form.Values
	Names  modal.Names
}

// loadSession reads which page the user is on and everything that was entered so far.
func (d *Dialog) loadSession(ctx context.Context, cb slack.InteractionCallback) (session, error) {
	if cb.View.ID == "" || cb.User.ID == "" {
		return session{}, errUnknownView
	}
	page, err := decodePage(cb.View)
	if err != nil || !d.hasAction(page.Action) {
		return session{}, errUnknownView
	}
	f, err := d.definitions.get(ctx, page.Action)
	if err != nil {
		return session{}, err
	}
	if len(f.Problems) > 0 { // no view has its form
		return session{}, errUnknownView
	}
	s := session{page: page, form: f}
	if err := d.loadDraft(ctx, cb.View.ID, &s); err != nil {
		return session{}, err
	}
	if s.eval, err = d.evalContext(ctx, f, cb.User.ID); err != nil {
		return session{}, err
	}
	if modal.IsStale(cb.View) {
		s.stale, cb.View.State = true, nil
	}
	cb.View = modal.AddActions(cb.View, cb.ActionCallback.BlockActions)
	addTitles(s.page.Names.Titles, modal.CompleteState(cb.View))
	s.eval.Entities = expandTitles(s.page.Names.Titles)
	if s.values, err = d.decodeValues(ctx, &s, cb.View); err != nil {
		return session{}, err
	}
	return s, nil
}

// decodePage is the page of a form that a view is.
func decodePage(v slack.View) (modal.Page, error) {
	if v.CallbackID != modal.CallbackID {
		return modal.Page{}, errUnknownView
	}
	return modal.DecodePage(v.PrivateMetadata)
}

// loadDraft adds what was entered on other pages.
func (d *Dialog) loadDraft(ctx context.Context, viewID string, s *session) error {
	kept := draft{Values: form.Values{}, Names: modal.Names{Users: map[string]string{}, Titles: map[string]string{}}}
	if s.page.Draft != "" {
		found, err := d.cfg.Store.LoadDraft(ctx, viewID, &kept)
		if err != nil {
			return err
		}
		s.lost = !found
	}
	s.values, s.page.Names = kept.Values, &kept.Names
	return nil
}

// saveDraft keeps what was entered so far for the other pages.
func (d *Dialog) saveDraft(ctx context.Context, viewID string, s session) error {
	return d.cfg.Store.SaveDraft(ctx, viewID, draft{Values: s.values, Names: *s.page.Names})
}

// resolve evaluates the form with the values that count.
func (s session) resolve(ctx context.Context) *form.State {
	return s.form.ResolveEntered(ctx, s.eval, s.values)
}

// decodeValues adds the values of a view to those of the other pages. It decodes twice: the
// second time with the options that result from the values of the first, and from the entities that they name.
func (d *Dialog) decodeValues(ctx context.Context, s *session, view slack.View) (form.Values, error) {
	entered := s.values
	for range 2 {
		values, fields, err := modal.Decode(s.form.Resolve(ctx, s.eval, entered), view)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUnknownView, err)
		}
		if err := d.replaceUserIDs(ctx, *s, values); err != nil {
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

// replaceUserIDs replaces Slack ids in user fields by what Port knows people by, and keeps the ids for the view.
func (d *Dialog) replaceUserIDs(ctx context.Context, s session, values form.Values) error {
	replace := func(v any) (any, error) {
		id, _ := v.(string)
		if strings.Contains(id, "@") {
			return v, nil // the view did not show it: see modal.Decode
		}
		value, err := d.cfg.Users.FieldValue(ctx, id)
		if err == nil && value != id {
			s.page.Names.Users[value] = id
		}
		return value, err
	}
	for id, v := range values {
		field := s.form.Field(id)
		if field == nil || field.Kind != form.User {
			continue
		}
		list, many := v.([]any)
		if !many {
			value, err := replace(v)
			if err != nil {
				return err
			}
			values[id] = value
			continue
		}
		replaced := make([]any, len(list))
		for i := range list {
			var err error
			if replaced[i], err = replace(list[i]); err != nil {
				return err
			}
		}
		values[id] = replaced
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

// maxTitles bounds the titles that are kept of a form.
const maxTitles = 1000

// addTitles adds the titles of the options that are chosen, by value.
func addTitles(titles map[string]string, state *slack.ViewState) {
	add := func(o slack.OptionBlockObject) {
		if o.Value != "" && o.Text != nil && o.Text.Text != o.Value && len(titles) < maxTitles {
			titles[o.Value] = o.Text.Text
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
}

// expandTitles are entities as conditions read them.
func expandTitles(titles map[string]string) map[string]map[string]any {
	out := make(map[string]map[string]any, len(titles))
	for id, title := range titles {
		out[id] = map[string]any{"identifier": id, "title": title}
	}
	return out
}
