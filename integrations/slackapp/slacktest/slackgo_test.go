package slacktest_test

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

// Every element that slack-go can build passes as it is encoded there.
func TestValidate_SlackGoElements(t *testing.T) {
	red, blue := slack.NewOptionBlockObject("red", plainTextObject("Red"), plainTextObject("warm")), slack.NewOptionBlockObject("blue", plainTextObject("Blue"), nil)
	number := slack.NewNumberInputBlockElement(plainTextObject("how many"), "v", true)
	number.MinValue, number.MaxValue, number.InitialValue = "1", "9.5", "2"
	long := slack.NewPlainTextInputBlockElement(plainTextObject("say"), "v").WithMultiline(true).WithMinLength(1).WithMaxLength(3000)
	long.DispatchActionConfig = &slack.DispatchActionConfig{TriggerActionsOn: []string{"on_enter_pressed"}}
	date := slack.NewDatePickerBlockElement("v")
	date.InitialDate = "2026-01-31"
	clock := slack.NewTimePickerBlockElement("v")
	clock.InitialTime, clock.Timezone = "09:30", "Europe/Berlin"
	moment := slack.NewDateTimePickerBlockElement("v")
	moment.InitialDateTime = 1769871840
	one := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainTextObject("pick"), "v", red, blue)
	one.InitialOption = red
	grouped := slack.NewOptionsGroupSelectBlockElement(slack.OptTypeStatic, nil, "v", slack.NewOptionGroupBlockElement(plainTextObject("Colours"), red, blue))
	external := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, nil, "v")
	least := 0
	external.MinQueryLength = &least
	most := 2
	several := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, nil, "v", red, blue)
	several.MaxSelectedItems, several.InitialOptions = &most, []*slack.OptionBlockObject{blue}
	radio := slack.NewRadioButtonsBlockElement("v", red, blue)
	radio.InitialOption = blue
	boxes := slack.NewCheckboxGroupsBlockElement("v", red, blue)
	boxes.InitialOptions = []*slack.OptionBlockObject{red}
	inputs := map[string]slack.BlockElement{
		"text": long, "email": slack.NewEmailTextInputBlockElement(nil, "v"), "url": slack.NewURLTextInputBlockElement(nil, "v"),
		"number": number, "date": date, "time": clock, "moment": moment, "one": one, "grouped": grouped, "external": external,
		"several": several, "radio": radio, "boxes": boxes, "rich": slack.NewRichTextInputBlockElement(nil, "v"),
		"file":          slack.NewFileInputBlockElement("v").WithFileTypes("png").WithMaxFiles(2),
		"user":          slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, "v"),
		"users":         slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, nil, "v"),
		"channel":       slack.NewOptionsSelectBlockElement(slack.OptTypeChannels, nil, "v"),
		"conversations": slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeConversations, nil, "v"),
	}
	view := slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainTextObject("All"), Submit: plainTextObject("Go"), Close: plainTextObject("No"), CallbackID: "c", ExternalID: "e",
		PrivateMetadata: "{}", ClearOnClose: true, NotifyOnClose: true,
	}
	for name, element := range inputs {
		block := slack.NewInputBlock(name, plainTextObject(name), plainTextObject("hint"), element).WithOptional(true)
		if name != "file" {
			block = block.WithDispatchAction(true)
		}
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, block)
	}
	button := slack.NewButtonBlockElement("go", "1", plainTextObject("Go")).WithStyle(slack.StyleDanger)
	button.WithConfirm(slack.NewConfirmationBlockObject(plainTextObject("Sure?"), plainTextObject("Really?"), plainTextObject("Yes"), plainTextObject("No")))
	md := slack.NewTextBlockObject(slack.MarkdownType, "*x*", false, true)
	view.Blocks.BlockSet = append(view.Blocks.BlockSet,
		slack.NewHeaderBlock(plainTextObject("Head")), slack.NewDividerBlock(), slack.NewContextBlock("ctx", md, slack.NewImageBlockElement("https://x/y.png", "y")),
		slack.NewSectionBlock(md, []*slack.TextBlockObject{md}, slack.NewAccessory(button)),
		slack.NewActionBlock("act", button, slack.NewOverflowBlockElement("more", red, blue)),
		slack.NewImageBlock("https://x/y.png", "y", "img", plainTextObject("title")),
		slack.NewRichTextBlock("rich block", slack.NewRichTextSection(slack.NewRichTextSectionTextElement("hi", nil))),
	)
	encoded, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slacktest.ValidateView(encoded) {
		t.Error(p)
	}
}
