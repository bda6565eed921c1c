package slacktest_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/integrations/slackapp/slacktest/doortest"
)

// An app of slack-go does what the app of Bolt does, before the same person.
func TestSlackGo(t *testing.T) {
	w := start(t, slacktest.Config{}, declares)
	doortest.Open(t, w.Door()).Play()
}

func declares(w *world, evt socketmode.Event) any {
	var err error
	var answer any
	switch data := evt.Data.(type) {
	case slack.SlashCommand:
		_, err = w.api.OpenViewContext(w.ctx, data.TriggerID, declareForm(data.ChannelID))
	case slack.InteractionCallback:
		switch data.Type {
		case slack.InteractionTypeShortcut:
			_, err = w.api.OpenViewContext(w.ctx, data.TriggerID, declareForm(data.User.ID))
		case slack.InteractionTypeBlockSuggestion:
			options := []*slack.OptionBlockObject{}
			for _, service := range []string{"payments", "paging", "search"} {
				if strings.HasPrefix(service, data.Value) {
					options = append(options, slack.NewOptionBlockObject(service, text(service), nil))
				}
			}
			answer = map[string]any{"options": options} // OptionsResponse leaves an empty list out
		case slack.InteractionTypeViewSubmission:
			answer, err = declared(w, data)
		case slack.InteractionTypeBlockActions:
			_, _, _, err = w.api.UpdateMessageContext(w.ctx, data.Channel.ID, data.Message.Timestamp,
				slack.MsgOptionText(data.ActionCallback.BlockActions[0].Value+" is resolved", false), slack.MsgOptionBlocks())
		}
	}
	if err != nil {
		w.t.Error(err)
	}
	return answer
}

func declareForm(channel string) slack.ModalViewRequest {
	service := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, nil, "service")
	least := 1
	service.MinQueryLength = &least
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: text("Declare"), Submit: text("Declare"), CallbackID: "declare", PrivateMetadata: channel,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("name", text("Name"), nil, slack.NewPlainTextInputBlockElement(nil, "name")),
			slack.NewInputBlock("service", text("Service"), nil, service),
		}},
	}
}

// declared posts what a submission declares, or gives the errors of it.
func declared(w *world, data slack.InteractionCallback) (any, error) {
	values := data.View.State.Values
	name := values["name"]["name"].Value
	if len(name) < 3 {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{"name": "Say more than that."}), nil
	}
	said := name + " (" + values["service"]["service"].SelectedOption.Value + "), says <@" + data.User.ID + ">"
	_, _, err := w.api.PostMessageContext(w.ctx, data.View.PrivateMetadata, slack.MsgOptionText(said, false), slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, said, false, false), nil, nil),
		slack.NewActionBlock("", slack.NewButtonBlockElement("resolve", name, text("Resolve"))),
	))
	return nil, err
}
