package porttest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// The limits of one jq program. Port's engine allows five seconds.
const (
	programTimeout  = time.Second
	maxProgramBytes = 64 << 10
)

// jqPrelude hides the environment, as Port's engine does, and defines the functions that gojq
// does not have. gojq sorts all keys, so keys_unsorted is keys.
const jqPrelude = "def env: {}; def keys_unsorted: keys; def input_line_number: 0; {} as $ENV | "

// undefined is the result of a jq program without output. An object omits a key with this value,
// and text shows the word "undefined".
type undefined struct{}

// evalJQ returns the first output of a jq program, or nil when the program is invalid or fails.
func evalJQ(program string, data any) any {
	if strings.TrimSpace(program) == "" || len(program) > maxProgramBytes {
		return nil
	}
	parsed, err := gojq.Parse(jqPrelude + convertSingleQuotes(program))
	if err != nil {
		return nil
	}
	code, err := gojq.Compile(parsed, gojq.WithInputIter(gojq.NewIter[any]()))
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), programTimeout)
	defer cancel()
	v, ok := code.RunWithContext(ctx, data).Next()
	if !ok {
		return undefined{}
	}
	if _, failed := v.(error); failed {
		return nil
	}
	return normalizeResult(v)
}

// normalizeResult converts a result to the value that JavaScript reads from jq's output: no NaN,
// no infinite numbers, and every number a float64.
func normalizeResult(v any) (out any) {
	data, err := gojq.Marshal(v)
	if err != nil || json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

// convertSingleQuotes replaces single quotes at the start and the end of a word by double quotes,
// as Port's engine does. jq has only double quotes.
func convertSingleQuotes(s string) string {
	isSpace := func(i int) bool { return strings.ContainsRune(" \t\n\r\v\f", rune(s[i])) }
	b := []byte(s)
	for i := range b {
		if b[i] != '\'' {
			continue
		}
		opens := (i == 0 || isSpace(i-1)) && (i+1 == len(b) || !isSpace(i+1) && s[i+1] != '"')
		closes := (i+1 == len(b) || isSpace(i+1)) && (i == 0 || !isSpace(i-1) && s[i-1] != '"')
		if opens || closes {
			b[i] = '"'
		}
	}
	return string(b)
}
