package modal

import (
	"strings"

	"foghorn/bot/form"
)

// Prefill puts text that was typed after the command into the first field for text.
func Prefill(f *form.Form, text string) form.Values {
	return fillFirst(text, textFields(f))
}

// PrefillDescription puts the text of a message into the field with the id description, else the first field of
// several lines, else the first field for text.
func PrefillDescription(f *form.Form, text string) form.Values {
	fields := textFields(f)
	for _, fits := range []func(*form.Field) bool{
		func(x *form.Field) bool { return x.ID == "description" },
		func(x *form.Field) bool { return x.Kind == form.Multiline },
	} {
		for _, x := range fields {
			if fits(x) {
				return fillFirst(text, []*form.Field{x})
			}
		}
	}
	return fillFirst(text, fields)
}

// textFields are the fields for any text, in their order.
func textFields(f *form.Form) (out []*form.Field) {
	for _, step := range f.Steps {
		for _, item := range step.Items {
			x := item.Field
			if x != nil && !x.Hidden && !x.Many && x.ID != form.TargetID && (x.Kind == form.Text || x.Kind == form.Multiline) {
				out = append(out, x)
			}
		}
	}
	return out
}

// fillFirst puts as much of a text as fits into the first of the fields.
func fillFirst(text string, fields []*form.Field) form.Values {
	text = strings.TrimSpace(text)
	if text == "" || len(fields) == 0 {
		return form.Values{}
	}
	limit := maxInput
	if n := fields[0].MaxLength; n != nil && *n > 0 {
		limit = min(limit, *n)
	}
	if r := []rune(text); len(r) > limit {
		text = string(r[:limit])
	}
	text = truncateBytes(text, maxInitialBytes)
	return form.Values{fields[0].ID: text}
}
