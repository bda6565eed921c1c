package rest

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
)

const (
	redactedMark = "[...]" // replaces a secret
	ellipsis     = "..."   // ends a text that was cut

	// minSecretBytes is the length of the shortest text that is redacted. Shorter texts are not secrets, and removing
	// them would make sentences unreadable.
	minSecretBytes = 6
)

// Redact removes secrets of six bytes and more from everything in err that came from the service. It returns err.
func Redact(err error, secrets ...string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.redact(secrets...)
	}
	return err
}

// RedactInLogs removes inputs of six bytes and more from err's text, which is logged. Message and Details of the Error
// keep them, for the person who typed them. It returns err.
func RedactInLogs(err error, inputs ...string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		r := newRedactor(inputs)
		e.Code, e.RequestID = r.redact(e.Code), r.redact(e.RequestID)
		e.logText = e.joinDetails(r)
	}
	return err
}

func (e *Error) redact(secrets ...string) {
	r := newRedactor(secrets)
	e.Code, e.Message, e.RequestID, e.logText = r.redact(e.Code), r.redact(e.Message), r.redact(e.RequestID), r.redact(e.logText)
	for i, d := range e.Details {
		e.Details[i] = Detail{Field: r.redact(d.Field), Code: r.redact(d.Code), Message: r.redact(d.Message)}
	}
	if e.Err != nil {
		if text := e.Err.Error(); r.redact(text) != text {
			e.Err = &redactedError{error: e.Err, text: r.redact(text)}
		}
	}
}

// A redactedError is an error whose text had a secret.
type redactedError struct {
	error
	text string
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.error }

// A redactor removes secrets from texts, as they are and as JSON, addresses and this package write them.
type redactor struct {
	secrets []string // longest first, so that a secret within another one leaves no rest
}

func newRedactor(secrets []string) redactor {
	var r redactor
	for _, s := range secrets {
		if len(s) < minSecretBytes {
			continue
		}
		forms := []string{
			s, escapeJSON(s, true), escapeJSON(s, false), url.QueryEscape(s), url.PathEscape(s), replaceControlChars(s),
		}
		for _, form := range forms {
			if len(form) >= minSecretBytes {
				r.secrets = append(r.secrets, form)
			}
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	r.secrets = slices.Compact(r.secrets)
	return r
}

func (r redactor) redact(text string) string {
	for _, s := range r.secrets {
		text = strings.ReplaceAll(text, s, redactedMark)
	}
	// A text that was cut may end in the middle of a secret.
	begin, cut := strings.CutSuffix(text, ellipsis)
	if !cut {
		return text
	}
	for _, s := range r.secrets {
		for n := min(len(s), len(begin)); n >= minSecretBytes; n-- {
			if strings.HasSuffix(begin, s[:n]) {
				return begin[:len(begin)-n] + redactedMark
			}
		}
	}
	return text
}

// escapeJSON returns s as it is written within a JSON string. Go escapes <, > and & there (html), others do not.
func escapeJSON(s string, html bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(html)
	_ = enc.Encode(s) // encoding a string cannot fail
	line := strings.TrimSuffix(b.String(), "\n")
	return line[1 : len(line)-1]
}
