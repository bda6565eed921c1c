package modal

import (
	"maps"
	"slices"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// CompleteState is what the inputs of a view hold. Slack leaves out of the state what the person has not touched
// since the view was updated, and the payload of a type-ahead has no state: then the initial value counts, which the
// view contains. A block whose element is in the state and empty was emptied.
// https://github.com/slackapi/bolt-js/issues/1073
// https://github.com/slackapi/java-slack-sdk/issues/1292
func CompleteState(v slack.View) *slack.ViewState {
	return &slack.ViewState{Values: completeValues(v, initialValues(v))}
}

func completeValues(v slack.View, initial map[string]map[string]slack.BlockAction) map[string]map[string]slack.BlockAction {
	values := maps.Clone(initial)
	if v.State != nil {
		for block, elements := range v.State.Values {
			if len(elements) > 0 {
				values[block] = elements
			}
		}
	}
	return values
}

// initialValues are the values that the inputs of a view began with, in the form of its state.
func initialValues(v slack.View) map[string]map[string]slack.BlockAction {
	out := map[string]map[string]slack.BlockAction{}
	for _, b := range v.Blocks.BlockSet {
		if input, ok := b.(*slack.InputBlock); ok {
			if id, a := initialValue(input.Element); id != "" {
				out[input.BlockID] = map[string]slack.BlockAction{id: a}
			}
		}
	}
	return out
}

// initialValue is the initial value of an element that newElement makes; an empty id for others.
func initialValue(e slack.BlockElement) (actionID string, a slack.BlockAction) {
	switch e := e.(type) {
	case *slack.PlainTextInputBlockElement:
		return e.ActionID, slack.BlockAction{Value: e.InitialValue}
	case *slack.EmailTextInputBlockElement:
		return e.ActionID, slack.BlockAction{Value: e.InitialValue}
	case *slack.URLTextInputBlockElement:
		return e.ActionID, slack.BlockAction{Value: e.InitialValue}
	case *slack.NumberInputBlockElement:
		return e.ActionID, slack.BlockAction{Value: e.InitialValue}
	case *slack.DateTimePickerBlockElement:
		return e.ActionID, slack.BlockAction{SelectedDateTime: e.InitialDateTime}
	case *slack.RadioButtonsBlockElement:
		return e.ActionID, slack.BlockAction{SelectedOption: optionOrNone(e.InitialOption)}
	case *slack.SelectBlockElement:
		return e.ActionID, slack.BlockAction{SelectedOption: optionOrNone(e.InitialOption), SelectedUser: e.InitialUser}
	case *slack.MultiSelectBlockElement:
		a := slack.BlockAction{SelectedUsers: e.InitialUsers}
		for _, o := range e.InitialOptions {
			a.SelectedOptions = append(a.SelectedOptions, optionOrNone(o))
		}
		return e.ActionID, a
	}
	return "", slack.BlockAction{}
}

func optionOrNone(o *slack.OptionBlockObject) slack.OptionBlockObject {
	if o == nil {
		return slack.OptionBlockObject{}
	}
	return *o
}

// AddActions adds the values of changed inputs to the state of a view, as far as it lacks them.
func AddActions(v slack.View, actions []*slack.BlockAction) slack.View {
	values, inputs := map[string]map[string]slack.BlockAction{}, inputIDs(v)
	for _, a := range actions {
		if _, ok := inputs[a.BlockID]; ok {
			values[a.BlockID] = map[string]slack.BlockAction{a.ActionID: *a}
		}
	}
	if v.State != nil {
		maps.Copy(values, v.State.Values)
	}
	v.State = &slack.ViewState{Values: values}
	return v
}

// IsStale reports that a view came with the state of another page, which Slack sends at times after it has replaced
// a page. Such a state says nothing about the fields of the view.
// https://github.com/slackapi/bolt-js/issues/625
func IsStale(v slack.View) bool {
	if v.State == nil {
		return false
	}
	own, other := inputIDs(v), false
	for block := range v.State.Values {
		if _, mine := own[block]; mine {
			return false
		}
		other = other || isFieldBlock(block)
	}
	return other && len(own) > 0
}

// IsOutdated reports that a page shows other fields or options now than a view of it: a condition or the definition
// has changed since the view was rendered, so that the person has not seen them. It is false for a page that was
// shown again because of this, because a program can have another result each time.
func IsOutdated(s *form.State, p Page, v slack.View) bool {
	shown := inputIDs(v)
	return !p.Again && len(v.Blocks.BlockSet) > 0 && slices.ContainsFunc(slices.Concat(FieldsOnPage(s, p), movedFields(s, p, v)), func(id string) bool {
		action, ok := shown[blockID(id)]
		return !ok || isInput(s.Field(id)) && !hasCurrentOptions(s.Field(id), action)
	})
}

// inputIDs are the action ids of the inputs of a view, by block.
func inputIDs(v slack.View) map[string]string {
	out := map[string]string{}
	for _, b := range v.Blocks.BlockSet {
		if input, ok := b.(*slack.InputBlock); ok {
			out[input.BlockID], _ = initialValue(input.Element)
		}
	}
	return out
}
