package slacktest_test

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

// Every element that slack-go can build passes as it is encoded there.
func TestElementsOfSlackGo(t *testing.T) {
	red, blue := slack.NewOptionBlockObject("red", text("Red"), text("warm")), slack.NewOptionBlockObject("blue", text("Blue"), nil)
	number := slack.NewNumberInputBlockElement(text("how many"), "v", true)
	number.MinValue, number.MaxValue, number.InitialValue = "1", "9.5", "2"
	long := slack.NewPlainTextInputBlockElement(text("say"), "v").WithMultiline(true).WithMinLength(1).WithMaxLength(3000)
	long.DispatchActionConfig = &slack.DispatchActionConfig{TriggerActionsOn: []string{"on_enter_pressed"}}
	date := slack.NewDatePickerBlockElement("v")
	date.InitialDate = "2026-01-31"
	clock := slack.NewTimePickerBlockElement("v")
	clock.InitialTime, clock.Timezone = "09:30", "Europe/Berlin"
	moment := slack.NewDateTimePickerBlockElement("v")
	moment.InitialDateTime = 1769871840
	one := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, text("pick"), "v", red, blue)
	one.InitialOption = red
	grouped := slack.NewOptionsGroupSelectBlockElement(slack.OptTypeStatic, nil, "v", slack.NewOptionGroupBlockElement(text("Colours"), red, blue))
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
		Type: slack.VTModal, Title: text("All"), Submit: text("Go"), Close: text("No"), CallbackID: "c", ExternalID: "e",
		PrivateMetadata: "{}", ClearOnClose: true, NotifyOnClose: true,
	}
	for name, element := range inputs {
		block := slack.NewInputBlock(name, text(name), text("hint"), element).WithOptional(true)
		if name != "file" {
			block = block.WithDispatchAction(true)
		}
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, block)
	}
	button := slack.NewButtonBlockElement("go", "1", text("Go")).WithStyle(slack.StyleDanger)
	button.WithConfirm(slack.NewConfirmationBlockObject(text("Sure?"), text("Really?"), text("Yes"), text("No")))
	md := slack.NewTextBlockObject(slack.MarkdownType, "*x*", false, true)
	view.Blocks.BlockSet = append(view.Blocks.BlockSet,
		slack.NewHeaderBlock(text("Head")), slack.NewDividerBlock(), slack.NewContextBlock("ctx", md, slack.NewImageBlockElement("https://x/y.png", "y")),
		slack.NewSectionBlock(md, []*slack.TextBlockObject{md}, slack.NewAccessory(button)),
		slack.NewActionBlock("act", button, slack.NewOverflowBlockElement("more", red, blue)),
		slack.NewImageBlock("https://x/y.png", "y", "img", text("title")),
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
