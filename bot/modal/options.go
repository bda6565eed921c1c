package modal

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// choice shows the allowed values: a few that must be answered as radio buttons, up to a
// hundred as a menu, more as a type-ahead.
func choice(f *form.FieldState, id string) slack.BlockElement {
	switch {
	case len(f.Options) > maxOptions:
		return typeAhead(f, id)
	case !f.Many && f.Required && len(f.Options) <= fewOptions:
		return radio(f, id)
	}
	options := optionObjects(f.Options)
	if !f.Many {
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, id, options...)
		e.InitialOption = chosen(f, options)
		return e
	}
	e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, nil, id, options...)
	e.MaxSelectedItems = atMost(f)
	e.InitialOptions = chosenMany(f, options)
	return e
}

// yesNo are the options of a boolean.
var yesNo = []form.Option{{Label: "Yes", Value: true}, {Label: "No", Value: false}}

func choices(f *form.FieldState) []form.Option {
	if f.Kind == form.Boolean {
		return yesNo
	}
	return f.Options
}

func radio(f *form.FieldState, id string) slack.BlockElement {
	options := optionObjects(choices(f))
	e := slack.NewRadioButtonsBlockElement(id, options...)
	e.InitialOption = chosen(f, options)
	return e
}

// typeAhead asks the bot for options while a person types.
func typeAhead(f *form.FieldState, id string) slack.BlockElement {
	zero := 0
	if !f.Many {
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, nil, id)
		e.MinQueryLength = &zero
		e.InitialOption = current(f, f.Value)
		return e
	}
	e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeExternal, nil, id)
	e.MinQueryLength, e.MaxSelectedItems = &zero, atMost(f)
	list, _ := f.Value.([]any)
	for _, v := range list {
		if o := current(f, v); o != nil && len(e.InitialOptions) < maxOptions {
			e.InitialOptions = append(e.InitialOptions, o)
		}
	}
	return e
}

// current is the option of a value that was chosen from a type-ahead.
func current(f *form.FieldState, v any) *slack.OptionBlockObject {
	if f.Kind == form.Choice {
		for _, o := range f.Options {
			if same(o.Value, v) {
				return slack.NewOptionBlockObject(optionValue(o), words(optionText(o.Label)), nil)
			}
		}
		return nil
	}
	s, ok := v.(string)
	if !ok || s == "" || utf8.RuneCountInString(s) > maxOptionValue {
		return nil
	}
	return slack.NewOptionBlockObject(s, words(optionText(s)), nil)
}

// optionObjects are options as Slack shows them. Those that would read the same are numbered.
func optionObjects(options []form.Option) []*slack.OptionBlockObject {
	out := make([]*slack.OptionBlockObject, 0, len(options))
	seen := make(map[string]int, len(options))
	for _, o := range options {
		text := optionText(o.Label)
		for seen[text]++; seen[text] > 1; seen[text]++ {
			suffix := fmt.Sprintf(" (%d)", seen[text])
			text = clip(optionText(o.Label), maxOptionText-len(suffix)) + suffix
		}
		out = append(out, slack.NewOptionBlockObject(optionValue(o), words(text), nil))
	}
	return out
}

func optionText(label string) string { return clip(visible(label, "(empty)"), maxOptionText) }

// optionValue names an option: its own text where that fits, else a digest.
func optionValue(o form.Option) string {
	if s, ok := o.Value.(string); ok && s != "" && s[0] != '#' && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxOptionValue {
		return s
	}
	data, _ := json.Marshal(o.Value)
	return "#" + digest(string(data))
}

// optionOf is the allowed value that a name stands for.
func optionOf(options []form.Option, name string) (any, bool) {
	for _, o := range options {
		if optionValue(o) == name {
			return o.Value, true
		}
	}
	return nil, false
}

func chosen(f *form.FieldState, objects []*slack.OptionBlockObject) *slack.OptionBlockObject {
	for i, o := range choices(f) {
		if same(o.Value, f.Value) {
			return objects[i]
		}
	}
	return nil
}

func chosenMany(f *form.FieldState, objects []*slack.OptionBlockObject) (out []*slack.OptionBlockObject) {
	list, _ := f.Value.([]any)
	for i, o := range f.Options {
		for _, v := range list {
			if same(o.Value, v) {
				out = append(out, objects[i])
				break
			}
		}
	}
	return out
}

// same compares values of JSON.
func same(a, b any) bool {
	switch a := a.(type) {
	case string, float64, bool, nil:
		return a == b
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// A Candidate is something a type-ahead can offer.
type Candidate struct{ Label, Value string }

// OptionsFrom is the ack of a type-ahead: as many as Slack takes, by number and by bytes.
// What has too long a name to be chosen is left out.
func OptionsFrom(found []Candidate) slack.OptionsResponse {
	options := make([]form.Option, 0, len(found))
	for _, c := range found {
		if c.Value != "" && utf8.RuneCountInString(c.Value) <= maxOptionValue {
			options = append(options, form.Option{Label: c.Label, Value: c.Value})
		}
	}
	objects := optionObjects(options[:min(len(options), maxOptions)])
	for i, o := range objects {
		objects[i] = slack.NewOptionBlockObject(options[i].Value.(string), o.Text, nil)
	}
	return fit(objects)
}

// Options is the ack of a type-ahead over a long list of allowed values.
func Options(f *form.FieldState, query string) slack.OptionsResponse {
	query = strings.ToLower(strings.TrimSpace(query))
	var found []form.Option
	for _, o := range f.Options {
		if len(found) < maxOptions && strings.Contains(strings.ToLower(o.Label), query) {
			found = append(found, o)
		}
	}
	return fit(optionObjects(found))
}

// fit keeps as many options as an ack holds.
func fit(objects []*slack.OptionBlockObject) slack.OptionsResponse {
	size := 0
	for i, o := range objects {
		data, err := json.Marshal(o)
		if size += len(data) + 1; err != nil || size > maxAck {
			objects = objects[:i]
			break
		}
	}
	return slack.OptionsResponse{Options: objects}
}
