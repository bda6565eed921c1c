package modal

import (
	"strings"

	"foghorn/bot/form"
	"foghorn/bot/slacktext"
)

// Prefill puts text that was typed after the command into the first field for text that is always shown, if there is one.
func Prefill(f *form.Form, text string) form.Values {
	return fillFirst(text, textFields(f))
}

// PrefillMessage puts a message into the form: its title into the first field for text, and its text with
// the link to it into the field that describes. That is the one called description, else the first of several
// lines, else the first for text. The link stays whole if the text must be shortened.
func PrefillMessage(f *form.Form, title, text, link string) form.Values {
	fields := textFields(f)
	if len(fields) == 0 {
		return form.Values{}
	}
	values := form.Values{}
	description := descriptionField(fields)
	if first := fields[0]; first != description {
		if title = slacktext.Truncate(slacktext.SingleLine(title), inputLimit(first)); title != "" {
			values[first.ID] = title
		}
	}
	if text = withLink(text, link, inputLimit(description)); text != "" {
		values[description.ID] = text
	}
	return values
}

// descriptionField is the field for the text of a message.
func descriptionField(fields []*form.Field) *form.Field {
	for _, fits := range []func(*form.Field) bool{
		func(x *form.Field) bool { return x.ID == "description" },
		func(x *form.Field) bool { return strings.EqualFold(x.Title, "description") },
		func(x *form.Field) bool { return x.Kind == form.Multiline },
	} {
		for _, x := range fields {
			if fits(x) {
				return x
			}
		}
	}
	return fields[0]
}

// withLink is a text and, on a line of its own, a link. A text that is too long is shortened before the link;
// a link that is longer than the limit is left out.
func withLink(text, link string, limit int) string {
	text = strings.TrimSpace(slacktext.Clean(text))
	switch length := slacktext.Length(link); {
	case link == "" || length > limit:
		return truncateBytes(slacktext.Truncate(text, limit), maxInitialBytes)
	case text == "" || length > limit-2:
		return link
	default:
		return truncateBytes(slacktext.Truncate(text, limit-length-1), maxInitialBytes-jsonLength(link)) + "\n" + link
	}
}

// textFields are the fields for any text, in their order: first those that are always shown, because a value in a field
// that is not shown is lost.
func textFields(f *form.Form) []*form.Field {
	var shown, conditional []*form.Field
	for _, step := range f.Steps {
		for _, item := range step.Items {
			x := item.Field
			if x != nil && !x.Hidden && !x.Many && x.ID != form.TargetID && (x.Kind == form.Text || x.Kind == form.Multiline) {
				if x.Conditional {
					conditional = append(conditional, x)
				} else {
					shown = append(shown, x)
				}
			}
		}
	}
	return append(shown, conditional...)
}

// fillFirst puts as much of a text as fits into the first of the fields.
func fillFirst(text string, fields []*form.Field) form.Values {
	text = strings.TrimSpace(slacktext.Clean(text))
	if text == "" || len(fields) == 0 {
		return form.Values{}
	}
	return form.Values{fields[0].ID: truncateBytes(slacktext.Truncate(text, inputLimit(fields[0])), maxInitialBytes)}
}

// inputLimit is the longest text that a field takes, in UTF-16 code units.
func inputLimit(f *form.Field) int {
	if n := f.MaxLength; n != nil && *n > 0 {
		return min(maxInput, *n)
	}
	return maxInput
}
