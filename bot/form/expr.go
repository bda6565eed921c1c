package form

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// Limits of a form's jq programs. The value of a program that exceeds one is null, like that of a
// program that fails, as in Port's own form.
const (
	programTimeout  = 40 * time.Millisecond // for one program
	resolveTimeout  = 80 * time.Millisecond // for all of one Resolve
	maxProgramBytes = 20_000                // bytes of source
	maxResultNodes  = 50_000                // values in a result
	maxResultBytes  = 1 << 20               // of text in a result
)

// An expr is a part of a definition: a value, or a jq program over the form.
type expr struct {
	input, key string     // where it is in the definition
	value      any        // as in the definition; nil: there is none, or a program
	source     string     // of the program; empty: there is none
	code       *gojq.Code // nil: there is no program, or it does not compile
	err        error      // why it does not compile
}

// parseExpr reads {"jqQuery": "…"} or any other value. A program that cannot be run is a problem of the form: without
// it, the form would not be that of Port. Key is that of the definition, such as visible.
func (f *Form) parseExpr(input, key string, v any) expr {
	x := parseExpr(v)
	x.input, x.key = input, key
	if x.err != nil {
		f.Problems = append(f.Problems, x.problem(x.err))
	}
	return x
}

func parseExpr(v any) expr {
	m, ok := v.(map[string]any)
	if !ok {
		return expr{value: v}
	}
	source, ok := m["jqQuery"].(string)
	if !ok {
		return expr{value: v}
	}
	x := expr{source: source}
	x.code, x.err = compileProgram(source)
	return x
}

func compileProgram(source string) (*gojq.Code, error) {
	if len(source) > maxProgramBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", maxProgramBytes)
	}
	prelude, options, err := preparePrelude(source)
	if err != nil {
		return nil, err
	}
	query, err := gojq.Parse(prelude + source)
	if err != nil {
		return nil, err
	}
	if err := guardMultiplication(reflect.ValueOf(query)); err != nil {
		return nil, err
	}
	return gojq.Compile(query, append(options, guardFunction)...)
}

// problem names a program and why it was not run.
func (x expr) problem(err error) Problem {
	const maxShown = 200 // code points of the program
	program := []rune(strings.Join(strings.Fields(x.source), " "))
	if len(program) > maxShown {
		program = append(program[:maxShown], '…')
	}
	return Problem{Input: x.input, Reason: fmt.Sprintf("%s is the jq program %s, which cannot be run here: %v", x.key, string(program), err)}
}

func (x expr) isSet() bool     { return x.value != nil || x.source != "" }
func (x expr) isProgram() bool { return x.source != "" }

// errLimit says that a program was stopped, or its result not used, because it needs too much.
var errLimit = errors.New("it takes too long, or its result is too large")

// eval returns the value for an input. Several outputs of a program become a list; no output is null, and so is the
// value of a program that fails, as in Port. The error is errLimit, or nil.
// https://github.com/port-labs/jq-wasm
func (x expr) eval(ctx context.Context, input any) (any, error) {
	if !x.isProgram() {
		return x.value, nil
	}
	if x.code == nil {
		return nil, nil // a problem of the form
	}
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return nil, errLimit
	}
	var outputs []any
	for iter := x.code.RunWithContext(ctx, input); len(outputs) <= maxResultNodes; {
		v, more := iter.Next()
		if !more {
			break
		}
		if err, failed := v.(error); failed {
			if ctx.Err() != nil || errors.Is(err, errResultTooLarge) {
				return nil, errLimit
			}
			return nil, nil
		}
		outputs = append(outputs, v)
	}
	var out any = outputs
	switch len(outputs) {
	case 0:
		return nil, nil
	case 1:
		out = outputs[0]
	}
	left := budget{nodes: maxResultNodes, bytes: maxResultBytes}
	out = left.toJSONValue(out)
	if left.nodes < 0 || left.bytes < 0 {
		return out, errLimit
	}
	return out, nil
}

// A budget bounds the size of a result.
type budget struct{ nodes, bytes int }

// toJSONValue turns jq's values into those of encoding/json: all numbers are float64. A value that
// exceeds the budget is nil.
func (b *budget) toJSONValue(v any) any {
	b.nodes--
	if b.nodes < 0 || b.bytes < 0 {
		return nil
	}
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return clampFinite(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return clampFinite(f)
	case json.Number:
		f, _ := v.Float64()
		return clampFinite(f)
	case string:
		if b.bytes -= len(v); b.bytes < 0 {
			return nil
		}
		return v
	case []any:
		if len(v) > b.nodes {
			b.nodes = -1
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = b.toJSONValue(v[i])
		}
		return out
	case map[string]any:
		if len(v) > b.nodes {
			b.nodes = -1
			return nil
		}
		out := make(map[string]any, len(v))
		for k := range v {
			b.bytes -= len(k)
			out[k] = b.toJSONValue(v[k])
		}
		return out
	}
	return v
}

// clampFinite is a number as jq prints it: JSON has no infinities and no NaN.
func clampFinite(f float64) any {
	if math.IsNaN(f) {
		return nil
	}
	return max(-math.MaxFloat64, min(f, math.MaxFloat64))
}
