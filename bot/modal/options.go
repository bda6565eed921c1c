package modal

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/slacktext"
)

// booleanOptions are the options of a boolean.
var booleanOptions = []form.Option{{Label: "Yes", Value: true}, {Label: "No", Value: false}}

func optionsOf(f *form.FieldState) []form.Option {
	if f.Kind == form.Boolean {
		return booleanOptions
	}
	return f.Options
}

// selectedOption is the option of a value in a type-ahead; nil: none.
func selectedOption(f *form.FieldState, v any) *slack.OptionBlockObject {
	if f.Kind == form.Choice {
		for _, o := range f.Options {
			if equalJSON(o.Value, v) {
				return slack.NewOptionBlockObject(optionValue(o), plainText(optionText(o.Label)), nil)
			}
		}
		return nil
	}
	s, ok := v.(string)
	if !ok || s == "" || slacktext.Length(s) > maxOptionValue {
		return nil
	}
	return slack.NewOptionBlockObject(s, plainText(optionText(s)), nil)
}

// selectedOptions are the options of a list in a type-ahead, in its order, each once.
func selectedOptions(f *form.FieldState) (out []*slack.OptionBlockObject) {
	list, _ := f.Value.([]any)
	seen := make(map[string]bool, len(list))
	for _, v := range list {
		if o := selectedOption(f, v); o != nil && !seen[o.Value] && len(out) < maxOptions {
			seen[o.Value] = true
			out = append(out, o)
		}
	}
	return out
}

// optionObjects are options as Slack shows them. Options with the same label are numbered.
func optionObjects(options []form.Option) []*slack.OptionBlockObject {
	out := make([]*slack.OptionBlockObject, 0, len(options))
	seen := make(map[string]int, len(options))
	for _, o := range options {
		text := optionText(o.Label)
		for seen[text]++; seen[text] > 1; seen[text]++ {
			suffix := fmt.Sprintf(" (%d)", seen[text])
			text = truncate(optionText(o.Label), maxOptionText-len(suffix)) + suffix
		}
		out = append(out, slack.NewOptionBlockObject(optionValue(o), plainText(text), nil))
	}
	return out
}

func optionText(label string) string { return truncateLine(nonBlank(label, "(empty)"), maxOptionText) }

// optionValue names an option: a short text by itself, a number or boolean by "#" and its JSON,
// anything else by "##" and a digest. So no two values have the same name.
func optionValue(o form.Option) string {
	switch v := o.Value.(type) {
	case string:
		if v != "" && v[0] != '#' && len(v) <= maxInlineValue && utf8.ValidString(v) && slacktext.SingleLine(v) == v {
			return v
		}
	case float64, bool:
		return "#" + encodeJSON(v, "")
	}
	return "##" + jsonDigest(o.Value)
}

// valuesByName are the allowed values by the names of their options.
func valuesByName(options []form.Option) map[string]any {
	out := make(map[string]any, len(options))
	for _, o := range options {
		out[optionValue(o)] = o.Value
	}
	return out
}

func initialOption(f *form.FieldState, objects []*slack.OptionBlockObject) *slack.OptionBlockObject {
	for i, o := range optionsOf(f) {
		if equalJSON(o.Value, f.Value) {
			return objects[i]
		}
	}
	return nil
}

// initialOptions are the options of a list, in its order, each once.
func initialOptions(f *form.FieldState, objects []*slack.OptionBlockObject) (out []*slack.OptionBlockObject) {
	list, _ := f.Value.([]any)
	for _, v := range list {
		i := slices.IndexFunc(f.Options, func(o form.Option) bool { return equalJSON(o.Value, v) })
		if i >= 0 && !slices.Contains(out, objects[i]) {
			out = append(out, objects[i])
		}
	}
	return out
}

// equalJSON compares values of JSON.
func equalJSON(a, b any) bool { return reflect.DeepEqual(a, b) }

// A Candidate is an entity or a team that a type-ahead can offer.
type Candidate struct{ Label, Value string }

// Suggestions is the ack of a type-ahead. Without options it is an empty list.
// https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
type Suggestions struct {
	Options []*slack.OptionBlockObject `json:"options"`
}

// SuggestCandidates offers as many candidates as Slack accepts, by number and by bytes. Those with
// a value that an option cannot hold are left out.
func SuggestCandidates(found []Candidate) Suggestions {
	options := make([]form.Option, 0, len(found))
	for _, c := range found {
		if c.Value != "" && slacktext.Length(c.Value) <= maxOptionValue {
			options = append(options, form.Option{Label: c.Label, Value: c.Value})
		}
	}
	objects := optionObjects(options[:min(len(options), maxOptions)])
	for i, o := range objects {
		objects[i] = slack.NewOptionBlockObject(options[i].Value.(string), o.Text, nil)
	}
	return limitToAck(objects)
}

// SuggestOptions offers the allowed values of a field for a text that was typed: first the one that
// equals it, then those that begin with it, then those that contain it. So each can be found by
// typing more of it.
func SuggestOptions(f *form.FieldState, query string) Suggestions {
	query = strings.ToLower(strings.TrimSpace(query))
	var ranked [3][]form.Option
	for _, o := range f.Options {
		label := strings.ToLower(strings.TrimSpace(o.Label))
		switch {
		case label == query:
			ranked[0] = append(ranked[0], o)
		case strings.HasPrefix(label, query):
			ranked[1] = append(ranked[1], o)
		case strings.Contains(label, query), strings.Contains(strings.ToLower(formatScalar(o.Value)), query):
			ranked[2] = append(ranked[2], o)
		}
	}
	found := slices.Concat(ranked[:]...)
	return limitToAck(optionObjects(found[:min(len(found), maxOptions)]))
}

// limitToAck keeps as many options as fit an ack.
func limitToAck(objects []*slack.OptionBlockObject) Suggestions {
	size := 0
	for i, o := range objects {
		data, err := json.Marshal(o)
		if size += len(data) + 1; err != nil || size > maxAckBytes {
			return Suggestions{objects[:i]}
		}
	}
	return Suggestions{objects}
}
