package form

import (
	"context"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"time"

	"github.com/itchyny/gojq"
)

// Limits of a form's jq programs. The value of a program that exceeds one is null, like that of a program
// that fails, as in Port's own form.
const (
	programTimeout  = 40 * time.Millisecond // for one program
	resolveTimeout  = 80 * time.Millisecond // for all of one Resolve
	maxProgramBytes = 20_000                // bytes of source
	maxResultNodes  = 50_000                // values in a result
	maxResultBytes  = 1 << 20               // of text in a result
)

// An expr is a part of a definition: a value, or a jq program over the form.
type expr struct {
	value  any        // as in the definition; nil: there is none, or a program
	source string     // of the program; empty: there is none
	code   *gojq.Code // nil: there is no program, or it does not compile
}

// parseExpr reads {"jqQuery": "…"} or any other value. The value of a program that does not compile is null.
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
	if len(source) > maxProgramBytes {
		return x
	}
	// env is empty, as in Port; gojq has neither input nor modules unless they are given to it.
	query, err := gojq.Parse("def env: {}; {} as $ENV | " + source)
	if err != nil {
		return x
	}
	if err := guardMultiplication(reflect.ValueOf(query)); err != nil {
		return x
	}
	if x.code, err = gojq.Compile(query, guardFunction); err != nil {
		x.code = nil
	}
	return x
}

func (x expr) isSet() bool     { return x.value != nil || x.source != "" }
func (x expr) isProgram() bool { return x.source != "" }

// eval returns the value for an input. Several outputs of a program become a list; no output is null.
// https://github.com/port-labs/jq-wasm
func (x expr) eval(ctx context.Context, input any) any {
	if !x.isProgram() {
		return x.value
	}
	if x.code == nil || ctx.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	var outputs []any
	for iter := x.code.RunWithContext(ctx, input); len(outputs) <= maxResultNodes; {
		v, more := iter.Next()
		if !more {
			break
		}
		if _, failed := v.(error); failed {
			return nil
		}
		outputs = append(outputs, v)
	}
	var out any = outputs
	switch len(outputs) {
	case 0:
		return nil
	case 1:
		out = outputs[0]
	}
	left := budget{nodes: maxResultNodes, bytes: maxResultBytes}
	return left.toJSONValue(out)
}

// A budget bounds the size of a result.
type budget struct{ nodes, bytes int }

// toJSONValue turns jq's values into those of encoding/json: all numbers are float64. A value that exceeds the
// budget is nil.
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
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = b.toJSONValue(v[i])
		}
		return out
	case map[string]any:
		if len(v) > b.nodes {
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
