package slacktest

import (
	"encoding/json"
	"net/url"
	"strings"
)

// args are the arguments of a call: strings from a form, any JSON value from a JSON body.
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
	switch v := a[name].(type) {
	case bool:
		return v
	case string:
		return v == "true" || v == "1"
	}
	return false
}

// intArg returns an argument as an integer, or def.
func (a args) intArg(name string, def int) int {
	n := json.Number(a.stringArg(name))
	if f, ok := a[name].(float64); ok {
		return int(f)
	}
	if i, err := n.Int64(); err == nil {
		return int(i)
	}
	return def
}

// jsonArg returns the JSON value of an argument. In a form, it is a string that contains JSON. v is
// nil when the argument is missing; ok is false when the JSON is invalid.
func (a args) jsonArg(name string) (v any, ok bool) {
	text, isText := a[name].(string)
	if !isText {
		return a[name], true
	}
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	return v, json.Unmarshal([]byte(text), &v) == nil
}
