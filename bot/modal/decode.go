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

// maxTyped bounds what is read of one field, in bytes: 3,000 characters and some.
const maxTyped = 4 * maxInput

// maxChosen bounds how many options of one field are read. Forms have limits of their own.
const maxChosen = 1000

var errTyped = errors.New("a value is larger than a field holds")

// Decode reads what a person gave on a page, and which fields the page had. Fields left
// empty are absent. The persons of a User field come back as their Slack ids; one left empty
// keeps the person it has. A value that is not of its field's kind comes back as text, for
// form's Validate to say so.
//
// What is on the page counts, not what the state would show: a condition may have changed
// since. For the options of fields that depend on others, decode twice: the second time in the
// state that the first values make.
func Decode(s *form.State, v *slack.ViewState) (values form.Values, fields []string, err error) {
	values = form.Values{}
	if v == nil {
		return values, nil, nil
	}
	for block, elements := range v.Values {
		f := FieldOf(s, block)
		if f == nil || f.Hidden {
			continue // forged, or gone from the definition
		}
		fields = append(fields, f.ID)
		for id, a := range elements {
			if oversized(a) {
				return nil, nil, fmt.Errorf("read field %q: %w", f.ID, errTyped)
			}
			value := read(f, a)
			if value == nil || untouched(id, value) || id != actionID(f) && stale(f, value) {
				continue
			}
			values[f.ID] = value
		}
		if _, given := values[f.ID]; f.Kind == form.User && !given && f.Value != nil {
			values[f.ID] = f.Value
		}
	}
	return values, fields, nil
}

// stale reports a choice among options that there were before.
func stale(f *form.FieldState, v any) bool {
	if f.Kind != form.Choice {
		return false
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	allowed := named(f.Options)
	return slices.ContainsFunc(list, func(v any) bool {
		_, known := allowed[optionValue(form.Option{Value: v})]
		return !known
	})
}

// oversized reports that an element holds more than Slack lets anybody enter.
func oversized(a slack.BlockAction) bool {
	if len(a.Value) > maxTyped || len(a.SelectedOption.Value) > maxTyped || len(a.SelectedUser) > maxTyped ||
		len(a.SelectedOptions) > maxChosen || len(a.SelectedUsers) > maxChosen {
		return true
	}
	return slices.ContainsFunc(a.SelectedOptions, func(o slack.OptionBlockObject) bool { return len(o.Value) > maxTyped }) ||
		slices.ContainsFunc(a.SelectedUsers, func(id string) bool { return len(id) > maxTyped })
}

// read is the value of one element; nil for none.
func read(f *form.FieldState, a slack.BlockAction) any {
	switch f.Kind {
	case form.Choice, form.Boolean:
		allowed := named(choices(f))
		if f.Many {
			return many(a.SelectedOptions, func(o slack.OptionBlockObject) any { return meant(allowed, o.Value) })
		}
		return meant(allowed, a.SelectedOption.Value)
	case form.Entity, form.Team:
		if f.Many {
			return many(a.SelectedOptions, func(o slack.OptionBlockObject) any { return nonEmpty(o.Value) })
		}
		return nonEmpty(a.SelectedOption.Value)
	case form.User:
		if f.Many {
			return many(a.SelectedUsers, func(id string) any { return nonEmpty(id) })
		}
		return nonEmpty(a.SelectedUser)
	case form.DateTime:
		return date(f, a)
	case form.Number, form.Integer:
		return numeric(a.Value)
	case form.Object, form.List, form.LabeledURL:
		if unchanged(f, a.Value) {
			return f.Value
		}
		return structured(f, a.Value)
	case form.Email, form.URL, form.IP:
		return nonEmpty(strings.TrimSpace(a.Value))
	}
	return nonEmpty(a.Value)
}

// unchanged reports that a text still says what the field holds: then it is that, even where
// the text says less, such as an entry of a list with two lines.
func unchanged(f *form.FieldState, s string) bool {
	switch f.Value.(type) {
	case []any, map[string]any:
		return s != "" && s == shown(f)
	}
	return false
}

// structured reads a text that stands for more than a text.
func structured(f *form.FieldState, s string) any {
	switch f.Kind {
	case form.Object:
		return object(s)
	case form.List:
		return lines(f, s)
	}
	return labeled(s)
}

func nonEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// meant is the value that an option stands for. A forged one stays as it is, and is refused
// by form's Validate.
func meant(allowed map[string]any, name string) any {
	if v, ok := allowed[name]; ok {
		return v
	}
	return nonEmpty(name)
}

func many[T any](list []T, value func(T) any) any {
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

// date keeps the way a date was written in the definition when it is still the same moment.
func date(f *form.FieldState, a slack.BlockAction) any {
	if a.SelectedDateTime == 0 {
		return nonEmpty(strings.TrimSpace(a.Value))
	}
	if t, ok := moment(f.Value); ok && t.Unix() == a.SelectedDateTime {
		return f.Value
	}
	return time.Unix(a.SelectedDateTime, 0).UTC().Format(time.RFC3339)
}

// decimal is how people write numbers; strconv also reads 0x10 and 1_000.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)

func numeric(s string) any {
	s = strings.TrimSpace(s)
	if !decimal.MatchString(s) {
		return nonEmpty(s)
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil { // out of range
		return s
	}
	return n
}

func object(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return v
}

func lines(f *form.FieldState, s string) any {
	return many(strings.Split(s, "\n"), func(line string) any {
		line = strings.TrimSpace(line)
		if f.Numbers {
			return numeric(line)
		}
		return nonEmpty(line)
	})
}

// labeled reads an address and, after a blank, what it is called.
func labeled(s string) any {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "{") {
		return object(s)
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
