package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/slackapp"
)

// formTimeout bounds the wait for a definition behind a loading view.
const formTimeout = 15 * time.Second

// Command answers the slash command: it opens the form of the action. It never waits for
// Port: a definition that was never read is waited for behind a loading view.
func (b *Bot) Command(ctx context.Context, cmd slack.SlashCommand) (ack any) {
	begun := time.Now()
	defer func() { b.cfg.Metrics.command(ack == nil, time.Since(begun)) }()
	text := strings.TrimSpace(cmd.Text)
	switch {
	case cmd.Command != b.cfg.Command:
		return whisperBack(fmt.Sprintf("This app answers `%s`.", b.cfg.Command))
	case strings.EqualFold(text, "help"):
		return whisperBack(b.help())
	case cmd.TriggerID == "" || cmd.UserID == "":
		return whisperBack("Slack sent a command that nobody can answer. Type it again.")
	}
	page := modal.Page{Action: b.cfg.Action, Channel: cmd.ChannelID}
	if sorry := b.open(ctx, cmd.TriggerID, cmd.UserID, page, func(f *form.Form) form.Values { return modal.Prefill(f, text) }); sorry != "" {
		return whisperBack(sorry)
	}
	return nil
}

// A prefill is what a form holds before a person has typed anything.
type prefill func(*form.Form) form.Values

// open opens the form, or says why there is none.
func (b *Bot) open(ctx context.Context, trigger, user string, page modal.Page, fill prefill) (sorry string) {
	f, known := b.defs.cached(ctx, page.Action)
	if !known || f.UsesUser {
		return b.openBehind(ctx, trigger, user, page, fill)
	}
	if len(f.Problems) > 0 {
		return b.cannot(f)
	}
	view, err := b.view(ctx, f, form.Who{}, fill(f), page)
	if err == nil {
		_, err = b.slack.OpenView(ctx, trigger, view)
	}
	if err != nil {
		return b.notOpened(err)
	}
	return ""
}

// openBehind opens a loading view at once, and puts the form into it when it is there.
func (b *Bot) openBehind(ctx context.Context, trigger, user string, page modal.Page, fill prefill) (sorry string) {
	loading, err := b.slack.OpenView(ctx, trigger, modal.Notice("One moment", "Asking Port for the form…"))
	if err != nil {
		return b.notOpened(err)
	}
	b.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, formTimeout)
		defer cancel()
		view := b.loaded(ctx, user, page, fill)
		if _, err := b.slack.UpdateView(context.WithoutCancel(ctx), loading, view); err != nil {
			b.cfg.Log.WithError(err).Warn("put the form into its view")
		}
	})
	return ""
}

// loaded is the form, or the reason why there is none.
func (b *Bot) loaded(ctx context.Context, user string, page modal.Page, fill prefill) slack.ModalViewRequest {
	f, err := b.defs.read(ctx, page.Action)
	if err != nil {
		b.cfg.Log.WithError(err).Warn("read the action's definition")
		return modal.Notice("No form", b.portTrouble(err))
	}
	if len(f.Problems) > 0 {
		return modal.Notice("No form", b.cannot(f))
	}
	who, err := b.who(ctx, f, user)
	if err != nil {
		b.cfg.Log.WithError(err).Warn("find out who asks")
	}
	view, err := b.view(ctx, f, who, fill(f), page)
	if err != nil {
		b.cfg.Log.WithError(err).Error("render the form")
		return modal.Notice("No form", "The form of this action cannot be shown in Slack: "+err.Error())
	}
	return view
}

// view is one page of a form for some values.
func (b *Bot) view(ctx context.Context, f *form.Form, who form.Who, values form.Values, page modal.Page) (slack.ModalViewRequest, error) {
	page.Version = f.Version
	return modal.Render(f.Resolve(ctx, who, values), page)
}

// Interaction answers what people do in the form.
func (b *Bot) Interaction(ctx context.Context, cb slack.InteractionCallback) (ack any) {
	begun, kind := time.Now(), string(cb.Type)
	switch cb.Type {
	case slack.InteractionTypeViewSubmission:
		ack = b.submit(ctx, cb)
	case slack.InteractionTypeBlockActions:
		b.changed(ctx, cb)
	case slack.InteractionTypeBlockSuggestion:
		ack = b.suggest(ctx, cb)
	case slack.InteractionTypeShortcut, slack.InteractionTypeMessageAction:
		b.shortcut(ctx, cb)
	default:
		kind = "other"
	}
	b.cfg.Metrics.handled.WithLabelValues(kind).Observe(time.Since(begun).Seconds())
	return ack
}

// submit is the end of the dialog and the beginning of the corridor. What the person typed
// is checked here, and a whole form is on disk before the ack.
func (b *Bot) submit(ctx context.Context, cb slack.InteractionCallback) any {
	b.accepting.begin()
	defer b.accepting.end()
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	s, err := b.session(ctx, cb)
	if err != nil {
		b.cfg.Metrics.submissions.WithLabelValues("not_understood").Inc()
		return b.notUnderstood(cb, err)
	}
	state := s.form.Resolve(ctx, s.who, s.values)
	if wrong := state.Validate(-1); !modal.LastPage(state, s.page) || len(wrong) > 0 {
		b.cfg.Metrics.submissions.WithLabelValues("not_whole").Inc()
		return b.turn(ctx, cb, s, state, wrong)
	}
	now := time.Now().UTC()
	r := &Request{
		ID: requestID(cb.View.ID), Stage: Accepted, Since: now, Made: now,
		User: cb.User.ID, Channel: s.page.Channel,
		Action: s.form.Action, Title: s.form.Title,
		Properties: state.Properties(),
	}
	if target, ok := s.values[form.TargetID].(string); ok {
		r.Target = target
	}
	if input, ok := s.form.RequestIDInput(); ok {
		r.Properties[input], r.Marked = "foghorn-"+r.ID, true
	}
	if err := b.journal.accept(ctx, r); err != nil {
		b.cfg.Metrics.submissions.WithLabelValues("not_kept").Inc()
		b.log(r).WithError(err).Error("a submission could not be kept")
		return b.errorsAck(state, s.page, "It could not be saved, so nothing was done. Press the button again in a moment.")
	}
	b.cfg.Metrics.submissions.WithLabelValues("accepted").Inc()
	return nil
}

// turn goes to the next page of the form, or shows what is wrong with this one.
func (b *Bot) turn(ctx context.Context, cb slack.InteractionCallback, s session, state *form.State, wrong map[string]string) any {
	if here := modal.ErrorsByBlock(state, s.page, wrong); len(here) > 0 {
		if !showable(cb.View, here) && (len(cb.View.Blocks.BlockSet) > 0 || s.page.Version != s.form.Version) {
			return b.show(ctx, cb, s, state, s.page) // the page has other fields now
		}
		return slack.NewErrorsViewSubmissionResponse(here)
	}
	next := modal.NextPage(state, s.page)
	if modal.LastPage(state, s.page) { // something on an earlier page
		next = modal.PageWith(state, s.page, wrong)
	}
	next.Draft = requestID(cb.View.ID)
	if err := b.journal.saveDraft(ctx, cb.View.ID, s.values); err != nil {
		b.cfg.Log.WithError(err).Error("a page of a form could not be kept")
		return b.errorsAck(state, s.page, "This page could not be saved. Press the button again in a moment.")
	}
	return b.show(ctx, cb, s, state, next)
}

// show answers a submission with another page. A page too large for an ack goes by the Web API.
func (b *Bot) show(ctx context.Context, cb slack.InteractionCallback, s session, state *form.State, page modal.Page) any {
	page.Version = s.form.Version
	view, err := modal.Render(state, page)
	if err != nil {
		b.cfg.Log.WithError(err).Error("render the form")
		view = modal.Notice("No form", "This page of the form cannot be shown in Slack: "+err.Error())
	}
	if modal.FitsAck(view) {
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	b.tasks.Go(func() {
		if _, err := b.slack.UpdateView(context.WithoutCancel(ctx), slackapp.View{ID: cb.View.ID}, view); err != nil {
			b.cfg.Log.WithError(err).Warn("show the next page of the form")
		}
	})
	loading := modal.Notice("One moment", "Turning the page…")
	return slack.NewUpdateViewSubmissionResponse(&loading)
}

// changed shows the form anew when a field that others depend on has a new value, and goes
// back a page.
func (b *Bot) changed(ctx context.Context, cb slack.InteractionCallback) {
	if cb.View.CallbackID != modal.CallbackID || len(cb.ActionCallback.BlockActions) == 0 {
		return
	}
	s, err := b.session(ctx, cb)
	if err != nil {
		b.cfg.Log.WithError(err).Warn("a change in a form was not understood")
		return
	}
	back := false
	for _, a := range cb.ActionCallback.BlockActions {
		back = back || a.ActionID == modal.ActionBack
	}
	state := s.form.Resolve(ctx, s.who, s.values)
	page := s.page
	if back {
		page = modal.PrevPage(state, page)
	}
	if page.Draft != "" {
		if err := b.journal.saveDraft(ctx, cb.View.ID, s.values); err != nil {
			b.cfg.Log.WithError(err).Error("a page of a form could not be kept")
			return
		}
	}
	page.Version = s.form.Version
	view, err := modal.Render(state, page)
	if err == nil {
		_, err = b.slack.UpdateView(ctx, slackapp.View{ID: cb.View.ID, Hash: cb.View.Hash}, view)
	}
	if slackapp.Code(err) == "hash_conflict" {
		return // the person was faster: the next change brings newer values
	}
	if err != nil {
		b.cfg.Log.WithError(err).Warn("show the changed form")
	}
}
