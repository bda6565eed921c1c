package modal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
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

// actionID is the id of a field's element. Slack keeps what was typed as long as it stays
// the same, so it changes with the options and the default of a field for which they vary.
func actionID(f *form.FieldState) string {
	if !f.Varies {
		return "value"
	}
	return "value-" + jsonDigest(f.Options) + "-" + jsonDigest(f.Default)
}

// untouched reports that a value is the default that the element was made with: it
// follows what it depends on.
func untouched(actionID string, value any) bool {
	_, made, varies := strings.Cut(strings.TrimPrefix(actionID, "value-"), "-")
	return varies && made == jsonDigest(value)
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

// element is the best that Block Kit has for a field. Table tells people of it.
func element(f *form.FieldState) slack.BlockElement {
	id := actionID(f)
	switch f.Kind {
	case form.Email:
		e := slack.NewEmailTextInputBlockElement(nil, id)
		e.InitialValue = shown(f)
		return e
	case form.URL:
		e := slack.NewURLTextInputBlockElement(nil, id)
		e.InitialValue = shown(f)
		return e
	case form.Number, form.Integer:
		e := slack.NewNumberInputBlockElement(nil, id, f.Decimal)
		e.InitialValue, e.MinValue, e.MaxValue = shown(f), bound(f.Minimum), bound(f.Maximum)
		if f.Minimum != nil && f.Maximum != nil && *f.Minimum > *f.Maximum {
			e.MinValue, e.MaxValue = "", ""
		}
		return e
	case form.Boolean:
		return radio(f, id)
	case form.DateTime:
		if when, ok := moment(f.Value); ok || f.Value == nil {
			e := slack.NewDateTimePickerBlockElement(id)
			if ok {
				e.InitialDateTime = when.Unix()
			}
			return e
		}
	case form.Choice:
		return choice(f, id)
	case form.Entity, form.Team:
		return typeAhead(f, id)
	case form.User:
		return people(f, id)
	}
	return typed(f, id)
}

// typed is a field for text.
func typed(f *form.FieldState, id string) slack.BlockElement {
	value := shown(f)
	e := slack.NewPlainTextInputBlockElement(placeholder(f), id)
	e.InitialValue = value
	e.MaxLength = maxInput
	switch f.Kind {
	case form.Multiline, form.Object, form.List:
		e.Multiline = true
	case form.Text:
		e.Multiline = strings.ContainsAny(value, "\n\r")
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
	}
	return nil
}

// people picks persons by who they are in Slack.
func people(f *form.FieldState, id string) slack.BlockElement {
	if !f.Many {
		return slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, id)
	}
	e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, nil, id)
	e.MaxSelectedItems = atMost(f)
	return e
}

// shown is a field's value as the text that an input holds; "" when it is none.
func shown(f *form.FieldState) string {
	switch f.Kind {
	case form.Choice, form.Boolean, form.Entity, form.Team, form.User:
		return ""
	case form.DateTime:
		if _, ok := moment(f.Value); ok {
			return ""
		}
	case form.Object:
		if f.Value == nil {
			return ""
		}
		if s, ok := f.Value.(string); ok {
			return s
		}
		data, _ := json.MarshalIndent(f.Value, "", "  ")
		return string(data)
	case form.List:
		list, _ := f.Value.([]any)
		lines := make([]string, 0, len(list))
		for _, v := range list {
			lines = append(lines, scalar(v))
		}
		return strings.Join(lines, "\n")
	case form.LabeledURL:
		if m, ok := f.Value.(map[string]any); ok {
			return strings.TrimSpace(scalar(m["url"]) + " " + scalar(m["displayText"]))
		}
	}
	return scalar(f.Value)
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return plainValue(v)
}

func bound(n *float64) string {
	if n == nil || *n > 1e15 || *n < -1e15 {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

// moment reads a date that Slack's picker can hold: ten digits of Unix seconds.
// https://docs.slack.dev/reference/block-kit/block-elements/datetime-picker-element
func moment(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Unix() < 1_000_000_000 || t.Unix() > 9_999_999_999 {
		return time.Time{}, false
	}
	return t, true
}

// atMost is how many may be chosen; nil when any number may.
func atMost(f *form.FieldState) *int {
	if f.MaxItems == nil || *f.MaxItems < 1 {
		return nil
	}
	return f.MaxItems
}
