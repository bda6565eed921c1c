package dialog

import (
	"context"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/home"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
)

// openFromHome opens the form of a command, or the choice of an action, from its button in the Home tab. There is no
// channel: the result is sent to the reporter. A problem is shown in a view, or if that cannot be opened, in a direct message.
func (d *Dialog) openFromHome(ctx context.Context, cb slack.InteractionCallback) {
	deadline := time.Now().Add(answerTimeout)
	for _, a := range cb.ActionCallback.BlockActions {
		if a == nil || !strings.HasPrefix(a.ActionID, home.ActionOpen) {
			continue
		}
		action, known := d.action(a.Value)
		choose := d.cfg.RunCommand != "" && a.Value == d.cfg.RunCommand
		if !known && !choose || cb.TriggerID == "" || cb.User.ID == "" { // a button of an earlier configuration
			continue
		}
		var problem slacktext.Text
		if choose {
			problem = d.openChooser(ctx, cb.TriggerID, cb.User.ID, modal.Chooser{})
		} else {
			problem = d.open(ctx, cb.TriggerID, cb.User.ID, modal.Page{Action: action}, noPrefill)
		}
		if problem == "" {
			return
		}
		opening, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		if _, err := d.cfg.Slack.OpenView(opening, cb.TriggerID, errorView(problem)); err != nil {
			d.sendProblem(ctx, cb.User.ID, problem)
		}
		return
	}
}

// Title is the title of an action for the Home tab; "" until its definition has been read. It costs no call.
func (d *Dialog) Title(action string) string {
	if def, ok := d.definitions.forms.Get(action); ok {
		return def.(definition).form.Title
	}
	return ""
}
