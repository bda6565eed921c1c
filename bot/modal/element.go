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
	"foghorn/bot/slacktext"
)

// blockID is the id of the block that shows a field.
func blockID(field string) string {
	if id := "f:" + field; jsonLength(id) <= maxID && utf8.ValidString(field) && slacktext.Clean(field) == field {
		return id
	}
	return "h:" + digest(field)
}

// isFieldBlock reports that an id is one that blockID makes.
func isFieldBlock(id string) bool { return strings.HasPrefix(id, "f:") || strings.HasPrefix(id, "h:") }

// FieldForBlock is the field of a block; nil if it has none.
func FieldForBlock(s *form.State, block string) *form.FieldState {
	if id, ok := strings.CutPrefix(block, "f:"); ok {
		return s.Field(id)
	}
	for _, step := range s.Steps {
		for _, item := range step.Items {
			if item.Field != nil && blockID(item.Field.ID) == block {
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

// newElement makes the element in which a field is entered.
func newElement(f *form.FieldState, p Page) slack.BlockElement {
	id := elementID(f, p)
	switch kind := elementType(f); kind {
	case string(slack.METEmailTextInput):
		e := slack.NewEmailTextInputBlockElement(nil, id)
		e.InitialValue, e.DispatchActionConfig = inputText(f), dispatchConfig(f)
		return e
	case string(slack.METURLTextInput):
		e := slack.NewURLTextInputBlockElement(nil, id)
		e.InitialValue, e.DispatchActionConfig = inputText(f), dispatchConfig(f)
		return e
	case string(slack.METNumber):
		e := slack.NewNumberInputBlockElement(nil, id, f.Decimal)
		e.InitialValue, e.DispatchActionConfig = inputText(f), dispatchConfig(f)
		e.MinValue, e.MaxValue = numberBounds(f)
		return e
	case string(slack.METDatetimepicker):
		e := slack.NewDateTimePickerBlockElement(id)
		if when, ok := parseDateTime(f.Value); ok {
			e.InitialDateTime = when.Unix()
		}
		return e
	case string(slack.METRadioButtons):
		options := optionObjects(optionsOf(f))
		e := slack.NewRadioButtonsBlockElement(id, options...)
		e.InitialOption = initialOption(f, options)
		return e
	case slack.OptTypeStatic:
		options := optionObjects(f.Options)
		e := slack.NewOptionsSelectBlockElement(kind, nil, id, options...)
		e.InitialOption = initialOption(f, options)
		return e
	case slack.MultiOptTypeStatic:
		options := optionObjects(f.Options)
		e := slack.NewOptionsMultiSelectBlockElement(kind, nil, id, options...)
		e.InitialOptions = initialOptions(f, options)
		e.MaxSelectedItems = maxSelectedItems(f, len(e.InitialOptions))
		return e
	case slack.OptTypeExternal, slack.MultiOptTypeExternal:
		return newTypeAhead(f, p, id)
	case slack.OptTypeUser:
		e := slack.NewOptionsSelectBlockElement(kind, nil, id)
		if ids := p.Names.usersOf(f); len(ids) == 1 {
			e.InitialUser = ids[0]
		}
		return e
	case slack.MultiOptTypeUser:
		e := slack.NewOptionsMultiSelectBlockElement(kind, nil, id)
		e.InitialUsers = p.Names.usersOf(f)
		e.MaxSelectedItems = maxSelectedItems(f, len(e.InitialUsers))
		return e
	}
	return newTextInput(f, id)
}

// newTypeAhead is a menu whose options are loaded when it is opened.
func newTypeAhead(f *form.FieldState, p Page, id string) slack.BlockElement {
	if f.Many {
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeExternal, nil, id)
		e.MinQueryLength = new(int)
		e.InitialOptions = selectedOptions(f)
		p.Names.addTitles(f, e.InitialOptions...)
		e.MaxSelectedItems = maxSelectedItems(f, len(e.InitialOptions))
		return e
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, nil, id)
	e.MinQueryLength = new(int)
	e.InitialOption = selectedOption(f, f.Value)
	p.Names.addTitles(f, e.InitialOption)
	return e
}

// newTextInput is an input for text. It has no minimum length: package form checks it, and Slack
// rejects the whole view for a default that is too short.
func newTextInput(f *form.FieldState, id string) slack.BlockElement {
	value := inputText(f)
	e := slack.NewPlainTextInputBlockElement(placeholderText(f), id)
	e.InitialValue, e.DispatchActionConfig = value, dispatchConfig(f)
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
	if slacktext.Length(value) > e.MaxLength {
		e.MaxLength = maxInput // a default that is too long is shown
	}
	return e
}

func placeholderText(f *form.FieldState) *slack.TextBlockObject {
	switch f.Kind {
	case form.Object:
		return plainText(`{"key": "value"}`)
	case form.List:
		return plainText("One per line")
	case form.LabeledURL:
		return plainText("https://example.com Name of the link")
	case form.DateTime:
		return plainText("2026-01-31T15:04:05Z")
	}
	return nil
}

// dispatchConfig makes Slack report each change of a text on which other fields depend; nil for
// other fields. Slack has no event for leaving a field, and people seldom press Enter in a form.
// https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object
func dispatchConfig(f *form.FieldState) *slack.DispatchActionConfig {
	if !f.HasDependents {
		return nil
	}
	return &slack.DispatchActionConfig{TriggerActionsOn: []string{"on_character_entered"}}
}

// fitsNumberInput reports that a number_input can hold the field's value.
func fitsNumberInput(f *form.FieldState) bool {
	if f.Value == nil {
		return true
	}
	n, ok := f.Value.(float64)
	return ok && (f.Decimal || n == math.Trunc(n)) && math.Abs(n) <= maxNumber
}

// numberBounds are the minimum and the maximum; "" for none. They are left out when they or the
// default contradict them, because Slack would reject the view; form's Validate reports it.
func numberBounds(f *form.FieldState) (least, most string) {
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
	return formatBound(low), formatBound(high)
}

func formatBound(n float64) string {
	if math.Abs(n) > maxNumber {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// maxSelectedItems is how many options can be chosen; nil: any number. Options that are chosen
// stay.
func maxSelectedItems(f *form.FieldState, chosen int) *int {
	if f.MaxItems == nil || *f.MaxItems < 1 || *f.MaxItems > maxOptions {
		return nil
	}
	most := max(*f.MaxItems, chosen)
	return &most
}
