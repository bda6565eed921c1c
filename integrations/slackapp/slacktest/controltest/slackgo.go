package controltest

import (
	"context"
	"io"
	"log"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// RunSlackGo runs a slack-go app with the same behavior as the app.js for Bolt, until the test ends.
func (d *Client) RunSlackGo() {
	d.t.Helper()
	space := d.Get("")
	text := func(key string) string { s, _ := space[key].(string); return s }
	app := &slackGoApp{client: d, api: slack.New(text("bot_token"), slack.OptionAPIURL(text("api_url")), slack.OptionAppLevelToken(text("app_token")))}
	client := socketmode.New(app.api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, stop := context.WithCancel(d.t.Context())
	ran, handled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ran)
		_ = client.RunContext(ctx) // ends with the test
	}()
	go func() {
		defer close(handled)
		for {
			select {
			case <-ctx.Done():
				return
			case evt := <-client.Events:
				if evt.Request != nil && evt.Request.EnvelopeID != "" {
					_ = client.AckCtx(ctx, evt.Request.EnvelopeID, app.handle(ctx, evt)) // RunScenario reports missing acks
				}
			}
		}
	}()
	d.t.Cleanup(func() {
		stop()
		<-ran
		<-handled
	})
}

type slackGoApp struct {
	client *Client
	api    *slack.Client
}

// handle returns the payload of the ack.
func (a *slackGoApp) handle(ctx context.Context, evt socketmode.Event) any {
	var err error
	var answer any
	switch data := evt.Data.(type) {
	case slack.SlashCommand:
		_, err = a.api.OpenViewContext(ctx, data.TriggerID, declareModal(data.ChannelID))
	case slack.InteractionCallback:
		switch data.Type {
		case slack.InteractionTypeShortcut:
			_, err = a.api.OpenViewContext(ctx, data.TriggerID, declareModal(data.User.ID))
		case slack.InteractionTypeBlockSuggestion:
			answer = serviceOptions(data.Value)
		case slack.InteractionTypeViewSubmission:
			answer, err = a.submitDeclaration(ctx, data)
		case slack.InteractionTypeBlockActions:
			_, _, _, err = a.api.UpdateMessageContext(ctx, data.Channel.ID, data.Message.Timestamp,
				slack.MsgOptionText(data.ActionCallback.BlockActions[0].Value+" is resolved", false), slack.MsgOptionBlocks())
		}
	}
	if err != nil {
		a.client.t.Errorf("slack-go app: %v", err)
	}
	return answer
}

func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

func declareModal(channel string) slack.ModalViewRequest {
	service := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, nil, "service")
	least := 1
	service.MinQueryLength = &least
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText("Declare"), Submit: plainText("Declare"), CallbackID: "declare", PrivateMetadata: channel,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("name", plainText("Name"), nil, slack.NewPlainTextInputBlockElement(nil, "name")),
			slack.NewInputBlock("service", plainText("Service"), nil, service),
		}},
	}
}

// serviceOptions returns the services with a prefix. slack.OptionsResponse omits an empty list.
func serviceOptions(typed string) any {
	options := []*slack.OptionBlockObject{}
	for _, service := range []string{"payments", "paging", "search"} {
		if strings.HasPrefix(service, typed) {
			options = append(options, slack.NewOptionBlockObject(service, plainText(service), nil))
		}
	}
	return map[string]any{"options": options}
}

// submitDeclaration posts the submitted incident, or returns its errors.
func (a *slackGoApp) submitDeclaration(ctx context.Context, data slack.InteractionCallback) (any, error) {
	values := data.View.State.Values
	name := values["name"]["name"].Value
	if len(name) < 3 {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{"name": "Say more than that."}), nil
	}
	said := name + " (" + values["service"]["service"].SelectedOption.Value + "), says <@" + data.User.ID + ">"
	_, _, err := a.api.PostMessageContext(ctx, data.View.PrivateMetadata, slack.MsgOptionText(said, false), slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, said, false, false), nil, nil),
		slack.NewActionBlock("", slack.NewButtonBlockElement("resolve", name, plainText("Resolve"))),
	))
	return nil, err
}
