package message

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLastLogLines shows the end of a log, of which an entry can have several lines.
func TestLastLogLines(t *testing.T) {
	var rows strings.Builder
	for n := range 300 {
		_, _ = fmt.Fprintf(&rows, "row %d\r\n", n)
	}
	for name, tc := range map[string]struct{ entries, want []string }{
		"none":             {nil, nil},
		"blank":            {[]string{"", " \n\t"}, nil},
		"few":              {[]string{"a", "b"}, []string{"a", "b"}},
		"many":             {[]string{"1", "2", "3", "4", "5", "6"}, []string{"2", "3", "4", "5", "6"}},
		"lines in entries": {[]string{"1\n2", "3\n\n4\n"}, []string{"1", "2", "3", "4"}},
		"one long entry":   {[]string{rows.String()}, []string{"row 295", "row 296", "row 297", "row 298", "row 299"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, LastLogLines(tc.entries)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if long := LastLogLines([]string{strings.Repeat("x", 1000)}); len(long) != 1 || len(long[0]) > maxLogLineLen+len("…") {
		t.Errorf("%d lines", len(long))
	}
}
