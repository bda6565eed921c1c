package rest

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// An Error is a failed call. Its text is fit for a log: the operation, the status, and the service's explanation, such
// as
//
//	create run of action "x": 422 invalid_request: "severity" must be one of ... (trace 1234)
type Error struct {
	Op         string        // what the call was for, such as `read action "x"`
	Status     int           // HTTP status; 0: no response; 2xx: the response could not be read
	Code       string        // the service's error code, such as not_found; may be empty
	Message    string        // the service's explanation for people; may be empty
	RequestID  string        // identifies the request in the service's logs; may be empty
	RetryAfter time.Duration // how long the service asks to wait, at most 2 minutes; 0: not said
	Details    []Detail      // what is wrong, by field; may be nil
	Err        error         // the cause, if the service gave none; may be nil

	notSent bool
	foreign bool   // the status is not the service's answer
	passing bool   // the status is not one of Refusals
	logText string // Message and Details for logs, if redactForLogs has changed them
}

// A Detail is what is wrong with one field of a request.
type Detail struct {
	Field   string // the service's name for it; may be empty
	Code    string // may be empty
	Message string
}

// How much of a service's error is kept.
const (
	maxLabelRunes    = 200 // of a code, a request id or a field's name
	maxMessageRunes  = 2000
	maxDetails       = 50
	maxDetailsInText = 3
)

func (e *Error) Error() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(strconv.Itoa(e.Status)+" "+cmp.Or(e.Code, http.StatusText(e.Status))))
	}
	if text := cmp.Or(e.logText, e.joinDetails(redactor{})); text != "" {
		parts = append(parts, text)
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

// joinDetails returns the message and the first details in one line, without the secrets of r.
func (e *Error) joinDetails(r redactor) string {
	var parts []string
	if e.Message != "" {
		parts = append(parts, r.redact(e.Message))
	}
	for i, d := range e.Details {
		if i == maxDetailsInText {
			parts = append(parts, "...")
			break
		}
		if !strings.Contains(e.Message, d.Message) {
			parts = append(parts, strings.TrimPrefix(r.redact(d.Field)+": ", ": ")+r.redact(d.Message))
		}
	}
	return strings.Join(parts, "; ")
}

// sanitize limits the service's texts in length and makes a single line of each.
func (e *Error) sanitize() {
	e.Code, e.RequestID = singleLine(e.Code, maxLabelRunes), singleLine(e.RequestID, maxLabelRunes)
	e.Message = singleLine(e.Message, maxMessageRunes)
	if len(e.Details) > maxDetails {
		e.Details = e.Details[:maxDetails]
	}
	for i, d := range e.Details {
		e.Details[i] = Detail{
			Field:   singleLine(d.Field, maxLabelRunes),
			Code:    singleLine(d.Code, maxLabelRunes),
			Message: singleLine(d.Message, maxMessageRunes),
		}
	}
}

// singleLine returns s without control characters, cut to n runes.
func singleLine(s string, n int) string {
	s = replaceControlChars(s)
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n]) + ellipsis
	}
	return s
}

// replaceControlChars replaces control characters with spaces: a text must not break a line of a log or send commands
// to a terminal.
func replaceControlChars(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}
