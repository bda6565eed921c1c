package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"foghorn/bot/form"
)

func definitionError(name string, line int, reason string) error {
	if line > 0 {
		reason = fmt.Sprintf("line %d: %s", line, reason)
	}
	return settingError(name, reason, "Port shows the JSON of an action in its … menu under Edit, Edit JSON")
}

// checkSyntax returns the line and the reason of a JSON syntax error; "" if data is JSON.
func checkSyntax(data []byte) (line int, reason string) {
	var v any
	err := json.Unmarshal(data, &v)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return lineAtOffset(data, e.Offset), e.Error()
	}
	if err != nil {
		return 1, err.Error()
	}
	return 0, ""
}

// lineAtOffset returns the line, counted from 1, of the last character before an offset in bytes.
func lineAtOffset(data []byte, offset int64) int {
	offset = min(max(offset, 0), int64(len(data)))
	return 1 + bytes.Count(bytes.TrimRight(data[:offset], " \t\r\n"), []byte("\n"))
}

// errorLine returns the line of the key that an error of form.Compile names, or 1.
func errorLine(data []byte, err error) int {
	e, ok := errors.AsType[*form.DefinitionError](err)
	if !ok {
		return 1
	}
	return lineOfKey(data, e.Path)
}

// lineOfKey returns the line of the first key with this path; 1 if there is none. Lists do not count as a level.
func lineOfKey(data []byte, keys []string) int {
	if len(keys) == 0 {
		return 1
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var path []string // of the next value
	var lists []bool  // for each open value, whether it is a list
	for atKey := false; ; {
		token, err := dec.Token()
		if err != nil {
			return 1
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{', '[':
				lists, path = append(lists, token == '['), append(path, "")
			default:
				lists, path = lists[:len(lists)-1], path[:len(path)-1]
			}
			atKey = len(lists) > 0 && !lists[len(lists)-1]
			continue
		case string:
			if atKey {
				path[len(path)-1] = token
				if isPath(path, keys) {
					return lineAtOffset(data, dec.InputOffset())
				}
				atKey = false
				continue
			}
		}
		atKey = len(lists) > 0 && !lists[len(lists)-1]
	}
}

// isPath reports whether path has these keys, without the levels of lists, which are empty.
func isPath(path, keys []string) bool {
	return slices.Equal(slices.DeleteFunc(slices.Clone(path), func(key string) bool { return key == "" }), keys)
}

// errorReason returns the innermost reason of an error, without names of Go types.
func errorReason(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if d, ok := errors.AsType[*form.DefinitionError](err); ok && e.Field == "" && len(d.Path) > 0 {
			return fmt.Sprintf("input %q is a %s and not an object", d.Path[len(d.Path)-1], e.Value)
		}
		return fmt.Sprintf("%q cannot be a %s", e.Field, e.Value)
	}
	for inner := errors.Unwrap(err); inner != nil && !errors.Is(inner, io.EOF); inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

// maxResolves is how often resolveForm evaluates a form.
const maxResolves = 10

// resolveForm evaluates a form, again while the machine is too busy: no person waits for the answer as in Slack.
func resolveForm(ctx context.Context, f *form.Form, who form.EvalContext, values form.Values) *form.State {
	state := f.Resolve(ctx, who, values)
	for n := 1; state.Busy && n < maxResolves; n++ {
		state = f.Resolve(ctx, who, values)
	}
	return state
}
