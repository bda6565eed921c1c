package dialog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

const (
	// loadingDelay is how long a view is waited for before a loading view is shown.
	loadingDelay = 700 * time.Millisecond

	// ackDelay is the time in which Slack shows the view of an ack, before it is replaced.
	ackDelay = 300 * time.Millisecond

	// matchTimeout bounds the search for the only action that a user may run and that matches the text of a command.
	matchTimeout = 3 * time.Second
)

// History shows what a user has run.
type History interface {
	// ListText lists the user's last runs.
	ListText(ctx context.Context, userID string) (slacktext.Text, error)
}

// run answers the command with which an action is chosen.
func (d *Dialog) run(ctx context.Context, cmd slack.SlashCommand, text string) any {
	switch {
	case cmd.TriggerID == "" || cmd.UserID == "":
		return ephemeralReply(d.invalidCommandText(cmd.Command))
	case strings.EqualFold(text, "help"):
		return ephemeralReply(d.runHelpText())
	case strings.EqualFold(text, "list"):
		return ephemeralReply(d.listText(ctx, cmd.UserID))
	}
	c := modal.Chooser{Channel: cmd.ChannelID, Direct: isDirect(cmd.ChannelName), Query: text}
	if problem := d.openChooser(ctx, cmd.TriggerID, cmd.UserID, c); problem != "" {
		return ephemeralReply(problem)
	}
	return nil
}

func (d *Dialog) listText(ctx context.Context, userID string) slacktext.Text {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	text, err := d.cfg.History.ListText(ctx, userID)
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to list the runs of a user")
		return d.listFailedText()
	}
	return text
}

// openChooser opens the view in which an action is chosen, or the form of the only action that matches. If it cannot be
// opened in time for an answer, the result is a text for the user.
func (d *Dialog) openChooser(ctx context.Context, triggerID, userID string, c modal.Chooser) (problem slacktext.Text) {
	if denied := d.knownDenial(ctx, userID, ""); denied != nil {
		return d.deniedChoiceText(denied)
	}
	c.Trace = string(request.TraceOf(ctx))
	var opened slackapp.View
	put := func(ctx context.Context, view slack.ModalViewRequest) (err error) {
		if opened.ID != "" {
			_, err = d.cfg.Slack.UpdateView(ctx, opened, view)
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		opened, err = d.cfg.Slack.OpenView(ctx, triggerID, view)
		return err
	}
	var err error
	if c.Query == "" && d.actions.isKnown() {
		err = put(ctx, c.Render())
		d.background.Go(func() { // the permissions are known when the user has found the field
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
			defer cancel()
			_, _, _ = d.offerActions(ctx, userID, "")
		})
	} else {
		err = d.show(ctx, put, func(ctx context.Context) slack.ModalViewRequest { return d.loadChooser(ctx, userID, c) })
	}
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to open the choice of an action")
		return openErrorText(d.cfg.RunCommand, err)
	}
	return ""
}

// show shows the view that load makes. If that takes longer than loadingDelay, a loading view is shown meanwhile. put
// shows a view; the second one replaces the first.
func (d *Dialog) show(ctx context.Context, put func(context.Context, slack.ModalViewRequest) error, load func(context.Context) slack.ModalViewRequest) error {
	loaded := make(chan slack.ModalViewRequest, 1)
	background := context.WithoutCancel(ctx)
	d.background.Go(func() {
		ctx, cancel := context.WithTimeout(background, loadTimeout)
		defer cancel()
		loaded <- load(ctx)
	})
	select {
	case view := <-loaded:
		return put(ctx, view)
	case <-time.After(loadingDelay):
	}
	if err := put(ctx, loadingView()); err != nil {
		return err
	}
	d.background.Go(func() {
		if err := put(background, <-loaded); err != nil {
			d.log(ctx).WithError(err).Warn("failed to replace the loading view")
		}
	})
	return nil
}

// loadChooser is the view in which an action is chosen, or the form of the only one that matches the query.
func (d *Dialog) loadChooser(ctx context.Context, userID string, c modal.Chooser) slack.ModalViewRequest {
	actions, err := d.actions.get(ctx)
	if err != nil {
		return errorView(d.actionsErrorText())
	}
	if c.Query == "" {
		return c.Render()
	}
	matching, cancel := context.WithTimeout(ctx, matchTimeout)
	defer cancel()
	found := searchActions(actions, c.Query, nil)
	offer, denied, err := d.cfg.Users.Offer(matching, userID, identifiers(found), 2)
	switch {
	case err != nil:
		d.log(ctx).WithError(err).Warn("failed to look up who chooses an action")
	case denied != nil:
		return errorView(d.deniedChoiceText(denied))
	case len(offer.Actions) == 1 && offer.Complete:
		return d.loadChosen(ctx, userID, c, offer.Actions[0])
	case len(offer.Actions) == 0 && offer.Complete:
		c.Notice, c.Query = noMatchText(c.Query), ""
		return c.Render()
	}
	c.Notice = matchText(c.Query)
	return c.Render()
}

// loadChosen is the form of the action that a user has chosen, or a view that says why there is none.
func (d *Dialog) loadChosen(ctx context.Context, userID string, c modal.Chooser, action string) slack.ModalViewRequest {
	if !d.cfg.offers(action) {
		return errorView(d.notOfferedText())
	}
	_, denied, err := d.cfg.Users.Authorize(ctx, userID, identity.Target{Action: action, AnyEntity: true})
	if err == nil && denied != nil {
		return errorView(d.deniedText(ctx, action, denied))
	}
	var f *form.Form
	if err == nil {
		f, err = d.definitions.get(ctx, action)
	}
	if errors.Is(err, errNotOffered) {
		return errorView(d.notOfferedText())
	}
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to read the action that was chosen")
		return errorView(d.portErrorText(action, err))
	}
	page := modal.Page{Action: action, Channel: c.Channel, Direct: c.Direct}
	return d.formView(ctx, f, userID, page, func(f *form.Form) form.Values { return modal.PrefillText(f, c.Text, c.Link) })
}

// decodeChooser reads the view in which an action is chosen.
func (d *Dialog) decodeChooser(cb slack.InteractionCallback) (c modal.Chooser, err error) {
	if d.cfg.RunCommand == "" || cb.View.ID == "" || cb.User.ID == "" {
		return c, errUnknownView
	}
	return modal.DecodeChooser(cb.View.PrivateMetadata)
}

// suggestActions offers the actions that match what was typed and that the user may run.
func (d *Dialog) suggestActions(ctx context.Context, cb slack.InteractionCallback) any {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	c, err := d.decodeChooser(cb)
	if err != nil {
		return modal.SuggestCandidates(nil)
	}
	query := cb.Value
	if strings.TrimSpace(query) == "" {
		query = c.Query
	}
	offered, denied, err := d.offerActions(ctx, cb.User.ID, query)
	switch {
	case denied != nil:
		d.replaceChooser(ctx, cb.View, d.deniedChoiceText(denied))
	case err != nil && len(offered) == 0: // an empty list would say that no action matches
		d.replaceChooser(ctx, cb.View, d.actionsErrorText())
	}
	return modal.SuggestCandidates(offered)
}

// replaceChooser says in place of the choice why there is none.
func (d *Dialog) replaceChooser(ctx context.Context, v slack.View, why slacktext.Text) {
	d.background.Go(func() {
		if _, err := d.cfg.Slack.UpdateView(context.WithoutCancel(ctx), slackapp.View{ID: v.ID, Hash: v.Hash}, errorView(why)); err != nil {
			d.log(ctx).WithError(err).Warn("failed to inform the user why no action can be chosen")
		}
	})
}

// offerActions are the actions that match a query and that a user may run, as far as that is known before ctx ends. With
// an error, some may be missing.
func (d *Dialog) offerActions(ctx context.Context, userID, query string) ([]modal.Candidate, *identity.Denial, error) {
	actions, err := d.actions.get(ctx)
	if err != nil {
		return nil, nil, err // the list has reported it
	}
	found := searchActions(actions, query, d.recentActions(ctx, userID))
	offer, denied, err := d.cfg.Users.Offer(ctx, userID, identifiers(found), maxSuggestions)
	if err == nil && !offer.Complete {
		err = ctx.Err()
	}
	if err != nil {
		d.log(ctx).WithError(err).Warn("failed to look up what a user may choose")
	}
	candidates := make([]modal.Candidate, 0, len(offer.Actions))
	for _, a := range found {
		if len(candidates) < len(offer.Actions) && a.id == offer.Actions[len(candidates)] {
			candidates = append(candidates, modal.Candidate{Label: a.label, Value: modal.ActionValue(a.id)})
		}
	}
	return candidates, denied, err
}

// choose replaces the view by the form of the action that was chosen. It continues after the ack.
func (d *Dialog) choose(ctx context.Context, cb slack.InteractionCallback) {
	c, err := d.decodeChooser(cb)
	value := modal.ChosenAction(cb.View, cb.ActionCallback.BlockActions)
	if err != nil || value == "" || len(cb.ActionCallback.BlockActions) == 0 {
		return
	}
	chosenAt := cb.ActionCallback.BlockActions[0].ActionTs
	put := func(ctx context.Context, view slack.ModalViewRequest) error {
		err := d.updates.update(ctx, slackapp.View{ID: cb.View.ID, Hash: cb.View.Hash}, chosenAt, view)
		if slackapp.ErrorCode(err) == "hash_conflict" {
			return nil // the view was submitted in the meantime
		}
		return err
	}
	ctx = context.WithoutCancel(ctx)
	d.background.Go(func() {
		if err := d.show(ctx, put, d.chosenLoader(cb, c, value)); err != nil {
			d.log(ctx).WithError(err).Warn("failed to show the form of the action that was chosen")
		}
	})
}

// submitChoice answers the button Next, which Slack can send without the choice before it.
func (d *Dialog) submitChoice(ctx context.Context, cb slack.InteractionCallback) any {
	c, err := d.decodeChooser(cb)
	if err != nil {
		d.cfg.Metrics.SubmissionHandled(outcomeUnknownView)
		view := expiredView(expiredText(cmp.Or(d.cfg.RunCommand, d.cfg.Command)))
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	d.cfg.Metrics.SubmissionHandled(outcomeInvalid)
	value := modal.ChosenAction(cb.View, nil)
	if value == "" {
		return modal.ChooserError(noActionText)
	}
	var ack *slack.ViewSubmissionResponse
	put := func(ctx context.Context, view slack.ModalViewRequest) error {
		if ack == nil {
			ack = slack.NewUpdateViewSubmissionResponse(&view)
			return nil
		}
		time.Sleep(ackDelay)
		_, err := d.cfg.Slack.UpdateView(ctx, slackapp.View{ID: cb.View.ID}, view)
		return err
	}
	_ = d.show(ctx, put, d.chosenLoader(cb, c, value)) // the first put returns no error
	return ack
}

// chosenLoader loads the form of the action whose option was chosen.
func (d *Dialog) chosenLoader(cb slack.InteractionCallback, c modal.Chooser, value string) func(context.Context) slack.ModalViewRequest {
	return func(ctx context.Context) slack.ModalViewRequest {
		action, err := d.actionOfValue(ctx, value)
		if err != nil {
			return errorView(d.actionsErrorText())
		}
		return d.loadChosen(ctx, cb.User.ID, c, action)
	}
}

// actionOfValue is the action of an option. Only a digest costs a call, if the list is not known.
func (d *Dialog) actionOfValue(ctx context.Context, value string) (action string, err error) {
	if !strings.HasPrefix(value, "#") {
		return value, nil
	}
	actions, err := d.actions.get(ctx)
	if i := slices.IndexFunc(actions, func(a listedAction) bool { return modal.ActionValue(a.id) == value }); i >= 0 {
		return actions[i].id, nil
	}
	return "", err
}

func identifiers(actions []listedAction) []string {
	out := make([]string, len(actions))
	for i, a := range actions {
		out[i] = a.id
	}
	return out
}
