package porttest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// What bounds one jq program. Port's engine gives one five seconds.
const (
	programTimeout  = time.Second
	maxProgramBytes = 64 << 10 // bytes
)

// jqPrelude hides the environment, as Port's engine does, and adds what gojq leaves out: it
// sorts all keys.
const jqPrelude = "def env: {}; def keys_unsorted: keys; def input_line_number: 0; {} as $ENV | "

// evalJQ is the first output of a jq program; null when it does not compile or fails.
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

// normalizeResult is what jq prints of a result and JavaScript reads back: no NaN, no endless
// numbers, and all of them float64.
func normalizeResult(v any) (out any) {
	data, err := gojq.Marshal(v)
	if err != nil || json.Unmarshal(data, &out) != nil {
		return nil
	}
	return out
}

// convertSingleQuotes makes single quotes at the edges of words double ones, which is all that jq knows.
func convertSingleQuotes(s string) string {
	space := func(i int) bool { return strings.ContainsRune(" \t\n\r\v\f", rune(s[i])) }
	b := []byte(s)
	for i := range b {
		if b[i] != '\'' {
			continue
		}
		opens := (i == 0 || space(i-1)) && (i+1 == len(b) || !space(i+1) && s[i+1] != '"')
		closes := (i+1 == len(b) || space(i+1)) && (i == 0 || !space(i-1) && s[i-1] != '"')
		if opens || closes {
			b[i] = '"'
		}
	}
	return string(b)
}
