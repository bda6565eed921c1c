package jq

import (
	"context"
	"encoding/json"
	"math"
	"math/big"
	"strings"

	"github.com/itchyny/gojq"
)

const (
	maxResultNodes = 50_000  // values in a result
	maxResultBytes = 1 << 20 // of text in a result
	maxResultDepth = 1000    // levels of a result
	maxCached      = 1000    // compiled programs
	maxDetail      = 200     // bytes of a message of gojq
)

// A program is a compiled program, or the reason why it cannot be compiled.
type program struct {
	code   *gojq.Code
	syntax string // why it does not compile; empty: it does
}

// A programCache holds compiled programs.
type programCache struct{ programs map[programKey]*program }

type programKey struct {
	source    string
	hasInputs bool // input and inputs exist, and have nothing
}

func (c *programCache) get(key programKey) *program {
	if p, ok := c.programs[key]; ok {
		return p
	}
	if c.programs == nil || len(c.programs) >= maxCached {
		c.programs = map[programKey]*program{}
	}
	p := compile(key)
	c.programs[key] = p
	return p
}

// respond compiles and runs a program.
func (c *programCache) respond(ctx context.Context, source string, m mode, input any, left *budget) response {
	p := c.get(programKey{source: source, hasInputs: m == firstOutput})
	switch {
	case p.syntax != "":
		return response{Cost: Syntax, Detail: p.syntax}
	case m == compileOnly:
		return response{}
	}
	return p.run(ctx, m, input, left)
}

// compile compiles a program. gojq has neither input nor modules unless they are given to it.
func compile(key programKey) *program {
	code, err := compileCode(key)
	if err != nil {
		return &program{syntax: shorten(err.Error())}
	}
	return &program{code: code}
}

func compileCode(key programKey) (*gojq.Code, error) {
	prelude, options, err := preparePrelude(key.source)
	if err != nil {
		return nil, err
	}
	if key.hasInputs {
		options = append(options, gojq.WithInputIter(gojq.NewIter[any]()))
	}
	query, err := gojq.Parse(prelude + key.source)
	if err != nil {
		return nil, err
	}
	return gojq.Compile(query, options...)
}

func shorten(s string) string {
	if len(s) > maxDetail {
		return strings.ToValidUTF8(s[:maxDetail], "") + "…"
	}
	return s
}

// run returns the value for an input: several outputs are a list, no output is null, and so is a
// program that fails. Its size is subtracted from total.
func (p *program) run(ctx context.Context, m mode, input any, total *budget) (r response) {
	defer func() {
		if v := recover(); v != nil {
			r = response{Cost: Unsupported, Detail: "gojq fails"} // what it says can have values of the form
		}
	}()
	var outputs []any
	for iter := p.code.RunWithContext(ctx, input); ; {
		v, more := iter.Next()
		if !more {
			break
		}
		if err, failed := v.(error); failed {
			if isUnsupported(err.Error()) {
				return response{Cost: Unsupported, Detail: unsupportedRegexp}
			}
			return response{}
		}
		if outputs = append(outputs, v); len(outputs) > maxResultNodes {
			return response{Cost: ResultSize}
		}
		if m == firstOutput {
			break
		}
	}
	var out any = outputs
	switch len(outputs) {
	case 0:
		return response{Empty: true}
	case 1:
		out = outputs[0]
	}
	left := budget{nodes: min(maxResultNodes, total.nodes), bytes: min(maxResultBytes, total.bytes)}
	before := left
	if r.Value = left.toJSONValue(out, 0); left.exceeded() {
		return response{Cost: ResultSize}
	}
	total.nodes -= before.nodes - left.nodes
	total.bytes -= before.bytes - left.bytes
	return r
}

// unsupportedRegexp does not quote the regular expression, which can be a value of the form.
const unsupportedRegexp = "it puts together a regular expression that is not supported"

// isUnsupported recognizes the errors of gojq and of matchOther about regular expressions.
func isUnsupported(text string) bool {
	return strings.HasPrefix(text, "invalid regular expression ") || strings.HasPrefix(text, "unsupported regular expression flag") ||
		strings.HasPrefix(text, errRegexp)
}

// A budget bounds the size of a result.
type budget struct{ nodes, bytes int }

func (b *budget) exceeded() bool { return b.nodes < 0 || b.bytes < 0 }

// toJSONValue turns jq's values into those of encoding/json: all numbers are float64.
func (b *budget) toJSONValue(v any, depth int) any {
	if b.nodes--; depth > maxResultDepth {
		b.nodes = -1
	}
	if b.exceeded() {
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
		b.bytes -= len(v)
		return v
	case []any:
		out := make([]any, 0, min(len(v), b.nodes))
		for i := 0; i < len(v) && !b.exceeded(); i++ {
			out = append(out, b.toJSONValue(v[i], depth+1))
		}
		return out
	case map[string]any:
		out := make(map[string]any, min(len(v), b.nodes))
		for k, e := range v {
			if b.bytes -= len(k); b.exceeded() {
				return nil
			}
			out[k] = b.toJSONValue(e, depth+1)
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
