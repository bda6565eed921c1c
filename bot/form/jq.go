package form

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"time"

	"github.com/itchyny/gojq"
)

// What a form's jq programs may cost. A program that costs more counts as one that erred:
// it gives null, as in Port's own form.
const (
	programTimeout  = 40 * time.Millisecond // for one program
	resolveTimeout  = 80 * time.Millisecond // for all of one Resolve
	maxProgramBytes = 20_000                // bytes of source
	maxResultNodes  = 50_000                // values in a result
	maxResultBytes  = 1 << 20               // of text in a result
)

// A expr is a part of a definition that is either a value or a jq program over the form.
type expr struct {
	value  any        // as in the definition; nil when there is none
	code   *gojq.Code // nil: value counts
	source string     // of the program
}

// parseExpr reads {"jqQuery": "…"} or any other value. A program that does not compile gives
// null for ever.
func parseExpr(v any) expr {
	m, ok := v.(map[string]any)
	if !ok {
		return expr{value: v}
	}
	text, ok := m["jqQuery"].(string)
	if !ok {
		return expr{value: v}
	}
	r := expr{source: text}
	if len(text) > maxProgramBytes {
		return r
	}
	// env is taken away as Port does; gojq has neither input nor modules unless given.
	query, err := gojq.Parse("def env: {}; {} as $ENV | " + text)
	if err != nil {
		return r
	}
	if err := guardMultiplication(reflect.ValueOf(query)); err != nil {
		return r
	}
	if r.code, err = gojq.Compile(query, gojq.WithFunction("__bounded", 0, 0, checkProduct)); err != nil {
		r.code = nil
	}
	return r
}

var errResultTooLarge = errors.New("the program makes too much")

// guardMultiplication puts a check before each multiplication: a text times a number is the one
// step of jq that can take seconds and gigabytes by itself, where no context reaches it.
func guardMultiplication(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if err := guardMultiplication(v.Elem()); err != nil {
			return err
		}
		query, ok := v.Interface().(*gojq.Query)
		switch {
		case !ok:
		case query.Op == gojq.OpUpdateMul:
			return errResultTooLarge
		case query.Op == gojq.OpMul:
			checked, err := gojq.Parse(fmt.Sprintf("(%s) as $__l | (%s) as $__r | ([$__l, $__r] | __bounded) | .[0] * .[1]", query.Left, query.Right))
			if err != nil {
				return err
			}
			*query = gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: checked}}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := guardMultiplication(v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := guardMultiplication(v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkProduct lets the two factors of a multiplication through, unless they are a text that
// would become too long.
func checkProduct(factors any, _ []any) any {
	pair, ok := factors.([]any)
	if !ok || len(pair) != 2 {
		return errResultTooLarge
	}
	for i, factor := range pair {
		text, isText := factor.(string)
		if !isText {
			continue
		}
		times := 0.0
		switch n := pair[1-i].(type) {
		case int:
			times = float64(n)
		case float64:
			times = n
		case *big.Int:
			return errResultTooLarge
		}
		if times*float64(len(text)) > maxResultBytes {
			return errResultTooLarge
		}
	}
	return factors
}

func (r expr) isSet() bool     { return r.value != nil || r.source != "" }
func (r expr) isProgram() bool { return r.source != "" }

var (
	formWord          = regexp.MustCompile(`\bform\b`)
	inputReference    = regexp.MustCompile(`\.form\s*(?:\.\s*([A-Za-z_][A-Za-z0-9_]*)|\.?\s*\[\s*"([^"\\]+)"\s*\]|\.\s*"([^"\\]+)")`)
	userWord          = regexp.MustCompile(`\buser\b`)
	entityWord        = regexp.MustCompile(`\bentity\b`)
	anyInputReference = regexp.MustCompile(`\.\.|\bgetpath\b|\bto_entries\b|\$__loc__`)
)

// inputsRead are the inputs whose values a program reads; all is true when it may read any.
func (r expr) inputsRead() (ids []string, all bool) {
	known := inputReference.FindAllStringSubmatch(r.source, -1)
	if len(formWord.FindAllString(r.source, -1)) > len(known) || anyInputReference.MatchString(r.source) {
		return nil, true
	}
	for _, m := range known {
		ids = append(ids, m[1]+m[2]+m[3])
	}
	return ids, false
}

// eval gives a rule's value in a context. Several outputs of a program are a list of them,
// none is null.
// https://github.com/port-labs/jq-wasm
func (r expr) eval(ctx context.Context, input any) any {
	if !r.isProgram() {
		return r.value
	}
	if r.code == nil || ctx.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	var outputs []any
	for iter := r.code.RunWithContext(ctx, input); len(outputs) <= maxResultNodes; {
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

// toJSONValue makes jq's values those of JSON: float64 for all numbers. What is too large is nil.
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

// clampFinite is a number as jq prints it: JSON has neither infinities nor what is no number.
func clampFinite(f float64) any {
	if math.IsNaN(f) {
		return nil
	}
	return max(-math.MaxFloat64, min(f, math.MaxFloat64))
}
