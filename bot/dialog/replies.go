package dialog

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// The texts that people read in answer to a command or in a form. testdata/replies.golden.txt shows them all.
const (
	notSavedText     = "Not saved, and nothing was run. Try again in a few seconds; your input is kept."
	pageNotSavedText = "This page was not saved. Try again in a few seconds; your input is kept."
	checkFailedText  = "Port or Slack isn't responding, so the form can't be checked. Your input is kept; try again in a few seconds."
)

func (d *Dialog) wrongCommandText() string {
	return fmt.Sprintf("This app answers to `%s`.", d.cfg.Command)
}

func (d *Dialog) invalidCommandText() string {
	return fmt.Sprintf("Slack sent an incomplete command. Run `%s` again.", d.cfg.Command)
}

func (d *Dialog) helpText(ctx context.Context) string {
	title := d.cfg.Action
	if f, cached := d.definitions.cached(ctx, d.cfg.Action); cached {
		title = f.Title
	}
	return fmt.Sprintf("`%[1]s` opens the form *%[2]s*.\n`%[1]s some text` opens it with the first field filled in.\n"+
		"You run it as yourself. The result is posted in this channel; a private incident is shown only to you.", d.cfg.Command, title)
}

// deniedText says why the user may not run the action, and what to do.
func (d *Dialog) deniedText(ctx context.Context, denied *identity.Denial) string {
	title := d.cfg.Action
	if f, cached := d.definitions.cached(ctx, d.cfg.Action); cached {
		title = f.Title
	}
	return fmt.Sprintf(":x: You can't run *%s*. %s", slackutilsx.EscapeMessage(title), slackutilsx.EscapeMessage(denied.Reason))
}

// openErrorText says why Slack did not open a view.
func (d *Dialog) openErrorText(err error) string {
	switch slackapp.ErrorCode(err) {
	case "expired_trigger_id", "exchanged_trigger_id":
		return fmt.Sprintf("The form took too long to open. Run `%s` again.", d.cfg.Command)
	}
	return fmt.Sprintf("Slack didn't open the form. Run `%s` again. If it fails again, contact the person who operates this bot.", d.cfg.Command)
}

// portErrorText says why there is no definition of the action.
func (d *Dialog) portErrorText(err error) string {
	if rest.IsNotFound(err) {
		return fmt.Sprintf("Port has no action named `%s`. The person who operates this bot can run `foghorn doctor` to fix it.", d.cfg.Action)
	}
	return fmt.Sprintf("Port isn't responding, so the form can't be loaded. Run `%s` again in a minute. "+
		"If it is urgent, declare the incident in incident.io.", d.cfg.Command)
}

// unsupportedText says why an action cannot be run from Slack, and where it can be run.
func (d *Dialog) unsupportedText(f *form.Form) string {
	var s strings.Builder
	fmt.Fprintf(&s, "*%s* has inputs that Slack can't show:", f.Title)
	for _, p := range f.Problems {
		s.WriteString("\n• ")
		if p.Input != "" {
			s.WriteString("*" + p.Input + "*: ")
		}
		s.WriteString(slackutilsx.EscapeMessage(p.Reason))
	}
	fmt.Fprintf(&s, "\n<%s|Run it in Port>", d.cfg.Renderer.ActionURL(f.Action))
	return s.String()
}

func (d *Dialog) expiredText() string {
	return fmt.Sprintf("This form has expired. Nothing was run. Open a new one with `%s`.", d.cfg.Command)
}

func (d *Dialog) checkFailedRestartText() string {
	return fmt.Sprintf("Port or Slack isn't responding. Nothing was run. Run `%s` again in a minute.", d.cfg.Command)
}

func renderErrorText(err error) string {
	return "Slack can't show the form of this action: " + err.Error()
}

func loadingView() slack.ModalViewRequest {
	return modal.Notice("Loading", "Loading the form from Port…")
}

func errorView(text string) slack.ModalViewRequest { return modal.Notice("Form not available", text) }

func expiredView(text string) slack.ModalViewRequest { return modal.Notice("Start again", text) }

// ephemeralReply is the answer to a command that only its sender sees.
// https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands
func ephemeralReply(text string) any {
	return map[string]any{"response_type": "ephemeral", "text": text}
}
