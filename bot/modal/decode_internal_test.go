package modal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeJSON_CurlyQuotes(t *testing.T) {
	for in, want := range map[string]any{
		"{“team”: “ops”}":    map[string]any{"team": "ops"},
		`{"quote": "“ops”"}`: map[string]any{"quote": "“ops”"}, // valid as it is
		"{“team”: ops}":      "{“team”: ops}",                  // not valid with straight quotes either
	} {
		if got := decodeJSON(in); !cmp.Equal(got, want) {
			t.Errorf("%s is %v", in, got)
		}
	}
}
