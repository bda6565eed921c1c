package slacktest

import (
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Texts that Slack's client shows below a field. Slack documents none; only the first was observed.
const (
	msgRequired = "Please complete this required field."
	msgEmail    = "Please enter a valid email address."
	msgURL      = "Please enter a valid URL."
	msgNumber   = "Please enter a number."
	msgInteger  = "Please enter a whole number."
)

// validateInputs returns the errors that Slack's client shows instead of sending the form, by
// block_id.
func (v *view) validateInputs() map[string]string {
	out := map[string]string{}
	for _, f := range v.fields() {
		if !f.isInput {
			continue
		}
		if text := f.validate(v.value(f)); text != "" {
			out[f.block] = text
		}
	}
	return out
}

// validate returns the error that the client shows below the field, "" when the value is valid. Text that consists
// of spaces is valid: it is not known whether Slack's client accepts it, so an app must handle it.
func (f field) validate(held any) string {
	list, _ := held.([]any)
	text, _ := held.(string)
	empty := held == nil || held == "" || list != nil && len(list) == 0
	switch {
	case empty && f.optional:
		return ""
	case empty:
		return msgRequired
	}
	if limit, ok := f.intProperty("max_selected_items"); ok && len(list) > limit {
		return fmt.Sprintf("Please select at most %d.", limit)
	}
	if limit, ok := f.intProperty("max_files"); ok && len(list) > limit {
		return fmt.Sprintf("Please add at most %d files.", limit)
	}
	if validate := textValidators[f.kind]; validate != nil {
		return validate(f, text)
	}
	return ""
}

// textValidators validate what a person enters in an element of a type.
var textValidators = map[string]func(f field, text string) string{
	"plain_text_input": field.validateLength,
	"number_input":     field.validateNumber,
	"email_text_input": func(_ field, text string) string {
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return msgEmail
		}
		return ""
	},
	"url_text_input": func(_ field, text string) string {
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return msgURL
		}
		return ""
	},
}

func (f field) intProperty(name string) (int, bool) {
	n, ok := numberOf(f.element[name])
	return int(n), ok
}

func (f field) validateLength(text string) string {
	n := utf8.RuneCountInString(text)
	if minimum, ok := f.intProperty("min_length"); ok && n < minimum {
		return fmt.Sprintf("Please enter at least %d characters.", minimum)
	}
	maximum, ok := f.intProperty("max_length")
	if !ok {
		maximum = 3000 // also the maximum of max_length
	}
	if n > maximum {
		return fmt.Sprintf("Please enter at most %d characters.", maximum)
	}
	return ""
}

func (f field) validateNumber(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	decimal, _ := f.element["is_decimal_allowed"].(bool)
	least, hasLeast := readNumber(f.element["min_value"])
	most, hasMost := readNumber(f.element["max_value"])
	switch {
	case err != nil || strings.ContainsAny(text, "xXnNpP_"):
		return msgNumber
	case !decimal && strings.ContainsAny(text, ".eE"):
		return msgInteger
	case hasLeast && n < least:
		return fmt.Sprintf("Please enter a number that is at least %v.", least)
	case hasMost && n > most:
		return fmt.Sprintf("Please enter a number that is at most %v.", most)
	}
	return ""
}
