package slacktest

import (
	"encoding/json"
	"fmt"
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
		switch text, isText := v.(string); {
		case absent:
			if !slices.Contains(strings.Split(allowed, "|"), fmt.Sprint(v)) {
				wrong = "this emulator does not have the argument " + name
			}
		case kind == "json" && isText:
			if json.Unmarshal([]byte(text), &v) != nil {
				v = invalidJSON{}
			}
		case kind == "bool":
			if text == "1" || text == "0" {
				v = text == "1"
			} else if b, err := strconv.ParseBool(fmt.Sprint(v)); err == nil {
				v = b
			} else {
				wrong = "must provide a boolean"
			}
		case kind == "int":
			if n, err := strconv.ParseFloat(fmt.Sprint(v), 64); err == nil && n == float64(int(n)) {
				v = n
			} else {
				wrong = "must provide an integer"
			}
		case kind == "" && !isText:
			wrong = "must provide a string"
		}
		if a[name] = v; wrong != "" {
			problems = append(problems, Problem{"/" + name, wrong})
		}
	}
	if len(problems) > 0 {
		return invalidArguments(problems...)
	}
	return nil
}

// invalidJSON is the value of a JSON argument of a form that cannot be decoded. The methods have their own errors for it.
type invalidJSON struct{}

// listArg returns a list, and whether the argument is a list or missing.
func (a args) listArg(name string) (list []any, ok bool) {
	list, ok = a[name].([]any)
	return list, ok || a[name] == nil
}
