package bot

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// notUnderstood answers a submission that could not be read.
func (b *Bot) notUnderstood(cb slack.InteractionCallback, err error) any {
	entry := b.cfg.Log.WithError(err)
	if errors.Is(err, errForeign) {
		entry.Warn("a submission was not understood")
		notice := modal.Notice("Start again", fmt.Sprintf("This form is not one that can be read any more, and nothing was done. Type %s again.", b.cfg.Command))
		return slack.NewUpdateViewSubmissionResponse(&notice)
	}
	entry.Error("a submission could not be checked")
	if first := firstInput(cb.View); first != "" {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{
			first: "Port or Slack could not be reached to check the form. What you typed is still here: press the button again in a moment.",
		})
	}
	notice := modal.Notice("Start again", fmt.Sprintf("Port or Slack could not be reached, and nothing was done. Type %s again in a moment.", b.cfg.Command))
	return slack.NewUpdateViewSubmissionResponse(&notice)
}

// errorsAck shows one sentence at the first field of the page.
func (b *Bot) errorsAck(state *form.State, page modal.Page, sentence string) any {
	for _, id := range modal.FieldsOn(state, page) {
		if blocks := modal.ErrorsByBlock(state, page, map[string]string{id: sentence}); len(blocks) > 0 {
			return slack.NewErrorsViewSubmissionResponse(blocks)
		}
	}
	notice := modal.Notice("Not done", sentence)
	return slack.NewUpdateViewSubmissionResponse(&notice)
}

// showable reports that a view has an input for each of the errors: Slack takes no others.
func showable(v slack.View, errors map[string]string) bool {
	has := map[string]bool{}
	for _, block := range v.Blocks.BlockSet {
		if input, ok := block.(*slack.InputBlock); ok {
			has[input.BlockID] = true
		}
	}
	if v.State != nil {
		for id := range v.State.Values {
			has[id] = true
		}
	}
	for id := range errors {
		if !has[id] {
			return false
		}
	}
	return true
}

// firstInput is the id of a view's first input block, where an error can be shown.
func firstInput(v slack.View) string {
	for _, block := range v.Blocks.BlockSet {
		if input, ok := block.(*slack.InputBlock); ok {
			return input.BlockID
		}
	}
	return ""
}

// whisperBack is the ack of a command that tells its sender something.
// https://docs.slack.dev/interactivity/implementing-slash-commands#responding_to_commands
func whisperBack(text string) any {
	return map[string]any{"response_type": "ephemeral", "text": text}
}

func (b *Bot) notOpened(err error) string {
	b.cfg.Log.WithError(err).Warn("open the form")
	switch slackapp.Code(err) {
	case "expired_trigger_id", "exchanged_trigger_id":
		return "Slack was too slow to open the form. Try again."
	}
	return "The form could not be opened. Try again; if it stays so, tell whoever runs this bot."
}

func (b *Bot) help() string {
	return fmt.Sprintf("`%[1]s` opens the form of the Port action `%[2]s`.\n`%[1]s some text` opens it with the text filled in.\n"+
		"You press the button, Port runs the action as you, and this channel hears how it ended.", b.cfg.Command, b.cfg.Action)
}

// cannot says why an action has no form in Slack, and where it has one.
func (b *Bot) cannot(f *form.Form) string {
	var s strings.Builder
	fmt.Fprintf(&s, "*%s* cannot be run from Slack:", f.Title)
	for _, p := range f.Problems {
		s.WriteString("\n• ")
		if p.Input != "" {
			s.WriteString(p.Input + ": ")
		}
		s.WriteString(p.Reason)
	}
	fmt.Fprintf(&s, "\nRun it in Port: %s", b.room.ActionLink(f.Action))
	return s.String()
}

func (b *Bot) portTrouble(err error) string {
	if e, ok := errors.AsType[*rest.Error](err); ok && e.Status == 404 {
		return fmt.Sprintf("Port has no action %s. Whoever runs this bot can mend it: foghorn doctor.", b.cfg.Action)
	}
	return fmt.Sprintf("Port does not answer just now, so there is no form. Type %s again in a moment.", b.cfg.Command)
}
