package modal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/slacktext"
)

// elementType is the type of the element that suits a field best. It depends on the field's value
// where an element cannot hold every value: a page shows the value that Port gets.
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
		// A checkbox cannot distinguish "no" from "not answered", and a required one must be
		// ticked.
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

// choiceElementType shows allowed values as a menu, or a few that must be answered as radio
// buttons, which cannot be emptied. More values than a menu or a page can hold are a type-ahead.
func choiceElementType(f *form.FieldState) string {
	fitsMenu := len(f.Options) <= maxOptions && menuSize(f) <= maxInitialBytes
	switch {
	case fitsMenu && f.Many:
		return slack.MultiOptTypeStatic
	case f.Many:
		return slack.MultiOptTypeExternal
	case f.Required && len(f.Options) <= maxRadioOptions:
		return string(slack.METRadioButtons)
	case fitsMenu:
		return slack.OptTypeStatic
	}
	return slack.OptTypeExternal
}

// menuSize is the most bytes that the options of a menu take: an option that is chosen is there
// twice.
func menuSize(f *form.FieldState) int {
	all, largest := 0, 0
	for _, o := range f.Options {
		n := optionSize(optionText(o.Label), optionValue(o))
		all, largest = all+n, max(largest, n)
	}
	if f.Many {
		return 2 * all
	}
	return all + largest
}

// optionSize is the most bytes that an option takes.
func optionSize(text, value string) int { return jsonLength(text) + jsonLength(value) + optionBytes }

// isInput reports that a field is an input on its page. A disabled field is shown as text, and
// so is a value that the input cannot hold; both keep their values.
func isInput(f *form.FieldState) bool {
	switch {
	case f.Disabled, f.Kind == form.Choice && len(f.Options) == 0:
		return false
	case f.Kind == form.Choice, f.Kind == form.Entity, f.Kind == form.Team:
		return canPreselect(f)
	}
	text := inputText(f)
	return slacktext.Length(text) <= maxInput && jsonLength(text) <= maxInitialBytes
}

// canPreselect reports that a select can begin with the field's value.
func canPreselect(f *form.FieldState) bool {
	list, many := f.Value.([]any)
	if len(list) > maxOptions {
		return false
	}
	if f.Kind == form.Choice { // values that are not among the options are not selected
		return selectionSize(f) <= maxInitialBytes
	}
	if f.Value == nil {
		return true
	}
	if !many {
		list = []any{f.Value}
	}
	return many == f.Many && selectionSize(f) <= maxInitialBytes && !slices.ContainsFunc(list, func(v any) bool {
		s, ok := v.(string)
		return !ok || s == "" || slacktext.Length(s) > maxOptionValue
	})
}

// selectionSize is the most bytes that the initial options of a type-ahead take.
func selectionSize(f *form.FieldState) (size int) {
	for _, o := range selectedOptions(f) {
		size += optionSize(o.Text.Text, o.Value)
	}
	return size
}

// actionID is the id of a field's element: its type, and for dynamic options or a dynamic default,
// a digest of them. Slack keeps the input of an element as long as its id stays the same, so the id
// changes when the input no longer fits.
func actionID(f *form.FieldState) string {
	if !f.DynamicOptions {
		return elementType(f)
	}
	return strings.Join([]string{elementType(f), jsonDigest(f.Options), jsonDigest(f.Default)}, "-")
}

// elementID is actionID for an element on a page. The elements that can be cleared are renewed with each clearing.
func elementID(f *form.FieldState, p Page) string {
	if p.Clears > 0 && CanClear(f) {
		return fmt.Sprintf("%d.%s", p.Clears, actionID(f))
	}
	return actionID(f)
}

// hasCurrentOptions reports that an element was made for the options that its field has now.
func hasCurrentOptions(f *form.FieldState, id string) bool {
	withoutDefault := func(id string) string {
		if i := strings.LastIndex(id, "-"); i >= 0 && f.DynamicOptions {
			return id[:i]
		}
		return id
	}
	return f.Kind != form.Choice || withoutDefault(id) == withoutDefault(actionID(f))
}

// isDefault reports that a value is the default with which an element was made. Such a value is not
// the person's: it changes with the fields that it depends on.
func isDefault(actionID string, value any) bool {
	parts := strings.Split(actionID, "-")
	return len(parts) == 3 && parts[2] == jsonDigest(value)
}
