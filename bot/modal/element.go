package modal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// BlockID is the id of the block that shows a field.
func BlockID(field string) string {
	if id := "f:" + field; utf8.RuneCountInString(id) <= maxID && utf8.ValidString(field) {
		return id
	}
	return "h:" + digest(field)
}

// FieldOf is the field that a block shows; nil when it shows none.
func FieldOf(s *form.State, block string) *form.FieldState {
	if id, ok := strings.CutPrefix(block, "f:"); ok {
		return s.Field(id)
	}
	for _, step := range s.Steps {
		for _, item := range step.Items {
			if item.Field != nil && BlockID(item.Field.ID) == block {
				return item.Field
			}
		}
	}
	return nil
}

func jsonDigest(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return digest(string(data))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// element is what a field is entered with.
func element(f *form.FieldState) slack.BlockElement {
	id := actionID(f)
	switch kind := shape(f); kind {
	case string(slack.METEmailTextInput):
		e := slack.NewEmailTextInputBlockElement(nil, id)
		e.InitialValue, e.DispatchActionConfig = shown(f), dispatch(f)
		return e
	case string(slack.METURLTextInput):
		e := slack.NewURLTextInputBlockElement(nil, id)
		e.InitialValue, e.DispatchActionConfig = shown(f), dispatch(f)
		return e
	case string(slack.METNumber):
		e := slack.NewNumberInputBlockElement(nil, id, f.Decimal)
		e.InitialValue, e.DispatchActionConfig = shown(f), dispatch(f)
		e.MinValue, e.MaxValue = bounds(f)
		return e
	case string(slack.METDatetimepicker):
		e := slack.NewDateTimePickerBlockElement(id)
		if when, ok := moment(f.Value); ok {
			e.InitialDateTime = when.Unix()
		}
		return e
	case string(slack.METRadioButtons):
		options := optionObjects(choices(f))
		e := slack.NewRadioButtonsBlockElement(id, options...)
		e.InitialOption = chosen(f, options)
		return e
	case slack.OptTypeStatic:
		options := optionObjects(f.Options)
		e := slack.NewOptionsSelectBlockElement(kind, nil, id, options...)
		e.InitialOption = chosen(f, options)
		return e
	case slack.MultiOptTypeStatic:
		options := optionObjects(f.Options)
		e := slack.NewOptionsMultiSelectBlockElement(kind, nil, id, options...)
		e.InitialOptions = chosenMany(f, options)
		e.MaxSelectedItems = atMost(f, len(e.InitialOptions))
		return e
	case slack.OptTypeExternal, slack.OptTypeUser:
		e := slack.NewOptionsSelectBlockElement(kind, nil, id)
		if kind == slack.OptTypeExternal {
			e.MinQueryLength = new(int) // ask as soon as it is opened
			e.InitialOption = current(f, f.Value)
		}
		return e
	case slack.MultiOptTypeExternal, slack.MultiOptTypeUser:
		e := slack.NewOptionsMultiSelectBlockElement(kind, nil, id)
		if kind == slack.MultiOptTypeExternal {
			e.MinQueryLength = new(int)
			e.InitialOptions = currentMany(f)
		}
		e.MaxSelectedItems = atMost(f, len(e.InitialOptions))
		return e
	}
	return typed(f, id)
}

// typed is a field for text. The least length is not given to Slack: form says it in a
// sentence, and a default that is too short would be refused with the whole view.
func typed(f *form.FieldState, id string) slack.BlockElement {
	value := shown(f)
	e := slack.NewPlainTextInputBlockElement(placeholder(f), id)
	e.InitialValue, e.DispatchActionConfig = value, dispatch(f)
	e.MaxLength = maxInput
	switch f.Kind {
	case form.Object, form.List:
		e.Multiline = true
	case form.Text, form.Multiline:
		e.Multiline = f.Kind == form.Multiline || strings.ContainsAny(value, "\n\r")
		if f.MaxLength != nil && *f.MaxLength >= 1 {
			e.MaxLength = min(*f.MaxLength, maxInput)
		}
	}
	if utf8.RuneCountInString(value) > e.MaxLength {
		e.MaxLength = maxInput // a default that breaks its own rule is still shown
	}
	return e
}

func placeholder(f *form.FieldState) *slack.TextBlockObject {
	switch f.Kind {
	case form.Object:
		return words(`{"key": "value"}`)
	case form.List:
		return words("One a line")
	case form.LabeledURL:
		return words("https://example.com What it is called")
	case form.DateTime:
		return words("2026-01-31T15:04:05Z")
	}
	return nil
}

// dispatch says when a text that others depend on is told to the bot; nil for a field that
// nothing depends on. Slack knows no "when the field is left", and people seldom press Enter
// in a form: with on_enter_pressed a condition would be seen too late or never.
// https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object
func dispatch(f *form.FieldState) *slack.DispatchActionConfig {
	if !f.Watched {
		return nil
	}
	return &slack.DispatchActionConfig{TriggerActionsOn: []string{"on_character_entered"}}
}

// numberFits reports that a number_input can hold the field's value.
func numberFits(f *form.FieldState) bool {
	if f.Value == nil {
		return true
	}
	n, ok := f.Value.(float64)
	return ok && (f.Decimal || n == math.Trunc(n)) && math.Abs(n) <= maxNumber
}

// bounds are the least and the greatest number; "" for none. They are left out when no
// number is between them, or when a default is not: form's Validate says so.
func bounds(f *form.FieldState) (least, most string) {
	low, high := math.Inf(-1), math.Inf(1)
	if f.Minimum != nil {
		low = *f.Minimum
	}
	if f.Maximum != nil {
		high = *f.Maximum
	}
	if !f.Decimal {
		low, high = math.Ceil(low), math.Floor(high)
	}
	if n, ok := f.Value.(float64); low > high || ok && (n < low || n > high) {
		return "", ""
	}
	return bound(low), bound(high)
}

func bound(n float64) string {
	if math.Abs(n) > maxNumber {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// atMost is how many may be chosen; nil when any number may. What is chosen already stays.
func atMost(f *form.FieldState, already int) *int {
	if f.MaxItems == nil || *f.MaxItems < 1 || *f.MaxItems > maxOptions {
		return nil
	}
	most := max(*f.MaxItems, already)
	return &most
}
