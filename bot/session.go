package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// A session is what is known of an open form when something arrives from it.
type session struct {
	page   modal.Page
	form   *form.Form // as it is now: the action may have changed since the view was made
	who    form.Who
	values form.Values // of this page and of the pages before
}

// errForeign says that a view is not a form of this bot.
var errForeign = errors.New("not a form of this bot")

// session reads where the person is and all that was typed so far.
func (b *Bot) session(ctx context.Context, cb slack.InteractionCallback) (session, error) {
	if cb.View.CallbackID != modal.CallbackID || cb.View.ID == "" || cb.User.ID == "" {
		return session{}, errForeign
	}
	page, err := modal.DecodePage(cb.View.PrivateMetadata)
	if err != nil || page.Action != b.cfg.Action {
		return session{}, errForeign
	}
	f, known := b.defs.cached(ctx, page.Action)
	if !known {
		if f, err = b.defs.read(ctx, page.Action); err != nil {
			return session{}, err
		}
	}
	s := session{page: page, form: f, values: form.Values{}}
	if page.Draft != "" {
		if s.values, err = b.journal.draft(ctx, cb.View.ID); err != nil {
			return session{}, err
		}
	}
	if s.who, err = b.who(ctx, f, cb.User.ID); err != nil {
		return session{}, err
	}
	s.who.Titles = titles(cb.View.State)
	typed := s.values
	for range 2 { // the second time with the options that the first values make
		state := f.Resolve(ctx, s.who, typed)
		values, fields, err := modal.Decode(state, cb.View.State)
		if err != nil {
			return session{}, fmt.Errorf("%w: %w", errForeign, err)
		}
		if err := b.emails(ctx, f, values); err != nil {
			return session{}, err
		}
		typed = maps.Clone(s.values)
		for _, id := range fields {
			delete(typed, id) // emptied fields are empty
		}
		maps.Copy(typed, values)
	}
	s.values = typed
	if s.who.Entity, err = b.target(ctx, f, typed); err != nil {
		return session{}, err
	}
	return s, nil
}
