package modal_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
)

// A form is rendered, a person answers, and the answer has the types of JSON.
func Example() {
	f, err := form.Compile(json.RawMessage(`{"identifier":"scale","title":"Scale a service","trigger":{
		"type":"self-service","operation":"CREATE","userInputs":{
			"properties":{"replicas":{"type":"number","title":"Replicas","enum":[1,2,4]}},"required":["replicas"]}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	state := f.Resolve(context.Background(), form.EvalContext{}, nil)
	view, err := modal.Render(state, modal.Page{Action: f.Action, Version: f.Version})
	if err != nil {
		fmt.Println(err)
		return
	}
	input := view.Blocks.BlockSet[0].(*slack.InputBlock)
	choice := input.Element.(*slack.RadioButtonsBlockElement)
	fmt.Println(view.Title.Text, "|", input.Label.Text, "|", choice.Options[1].Text.Text)

	values, _, err := modal.Decode(state, slack.View{State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{
		input.BlockID: {choice.ActionID: {SelectedOption: *choice.Options[1]}},
	}}})
	fmt.Printf("%v %T %v\n", values["replicas"], values["replicas"], err)
	// Output:
	// Scale a service | Replicas | 2
	// 2 float64 <nil>
}
