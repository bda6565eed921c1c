package inputschema

import (
	"fmt"
	"testing"
)

// Patterns are kept compiled, but only some of them.
func TestPatterns_Bounded(t *testing.T) {
	var p Patterns
	for i := range maxPatterns + 10 {
		if got, want := p.Match(fmt.Sprintf("^a{%d}$", i), "a"), i == 1; got != want {
			t.Errorf("a{%d}: %v", i, got)
		}
	}
	if n := len(p.patterns); n == 0 || n > maxPatterns {
		t.Errorf("%d patterns are kept", n)
	}
}
