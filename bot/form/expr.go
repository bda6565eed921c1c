package form

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"foghorn/bot/form/jq"
)

// An expr is a part of a definition: a value, or a jq program over the form.
type expr struct {
	input, key string // where it is in the definition
	value      any    // as in the definition; nil: there is none, or a program
	source     string // of the program; empty: there is none
}

// parseExpr reads {"jqQuery": "…"} or any other value. Key is that of the definition, such as visible.
func parseExpr(input, key string, v any) expr {
	if m, ok := v.(map[string]any); ok {
		if source, ok := m["jqQuery"].(string); ok {
			return expr{input: input, key: key, source: source}
		}
	}
	return expr{input: input, key: key, value: v}
}

func (x expr) isSet() bool     { return x.value != nil || x.source != "" }
func (x expr) isProgram() bool { return x.source != "" }

// problem names a program and why it has no value.
func (x expr) problem(p *jq.Problem) Problem {
	const maxShown = 200 // code points of the program
	program := []rune(strings.Join(strings.Fields(x.source), " "))
	if len(program) > maxShown {
		program = append(program[:maxShown], '…')
	}
	what := "was stopped"
	switch p.Cost {
	case jq.Syntax, jq.SourceSize, jq.Unsupported:
		what = "cannot be run here"
	}
	return Problem{Input: x.input, Cost: string(p.Cost), Reason: fmt.Sprintf("%s is a jq program that %s (%v): %s", x.key, what, p, string(program))}
}

// findPrograms finds the form's programs, in the order of the form. Those that do not compile are problems of the form:
// without them, it would not be that of Port.
func (f *Form) findPrograms() {
	all := []expr{f.required}
	for _, s := range f.Steps {
		all = append(all, s.visible)
		for _, item := range s.Items {
			if item.Heading != nil {
				all = append(all, item.Heading.visible)
				continue
			}
			all = append(all, item.Field.exprs()...)
			if item.Field.defaultExpr.isProgram() {
				f.defaults = append(f.defaults, item.Field.defaultExpr)
			}
		}
	}
	f.programs = slices.DeleteFunc(all, func(x expr) bool { return !x.isProgram() })
	if len(f.programs) == 0 {
		return
	}
	for i, p := range jq.Check(context.Background(), sources(f.programs)) {
		if p != nil {
			f.Problems = append(f.Problems, f.programs[i].problem(p))
		}
	}
}

func sources(programs []expr) []string {
	out := make([]string, len(programs))
	for i, x := range programs {
		out[i] = x.source
	}
	return out
}
