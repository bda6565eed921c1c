package slacktest

import (
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

// add adds arguments. It reports false if one of them is there already.
func (a args) add(more args) bool {
	for name, v := range more {
		if _, twice := a[name]; twice {
			return false
		}
		a[name] = v
	}
	return true
}

// addForm is add for the arguments of a form.
func (a args) addForm(form url.Values) bool {
	for name, values := range form {
		if len(values) != 1 || !a.add(args{name: values[0]}) {
			return false
		}
	}
	return true
}

func (a args) stringArg(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a args) boolArg(name string) bool {
	b, _ := a[name].(bool)
	return b
}

// intArg returns an integer, 0 if it is missing.
func (a args) intArg(name string) int {
	n, _ := a[name].(float64)
	return int(n)
}

// texts returns a list of strings.
func (a args) texts(name string) []string {
	list, _ := a[name].([]string)
	return list
}

// convert checks and converts the arguments according to a specification: names separated by spaces, each with its
// type: "name" is a string, "name:bool" a boolean, "name:int" an integer, "name:list" a string or a list of strings, and
// "name:json" any JSON value, which a form has as text. "name=a|b" is an argument that Slack documents and the emulator does not have: only the values a and b,
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
			wrong = absentArgument + name
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

// absentArgument begins the problem of an argument that the emulator does not model.
const absentArgument = "this emulator does not have the argument "

// argTypes convert an argument, or return what is wrong with it.
var argTypes = map[string]func(v any) (any, string){
	"": func(v any) (any, string) {
		if _, ok := v.(string); !ok {
			return v, "must provide a string"
		}
		return v, ""
	},
	"json": func(v any) (any, string) {
		text, isText := v.(string)
		if !isText {
			return v, ""
		}
		v, err := decodeJSON([]byte(text))
		if err != nil {
			return invalidJSON{}, ""
		}
		return v, ""
	},
	"list": func(v any) (any, string) {
		if one, ok := v.(string); ok {
			return []string{one}, ""
		}
		list, ok := v.([]any)
		out := make([]string, len(list))
		for i, item := range list {
			text, isText := item.(string)
			out[i], ok = text, ok && isText
		}
		if !ok {
			return v, "must provide a string or a list of strings"
		}
		return out, ""
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
		if err != nil || n != math.Trunc(n) || math.Abs(n) > math.MaxInt32 {
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
