package modal

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// maxValueBytes bounds the value of one field, in bytes.
const maxValueBytes = 4 * maxInput

// maxSelected bounds how many options of one field can be chosen.
const maxSelected = 1000

var errValueTooLarge = errors.New("a value is larger than a field holds")

// Decode reads the values of a view, and which fields it had. A field that was left empty is
// absent. The people of a User field are Slack ids; one that was left empty keeps a value that the
// view could not show. A value that is not of its field's kind stays text, which form's Validate rejects.
//
// The fields of the page count, not those that the state would show: a condition can have changed
// since the page was rendered. For fields whose options depend on other fields, decode twice: the
// second time with the state of the first values.
func Decode(s *form.State, v slack.View) (values form.Values, fields []string, err error) {
	values = form.Values{}
	initial := initialValues(v)
	for block, elements := range completeValues(v, initial) {
		f := FieldForBlock(s, block)
		if f == nil || f.Hidden {
			continue // forged, or removed from the definition
		}
		fields = append(fields, f.ID)
		for id, a := range elements {
			if isOversized(a) {
				return nil, nil, fmt.Errorf("read field %q: %w", f.ID, errValueTooLarge)
			}
			value := decodeElement(f, a)
			if value == nil || isDefault(id, value) || id != actionID(f) && isStaleChoice(f, value) {
				continue
			}
			values[f.ID] = value
		}
		if _, given := values[f.ID]; f.Kind == form.User && !given && f.Value != nil && !showsUsers(initial[block]) {
			values[f.ID] = f.Value
		}
	}
	return values, fields, nil
}

// showsUsers reports that an element began with people.
func showsUsers(elements map[string]slack.BlockAction) bool {
	for _, a := range elements {
		return a.SelectedUser != "" || len(a.SelectedUsers) > 0
	}
	return false
}

// isStaleChoice reports a choice among options that no longer exist.
func isStaleChoice(f *form.FieldState, v any) bool {
	if f.Kind != form.Choice {
		return false
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	allowed := valuesByName(f.Options)
	return slices.ContainsFunc(list, func(v any) bool {
		_, known := allowed[optionValue(form.Option{Value: v})]
		return !known
	})
}

// isOversized reports that an element holds more than can be entered in Slack.
func isOversized(a slack.BlockAction) bool {
	if len(a.Value) > maxValueBytes || len(a.SelectedOption.Value) > maxValueBytes || len(a.SelectedUser) > maxValueBytes ||
		len(a.SelectedOptions) > maxSelected || len(a.SelectedUsers) > maxSelected {
		return true
	}
	return slices.ContainsFunc(a.SelectedOptions, func(o slack.OptionBlockObject) bool { return len(o.Value) > maxValueBytes }) ||
		slices.ContainsFunc(a.SelectedUsers, func(id string) bool { return len(id) > maxValueBytes })
}

// decodeElement is the value of one element; nil: none.
func decodeElement(f *form.FieldState, a slack.BlockAction) any {
	switch f.Kind {
	case form.Choice, form.Boolean:
		allowed := valuesByName(optionsOf(f))
		if f.Many {
			return decodeList(a.SelectedOptions, func(o slack.OptionBlockObject) any { return optionByName(allowed, o.Value) })
		}
		return optionByName(allowed, a.SelectedOption.Value)
	case form.Entity, form.Team:
		if f.Many {
			return decodeList(a.SelectedOptions, func(o slack.OptionBlockObject) any { return nilIfEmpty(o.Value) })
		}
		return nilIfEmpty(a.SelectedOption.Value)
	case form.User:
		if f.Many {
			return decodeList(a.SelectedUsers, decodeUser)
		}
		return decodeUser(a.SelectedUser)
	case form.DateTime:
		return decodeDateTime(f, a)
	case form.Number, form.Integer:
		return decodeNumber(a.Value)
	case form.Object, form.List, form.LabeledURL:
		if isUnchanged(f, a.Value) {
			return f.Value
		}
		return decodeStructured(f, a.Value)
	case form.Email, form.URL, form.IP:
		return nilIfEmpty(strings.TrimSpace(a.Value))
	}
	return nilIfEmpty(a.Value)
}

// decodeUser is the id of a person. An address is none: it is how Port knows people, and only a default may be one.
func decodeUser(id string) any {
	if strings.Contains(id, "@") {
		return nil
	}
	return nilIfEmpty(id)
}

// isUnchanged reports that a text is that of the field's value. The value is kept then, because the
// text can contain less, such as of an entry of a list with two lines.
func isUnchanged(f *form.FieldState, s string) bool {
	switch f.Value.(type) {
	case []any, map[string]any:
		return s != "" && s == inputText(f)
	}
	return false
}

// decodeStructured reads a text that represents another value.
func decodeStructured(f *form.FieldState, s string) any {
	switch f.Kind {
	case form.Object:
		return decodeJSON(s)
	case form.List:
		return decodeLines(f, s)
	}
	return decodeLabeledURL(s)
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// optionByName is the value that an option represents. The name of an unknown option stays text,
// which form's Validate rejects.
func optionByName(allowed map[string]any, name string) any {
	if v, ok := allowed[name]; ok {
		return v
	}
	return nilIfEmpty(name)
}

func decodeList[T any](list []T, value func(T) any) any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		if v := value(v); v != nil {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// decodeDateTime keeps the notation of the definition if the time is the same.
func decodeDateTime(f *form.FieldState, a slack.BlockAction) any {
	if a.SelectedDateTime == 0 {
		return nilIfEmpty(strings.TrimSpace(a.Value))
	}
	if t, ok := parseDateTime(f.Value); ok && t.Unix() == a.SelectedDateTime {
		return f.Value
	}
	return time.Unix(a.SelectedDateTime, 0).UTC().Format(time.RFC3339)
}

// decimalPattern matches decimal numbers; strconv also reads 0x10 and 1_000.
var decimalPattern = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)

func decodeNumber(s string) any {
	s = strings.TrimSpace(s)
	if !decimalPattern.MatchString(s) {
		return nilIfEmpty(s)
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil { // out of range
		return s
	}
	return n
}

func decodeJSON(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var v any
	if json.Unmarshal([]byte(s), &v) != nil && json.Unmarshal([]byte(straightQuotes.Replace(s)), &v) != nil {
		return s
	}
	return v
}

// straightQuotes replaces the quotes that macOS and iOS write for those of JSON.
var straightQuotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "″", `"`, "＂", `"`, "\u00a0", " ")

func decodeLines(f *form.FieldState, s string) any {
	return decodeList(strings.Split(s, "\n"), func(line string) any {
		line = strings.TrimSpace(line)
		if f.Numbers {
			return decodeNumber(line)
		}
		return nilIfEmpty(line)
	})
}

// decodeLabeledURL reads a URL and, after a space, its label.
func decodeLabeledURL(s string) any {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "{") {
		return decodeJSON(s)
	}
	address, label, _ := strings.Cut(s, " ")
	if address == "" {
		return nil
	}
	out := map[string]any{"url": address}
	if label = strings.TrimSpace(label); label != "" {
		out["displayText"] = label
	}
	return out
}
