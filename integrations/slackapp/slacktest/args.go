package slacktest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// args are the arguments of a call: strings from a form, any JSON value from a JSON body. After convert, an argument
// of a method is a string, a bool, a float64 or a JSON value.
type args map[string]any

func (a args) addForm(v url.Values) {
	for k, vs := range v {
		if len(vs) > 0 {
			a[k] = vs[0]
		}
	}
}

func (a args) stringArg(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a args) boolArg(name string) bool {
	b, _ := a[name].(bool)
	return b
}

// convert checks and converts the arguments according to a specification: names separated by spaces, each with its
// type: "name" is a string, "name:bool" a boolean, "name:int" an integer, and "name:json" any JSON value, which a form
// has as text. "name=a|b" is an argument that Slack documents and the emulator does not have: only the values a and b,
// which change nothing, are accepted. An empty string and null mean that the argument is missing. As in Slack,
// arguments that the specification does not have are ignored.
func (a args) convert(spec string) error {
	var problems []Problem
	for part := range strings.FieldsSeq(spec) {
		name, allowed, absent := strings.Cut(part, "=")
		name, kind, _ := strings.Cut(name, ":")
		v := a[name]
		if v == nil || v == "" {
			delete(a, name)
			continue
		}
		wrong := ""
		if a[name], wrong = argTypes[kind](v); absent {
			wrong = "this emulator does not have the argument " + name
			if slices.Contains(strings.Split(allowed, "|"), fmt.Sprint(v)) {
				wrong = ""
			}
		}
		if wrong != "" {
			problems = append(problems, Problem{"/" + name, wrong})
		}
	}
	if len(problems) > 0 {
		return invalidArguments(problems...)
	}
	return nil
}

// argTypes convert an argument, or return what is wrong with it.
var argTypes = map[string]func(v any) (any, string){
	"": func(v any) (any, string) {
		if _, ok := v.(string); !ok {
			return v, "must provide a string"
		}
		return v, ""
	},
	"json": func(v any) (any, string) {
		if text, ok := v.(string); ok && json.Unmarshal([]byte(text), &v) != nil {
			return invalidJSON{}, ""
		}
		return v, ""
	},
	"bool": func(v any) (any, string) {
		b, err := strconv.ParseBool(fmt.Sprint(v))
		if err != nil {
			return v, "must provide a boolean"
		}
		return b, ""
	},
	"int": func(v any) (any, string) {
		n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil || n != math.Trunc(n) {
			return v, "must provide an integer"
		}
		return n, ""
	},
}

// invalidJSON is the value of a JSON argument of a form that cannot be decoded. The methods have their own errors for it.
type invalidJSON struct{}

// listArg returns a list, and whether the argument is a list or missing.
func (a args) listArg(name string) (list []any, ok bool) {
	list, ok = a[name].([]any)
	return list, ok || a[name] == nil
}
