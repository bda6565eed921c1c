package slackapp

import "regexp"

// secretPattern finds Slack's tokens, the tickets of Socket Mode and response URLs, also if they are cut or escaped.
// https://docs.slack.dev/authentication/tokens
var secretPattern = regexp.MustCompile(`(?i)x(?:ox[a-z]|app)(?:-|%2d|\.)[\w.%-]*|ticket=[^\s&"]+|https?:[\\/]+hooks\.slack\.com[^\s"]*`)

// redact returns text of Slack, or of a proxy in place of it, without secrets.
func redact(text string) string { return secretPattern.ReplaceAllString(text, "[...]") }

// redactError returns err, with a text without secrets.
func redactError(err error) error {
	if err == nil {
		return nil
	}
	text := redact(err.Error())
	if text == err.Error() {
		return err
	}
	return &redactedError{error: err, text: text}
}

// A redactedError is an error whose text had a secret.
type redactedError struct {
	error
	text string
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.error }

// sanitize returns text of Slack without secrets, shortened to 300 characters.
func sanitize(s string) string {
	const maxRunes = 300
	s = redact(s)
	if r := []rune(s); len(r) > maxRunes {
		return string(r[:maxRunes]) + "…"
	}
	return s
}
