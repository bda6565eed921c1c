package slacktest

import (
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What Slack's client says below a field. Only the first is known word for word.
const (
	msgRequired = "Please complete this required field."
	msgEmail    = "Please enter a valid email address."
	msgURL      = "Please enter a valid URL."
	msgNumber   = "Please enter a number."
	msgInteger  = "Please enter a whole number."
)

// validateInputs finds what Slack's client would not send, by block_id.
func (v *view) validateInputs() map[string]string {
	out := map[string]string{}
	for _, f := range v.fields() {
		if !f.isInput {
			continue
		}
		if text := f.validate(v.values[elementKey{f.block, f.action}][stateKeys[f.kind].state]); text != "" {
			out[f.block] = text
		}
	}
	return out
}

// validate is what the client says about a value; "" when it is fine. Blanks pass: whether
// Slack's client lets them through is not known, so that an app must do without.
func (f field) validate(held any) string {
	list, isList := held.([]any)
	text, isText := held.(string)
	if held == nil || isList && len(list) == 0 || isText && text == "" {
		if f.optional {
			return ""
		}
		return msgRequired
	}
	limit := func(name string) (int, bool) {
		n, ok := f.element[name].(float64)
		return int(n), ok
	}
	if most, ok := limit("max_selected_items"); ok && len(list) > most {
		return fmt.Sprintf("Please select at most %d.", most)
	}
	if most, ok := limit("max_files"); ok && len(list) > most {
		return fmt.Sprintf("Please add at most %d files.", most)
	}
	switch f.kind {
	case "plain_text_input":
		n := utf8.RuneCountInString(text)
		if least, ok := limit("min_length"); ok && n < least {
			return fmt.Sprintf("Please enter at least %d characters.", least)
		}
		most, ok := limit("max_length")
		if !ok {
			most = MaxInput
		}
		if n > most {
			return fmt.Sprintf("Please enter at most %d characters.", most)
		}
	case "email_text_input":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return msgEmail
		}
	case "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return msgURL
		}
	case "number_input":
		return f.validateNumber(text)
	}
	return ""
}

func (f field) validateNumber(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "xXnNpP_") {
		return msgNumber
	}
	if decimal, _ := f.element["is_decimal_allowed"].(bool); !decimal && strings.ContainsAny(text, ".eE") {
		return msgInteger
	}
	bound := func(name string) (float64, bool) {
		s, _ := f.element[name].(string)
		b, err := strconv.ParseFloat(s, 64)
		return b, err == nil
	}
	if least, ok := bound("min_value"); ok && n < least {
		return fmt.Sprintf("Please enter a number that is at least %v.", least)
	}
	if most, ok := bound("max_value"); ok && n > most {
		return fmt.Sprintf("Please enter a number that is at most %v.", most)
	}
	return ""
}
