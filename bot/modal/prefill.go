package modal

import (
	"strings"

	"foghorn/bot/form"
)

// Prefill puts text that was typed after the command into the first field for text.
func Prefill(f *form.Form, text string) form.Values {
	text = strings.TrimSpace(text)
	if text == "" {
		return form.Values{}
	}
	for _, step := range f.Steps {
		for _, item := range step.Items {
			x := item.Field
			if x == nil || x.Hidden || x.ID == form.TargetID || x.Many || x.Kind != form.Text && x.Kind != form.Multiline {
				continue
			}
			most := maxInput
			if x.MaxLength != nil && *x.MaxLength > 0 {
				most = min(most, *x.MaxLength)
			}
			if r := []rune(text); len(r) > most {
				text = string(r[:most])
			}
			return form.Values{x.ID: text}
		}
	}
	return form.Values{}
}
