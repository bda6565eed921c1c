package form

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"foghorn/integrations/jq"
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

// excerpt is the program as one line, shortened.
func (x expr) excerpt() string {
	const maxShown = 200 // code points
	program := []rune(strings.Join(strings.Fields(x.source), " "))
	if len(program) > maxShown {
		program = append(program[:maxShown], '…')
	}
	return string(program)
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
		if x := f.programs[i]; p != nil {
			f.addProblem(x.input, fmt.Sprintf("%s is a jq program that cannot be run here (%v): %s", x.key, p, x.excerpt()))
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
