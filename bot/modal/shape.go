package modal

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/slacktext"
)

// elementType is the type of the element that suits a field best. It depends on the field's value
// where an element cannot hold every value: a page must show what Port gets.
func elementType(f *form.FieldState) string {
	switch f.Kind {
	case form.Email:
		return string(slack.METEmailTextInput)
	case form.URL:
		return string(slack.METURLTextInput)
	case form.Number, form.Integer:
		if fitsNumberInput(f) {
			return string(slack.METNumber)
		}
	case form.Boolean:
		// A checkbox cannot tell "no" from "not answered", and as a required field it would
		// have to be ticked.
		return string(slack.METRadioButtons)
	case form.DateTime:
		if _, ok := parseDateTime(f.Value); ok || f.Value == nil {
			return string(slack.METDatetimepicker)
		}
	case form.Choice:
		return choiceElementType(f)
	case form.Entity, form.Team:
		if f.Many {
			return slack.MultiOptTypeExternal
		}
		return slack.OptTypeExternal
	case form.User:
		if f.Many {
			return slack.MultiOptTypeUser
		}
		return slack.OptTypeUser
	}
	return string(slack.METPlainTextInput)
}

// choiceElementType shows up to a hundred allowed values as a menu, a few that must be answered as
// radio buttons (which cannot be emptied again), and more than a hundred as a type-ahead:
// a hundred groups of a hundred would fit a menu, but not a view of 250 KB.
func choiceElementType(f *form.FieldState) string {
	switch {
	case len(f.Options) > maxOptions && f.Many:
		return slack.MultiOptTypeExternal
	case len(f.Options) > maxOptions:
		return slack.OptTypeExternal
	case f.Many:
		return slack.MultiOptTypeStatic
	case f.Required && len(f.Options) <= maxRadioOptions:
		return string(slack.METRadioButtons)
	}
	return slack.OptTypeStatic
}

// isInput reports that a field is an input on its page. What is disabled is shown as text, and
// so is a value that the input could not hold whole; both stay as they are.
func isInput(f *form.FieldState) bool {
	switch {
	case f.Disabled, f.Kind == form.Choice && len(f.Options) == 0:
		return false
	case f.Kind == form.Choice, f.Kind == form.Entity, f.Kind == form.Team:
		return canPreselect(f)
	}
	return slacktext.Length(inputText(f)) <= maxInput
}

// canPreselect reports that a select can begin with the field's value.
func canPreselect(f *form.FieldState) bool {
	list, many := f.Value.([]any)
	if len(list) > maxOptions {
		return false
	}
	if f.Kind == form.Choice || f.Value == nil {
		return true // what is not among the options is not chosen
	}
	if !many {
		list = []any{f.Value}
	}
	return many == f.Many && !slices.ContainsFunc(list, func(v any) bool {
		s, ok := v.(string)
		return !ok || s == "" || slacktext.Length(s) > maxOptionValue
	})
}

// actionID is the id of a field's element: its type, and for a field whose options or default
// vary, a digest of them. Slack keeps what was typed as long as the id stays the same, so it
// changes whenever what was typed would not fit the element any more.
func actionID(f *form.FieldState) string {
	if !f.DynamicOptions {
		return elementType(f)
	}
	return strings.Join([]string{elementType(f), jsonDigest(f.Options), jsonDigest(f.Default)}, "-")
}

// isDefault reports that a value is the default that an element was made with: it follows
// what it depends on.
func isDefault(actionID string, value any) bool {
	parts := strings.Split(actionID, "-")
	return len(parts) == 3 && parts[2] == jsonDigest(value)
}
