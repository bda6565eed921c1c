package workflow

import (
	"errors"
	"strings"
	"testing"
)

func TestSpanText_NoNames(t *testing.T) {
	for text, want := range map[string]string{
		`read user "ada@example.com": 429 rate_limit`:       `read user [...]: 429 rate_limit`,
		`read entity "a\"b" of blueprint "c": 500`:          `read entity [...] of blueprint [...]: 500`,
		`create run: no user ada@example.com, or <ada@b.c>`: `create run: no user [...] or [...]`,
		`read action "cut`:      `read action [...]`,
		"save request: timeout": "save request: timeout",
	} {
		if got := spanText(errors.New(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if n := len([]rune(spanText(errors.New(strings.Repeat("x ", maxSpanText))))); n > maxSpanText {
		t.Errorf("%d characters", n)
	}
}
