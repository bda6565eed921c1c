package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
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

	unsent bool
	masked string // Message for logs, when that differs
}

// A Detail is what is wrong with one field of a request.
type Detail struct {
	Field   string // the service's name for it; may be empty
	Code    string // may be empty
	Message string
}

// How much of what a service says is kept, in runes and in number.
const (
	maxWord     = 200
	maxSentence = 2000
	maxDetails  = 50
	saidDetails = 3 // how many of them are in the text of an error
)

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	switch {
	case e.Status == 0:
	case e.Code != "":
		b.WriteString(strconv.Itoa(e.Status) + " " + e.Code)
	default:
		b.WriteString(strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)))
	}
	sep := ": "
	if e.Status == 0 {
		sep = ""
	}
	if e.masked != "" {
		b.WriteString(sep + e.masked)
	} else if e.Message != "" {
		b.WriteString(sep + e.Message)
	}
	if e.Err != nil {
		b.WriteString(sep + e.Err.Error())
	}
	for i, d := range e.Details {
		if i == saidDetails {
			b.WriteString("; ...")
			break
		}
		if e.masked == "" && !strings.Contains(e.Message, d.Message) {
			b.WriteString("; " + strings.TrimPrefix(d.Field+": ", ": ") + d.Message)
		}
	}
	if e.RequestID != "" {
		b.WriteString(" (trace " + e.RequestID + ")")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Refused reports that the service understood and said no: nothing was done, and asking
// again gives the same answer. What is neither Refused, Limited nor NotSent may have been done.
func (e *Error) Refused() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= 400 && e.Status <= 499
}

// Limited reports that the service wants fewer calls: nothing was done. Try again after
// RetryAfter, or after a while of one's own choosing when that is 0.
func (e *Error) Limited() bool { return e.Status == http.StatusTooManyRequests }

// NotSent reports that the request never left, for want of a connection or of what
// authorizes it, or that it was turned away for the latter. Nothing was done.
func (e *Error) NotSent() bool { return e.unsent }

// Canceled reports that the caller's context ended, or that the service took too long.
func (e *Error) Canceled() bool {
	return errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded)
}

// Status is the HTTP status of err when it is an *Error, else 0.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// Redact removes the secrets from everything that the service said. Short ones, under six
// bytes, are left: they are no secrets, and removing them would garble the sentence.
func (e *Error) Redact(secrets ...string) {
	r := replacer(secrets)
	if r == nil {
		return
	}
	e.Code, e.Message, e.RequestID, e.masked = r.Replace(e.Code), r.Replace(e.Message), r.Replace(e.RequestID), r.Replace(e.masked)
	for i, d := range e.Details {
		e.Details[i] = Detail{Field: r.Replace(d.Field), Code: r.Replace(d.Code), Message: r.Replace(d.Message)}
	}
}

// Hide keeps what a person typed out of the error's text, which goes to logs. Message and
// Details still hold it, for the person.
func (e *Error) Hide(typed ...string) {
	r := replacer(typed)
	if r == nil || e.Message == "" && len(e.Details) == 0 {
		return
	}
	e.masked = r.Replace(e.Message)
	for i, d := range e.Details {
		if i == saidDetails {
			break
		}
		if !strings.Contains(e.Message, d.Message) {
			e.masked += "; " + strings.TrimPrefix(d.Field+": ", ": ") + r.Replace(d.Message)
		}
	}
	e.masked = strings.TrimPrefix(e.masked, "; ")
}

// mask stands in for what is left out.
const mask = "[...]"

// replacer masks the words, longest first, so that one inside another leaves no rest. It
// is nil when there is nothing to mask.
func replacer(words []string) *strings.Replacer {
	const shortest = 6
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return len(w) < shortest })
	if len(words) == 0 {
		return nil
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, w := range words {
		pairs = append(pairs, w, mask)
	}
	return strings.NewReplacer(pairs...)
}

// tidy bounds what the service said and makes single lines of it.
func (e *Error) tidy() {
	e.Code, e.RequestID = line(e.Code, maxWord), line(e.RequestID, maxWord)
	e.Message = line(e.Message, maxSentence)
	if len(e.Details) > maxDetails {
		e.Details = e.Details[:maxDetails]
	}
	for i, d := range e.Details {
		e.Details[i] = Detail{Field: line(d.Field, maxWord), Code: line(d.Code, maxWord), Message: line(d.Message, maxSentence)}
	}
}

// line is s without control characters, at most n runes long.
func line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n]) + "..."
	}
	return s
}
