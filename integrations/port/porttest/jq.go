package porttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"foghorn/integrations/jq"
)

const (
	// evaluationTimeout is how long programs wait for a machine that is busy, for instance with 2,000 other runs.
	evaluationTimeout = time.Minute

	// maxBatches is how often the programs of a template take the time that package jq gives to a form.
	maxBatches = 8
)

// undefined is the result of a jq program without output. An object omits a key with this value,
// and text shows the word "undefined".
type undefined struct{}

// evaluatePrograms returns the first outputs of jq programs by program. The value of a program that is invalid, fails or
// is too expensive is nil. It fails if the programs could not be evaluated.
func evaluatePrograms(programs []string, data any) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), evaluationTimeout)
	defer cancel()
	slices.Sort(programs)
	pending, values := slices.Compact(programs), map[string]any{}
	for batches := 0; len(pending) > 0 && batches < maxBatches; {
		var converted, again []string
		for _, program := range pending {
			converted = append(converted, convertSingleQuotes(program))
		}
		usedUp := false
		for i, r := range jq.EvaluateFirst(ctx, new(jq.Limits), data, converted) {
			switch {
			case r.Empty:
				values[pending[i]] = undefined{}
			case r.Problem == nil:
				values[pending[i]] = r.Value
			case r.Problem.Cost == jq.Unavailable || r.Problem.Cost == jq.InputSize || r.Problem.Cost == jq.Busy && ctx.Err() != nil:
				return nil, fmt.Errorf("evaluate jq: %w", r.Problem)
			case r.Problem.Cost == jq.Busy || r.Problem.Cost == jq.Total:
				again, usedUp = append(again, pending[i]), usedUp || r.Problem.Cost == jq.Total
			}
		}
		if pending = again; usedUp {
			batches++
		}
	}
	return values, nil
}

// countTrue returns how many of the conditions are true. Conditions that cannot be evaluated are not.
func countTrue(conditions []string, data any) (count int) {
	values, err := evaluatePrograms(slices.Clone(conditions), data)
	if err != nil {
		return 0
	}
	for _, c := range conditions {
		if values[c] == true {
			count++
		}
	}
	return count
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
