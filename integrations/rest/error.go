package rest

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// An Error is a call that did not succeed. Its text is fit for a log: a verb phrase, the
// status, and the service's own words, such as
//
//	create run of action "x": 422 invalid_request: "severity" must be one of ... (trace 1234)
type Error struct {
	Op         string        // what was being done, such as `read action "x"`
	Status     int           // HTTP status; 0: there was no answer. A 2xx means that the answer could not be read
	Code       string        // the service's word for it, such as not_found; may be empty
	Message    string        // the service's sentence for people; may be empty
	RequestID  string        // by which the service finds the call in its logs; may be empty
	RetryAfter time.Duration // how long the service asks to wait, at most MaxRetryAfter; 0: it did not say
	Details    []Detail      // what is wrong, by field; may be nil
	Err        error         // the cause below, when the service said nothing; may be nil

	notSent bool
	logText string // what the service said, for logs, when that differs
}

// A Detail is what is wrong with one field of a request.
type Detail struct {
	Field   string // the service's name for it; may be empty
	Code    string // may be empty
	Message string
}

// How much of what a service says is kept, in runes and in number.
const (
	maxLabelRunes    = 200
	maxMessageRunes  = 2000
	maxDetails       = 50
	maxDetailsInText = 3 // how many of them are in the text of an error
)

func (e *Error) Error() string {
	var parts []string
	if e.Status != 0 {
		word := cmp.Or(e.Code, http.StatusText(e.Status))
		parts = append(parts, strings.TrimSpace(strconv.Itoa(e.Status)+" "+word))
	}
	if said := cmp.Or(e.logText, e.joinDetails(redactor{})); said != "" {
		parts = append(parts, said)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	text := e.Op + ": " + strings.Join(parts, ": ")
	if e.RequestID != "" {
		text += " (trace " + e.RequestID + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Rejected reports that the service understood and said no: nothing was done, and asking
// again gives the same answer. What is neither Refused, Limited nor NotSent may have been done.
func (e *Error) Rejected() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= 400 && e.Status <= 499
}

// RateLimited reports that the service wants fewer calls: nothing was done. Try again after
// RetryAfter, or after a while of one's own choosing when that is 0.
func (e *Error) RateLimited() bool { return e.Status == http.StatusTooManyRequests }

// NotSent reports that the request never left, for want of a connection or of what
// authorizes it, or that it was turned away for the latter. Nothing was done.
func (e *Error) NotSent() bool { return e.notSent }

// Status is the HTTP status of err when it is an *Error, else 0.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// Redact removes the secrets from everything that the service said. Words under six bytes
// are left: they are no secrets, and removing them would garble the sentence.
func (e *Error) Redact(secrets ...string) {
	m := newRedactor(secrets)
	e.Code, e.Message, e.RequestID, e.logText = m.redact(e.Code), m.redact(e.Message), m.redact(e.RequestID), m.redact(e.logText)
	for i, d := range e.Details {
		e.Details[i] = Detail{Field: m.redact(d.Field), Code: m.redact(d.Code), Message: m.redact(d.Message)}
	}
}

// RedactInLogs keeps what a person typed, in words of six bytes and more, out of the error's text,
// which goes to logs. Message and Details still hold it, for the person.
func (e *Error) RedactInLogs(typed ...string) {
	m := newRedactor(typed)
	e.Code, e.RequestID = m.redact(e.Code), m.redact(e.RequestID)
	e.logText = e.joinDetails(m)
}

// joinDetails is the service's sentence with what it adds by field, each masked.
func (e *Error) joinDetails(m redactor) string {
	var parts []string
	if e.Message != "" {
		parts = append(parts, m.redact(e.Message))
	}
	for i, d := range e.Details {
		if i == maxDetailsInText {
			parts = append(parts, "...")
			break
		}
		if !strings.Contains(e.Message, d.Message) {
			parts = append(parts, strings.TrimPrefix(m.redact(d.Field)+": ", ": ")+m.redact(d.Message))
		}
	}
	return strings.Join(parts, "; ")
}

// sanitize bounds what the service said and makes single lines of it.
func (e *Error) sanitize() {
	e.Code, e.RequestID = singleLine(e.Code, maxLabelRunes), singleLine(e.RequestID, maxLabelRunes)
	e.Message = singleLine(e.Message, maxMessageRunes)
	if len(e.Details) > maxDetails {
		e.Details = e.Details[:maxDetails]
	}
	for i, d := range e.Details {
		e.Details[i] = Detail{Field: singleLine(d.Field, maxLabelRunes), Code: singleLine(d.Code, maxLabelRunes), Message: singleLine(d.Message, maxMessageRunes)}
	}
}

// singleLine is s without control characters, at most n runes long.
func singleLine(s string, n int) string {
	s = replaceControlChars(s)
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n]) + ellipsis
	}
	return s
}

// replaceControlChars is s with spaces for control characters: a text must not break a log's line or
// speak to a terminal.
func replaceControlChars(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}
