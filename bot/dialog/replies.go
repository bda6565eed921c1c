package dialog

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// The texts that people read in answer to a command or in a form. testdata/replies.golden.txt shows them all.
const (
	notSavedText     = "Not saved, and nothing was run. Try again in a few seconds; your input is kept."
	pageNotSavedText = "This page was not saved. Try again in a few seconds; your input is kept."
	staleText        = "Slack sent the answers of another page, so they were not read. Your input is kept; press the button again."
	draftLostText    = "Your earlier answers have expired, and nothing was run. Start again on this page."
	formChangedText  = "The form has changed. Check the fields on this page, then press the button again."
	noActionText     = "Choose an action."
	checkFailedText  = "Port or Slack isn't responding, so the form can't be checked. Your input is kept; try again in a few seconds."
)

func (d *Dialog) wrongCommandText() slacktext.Text {
	var names slacktext.Text
	for i, c := range d.cfg.commands() {
		if i > 0 {
			names += ", "
		}
		names += slacktext.Format("`%s`", c.Name)
	}
	if d.cfg.RunCommand != "" {
		names += slacktext.Format(", `%s`", d.cfg.RunCommand)
	}
	return slacktext.Format("This app answers to %s.", names)
}

func (d *Dialog) invalidCommandText(command string) slacktext.Text {
	return slacktext.Format("Slack sent an incomplete command. Run `%s` again.", command)
}

func (d *Dialog) helpText(ctx context.Context, action string) slacktext.Text {
	text := "`%[1]s` opens the form *%[2]s*.\n`%[1]s some text` opens it with the first field filled in.\n" +
		"You run it as yourself. The result is posted in this channel; a private incident is shown only to you."
	if f, cached := d.definitions.cached(ctx, action); cached && hasEntityField(f) {
		text = "`%[1]s` opens the form *%[2]s*.\n`%[1]s some text` opens it for the entity with this name, " +
			"or with the first field filled in if not exactly one matches.\nYou run it as yourself. The result is posted in this channel."
	}
	return slacktext.Format(text, d.command(action), d.actionTitle(ctx, action))
}

func (d *Dialog) runHelpText() slacktext.Text {
	return slacktext.Format("`%[1]s` lets you choose one of the Port actions that you may run, and opens its form.\n"+
		"`%[1]s some text` shows those that match the text; if it is only one, its form opens.\n"+
		"You run it as yourself. The result is posted in this channel.\n"+
		"`%[1]s list` shows your last runs.", d.cfg.RunCommand)
}

func (d *Dialog) listFailedText() slacktext.Text {
	return slacktext.Format("Your runs can't be read right now. Run `%s list` again in a minute.", d.cfg.RunCommand)
}

// actionsErrorText says why there are no actions to choose from.
func (d *Dialog) actionsErrorText() slacktext.Text {
	return slacktext.Format("Port or Slack isn't responding, so the actions can't be shown. Run `%s` again in a minute.", d.cfg.RunCommand)
}

func (d *Dialog) notOfferedText() slacktext.Text {
	return slacktext.Format("This action can't be run from Slack. Nothing was run. Run `%s` to choose another one.", d.cfg.RunCommand)
}

// deniedChoiceText says why the user may run no action.
func (d *Dialog) deniedChoiceText(denied *identity.Denial) slacktext.Text {
	return slacktext.Format(":x: You can't run actions. %s", denied.Reason)
}

func matchText(query string) string {
	return "Actions that match \"" + shorten(query) + "\". To search all actions, type in the field."
}

func noMatchText(query string) string {
	return "No action that you may run matches \"" + shorten(query) + "\"."
}

// actionTitle is the title of the action, or its identifier until the definition has been read.
func (d *Dialog) actionTitle(ctx context.Context, action string) string {
	if f, cached := d.definitions.cached(ctx, action); cached && !slacktext.IsBlank(f.Title) {
		return shorten(f.Title)
	}
	return action
}

// deniedText says why the user may not run the action, and what to do.
func (d *Dialog) deniedText(ctx context.Context, action string, denied *identity.Denial) slacktext.Text {
	return slacktext.Format(":x: You can't run *%s*. %s", d.actionTitle(ctx, action), denied.Reason)
}

// openErrorText says why Slack did not open the view of a command.
func openErrorText(command string, err error) slacktext.Text {
	switch slackapp.ErrorCode(err) {
	case "expired_trigger_id", "exchanged_trigger_id":
		return slacktext.Format("The form took too long to open. Run `%s` again.", command)
	}
	return slacktext.Format("Slack didn't open the form. Run `%s` again. If it fails again, contact the person who operates this bot.", command)
}

// portErrorText says why there is no definition of the action.
func (d *Dialog) portErrorText(action string, err error) slacktext.Text {
	if rest.IsNotFound(err) {
		return slacktext.Format("Port has no action named `%s`. The person who operates this bot can run `foghorn doctor` to fix it.", action)
	}
	if errors.Is(err, errDefinition) {
		return slacktext.JoinLines(renderErrorText(err), slacktext.Link(d.cfg.Renderer.ActionURL(action), "Run it in Port"))
	}
	text := slacktext.Format("Port isn't responding, so the form can't be loaded. Run `%s` again in a minute.", d.command(action))
	if action == d.cfg.Action {
		text += " If it is urgent, declare the incident in incident.io."
	}
	return text
}

// A reply must fit an ack.
const (
	maxProblems = 5   // inputs that Slack can't show, which are listed
	maxName     = 100 // UTF-16 code units of a name
	maxReason   = 200 // of a reason

	maxErrorText = 1000 // UTF-16 code units of a text at a field
)

// unsupportedText says why an action cannot be run from Slack, and where it can be run.
func (d *Dialog) unsupportedText(f *form.Form) slacktext.Text {
	lines := []slacktext.Text{slacktext.Format("*%s* has inputs that Slack can't show:", shorten(f.Title))}
	for i, p := range f.Problems {
		switch {
		case i == maxProblems:
			lines = append(lines, slacktext.Format("• and %d more", len(f.Problems)-maxProblems))
		case i > maxProblems:
		case p.Input == "":
			lines = append(lines, slacktext.Format("• %s", slacktext.Truncate(slacktext.SingleLine(p.Reason), maxReason)))
		default:
			lines = append(lines, slacktext.Format("• *%s*: %s", shorten(p.Input), slacktext.Truncate(slacktext.SingleLine(p.Reason), maxReason)))
		}
	}
	return slacktext.JoinLines(append(lines, slacktext.Link(d.cfg.Renderer.ActionURL(f.Action), "Run it in Port"))...)
}

func expiredText(command string) slacktext.Text {
	return slacktext.Format("This form has expired. Nothing was run. Open a new one with `%s`.", command)
}

func checkFailedRestartText(command string) slacktext.Text {
	return slacktext.Format("Port or Slack isn't responding. Nothing was run. Run `%s` again in a minute.", command)
}

// problemsText is one of the problems, with the title of its field: if there is one, of a field on the page.
func problemsText(state *form.State, p modal.Page, problems map[string]string) string {
	for _, id := range slices.Concat(modal.FieldsOnPage(state, p), slices.Sorted(maps.Keys(problems))) {
		if text, ok := problems[id]; ok {
			return state.Field(id).Title + ": " + text
		}
	}
	return ""
}

func renderErrorText(err error) slacktext.Text {
	return slacktext.Format("Slack can't show the form of this action: %s. The person who operates this bot can run `foghorn doctor` to find out why.",
		shorten(err.Error()))
}

func shorten(s string) string { return slacktext.Truncate(slacktext.SingleLine(s), maxName) }

func loadingView() slack.ModalViewRequest {
	return modal.Notice("Loading", "Loading the form from Port…")
}

func errorView(text slacktext.Text) slack.ModalViewRequest {
	return modal.Notice("Form not available", text)
}

func expiredView(text slacktext.Text) slack.ModalViewRequest {
	return modal.Notice("Start again", text)
}

// ephemeralReply is the answer to a command that only its sender sees.
// https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands
func ephemeralReply(text slacktext.Text) any {
	return map[string]any{"response_type": "ephemeral", "text": text.Fallback(), "blocks": []slack.Block{text.Block()}}
}
