package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
)

// MaxListItems is the most elements that a List holds. An answer of MaxAnswer bytes could hold
// millions of empty ones, each of which takes a hundred times its size in memory.
const MaxListItems = 20_000

// A List is a list within an answer, of at most MaxList elements.
type List[T any] struct {
	Items []T // nil: the answer has no list; not nil but empty: it has one with nothing in it
}

var errListTooLong = errors.New("the answer holds too long a list")

// UnmarshalJSON reads a list. What is no list leaves Of nil.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	l.Items = nil
	data = bytes.TrimSpace(data)
	if len(data) < 2 || data[0] != '[' || data[len(data)-1] != ']' {
		return nil
	}
	l.Items = []T{}
	for element := range elements(data) {
		if len(l.Items) == MaxListItems {
			return errListTooLong
		}
		var t T
		if err := decode(element, &t); err != nil {
			return err
		}
		l.Items = append(l.Items, t)
	}
	return nil
}

// decode is json.Unmarshal, which reads well formed JSON once less when it can.
func decode(data []byte, v any) error {
	if u, ok := v.(json.Unmarshaler); ok {
		return u.UnmarshalJSON(data)
	}
	return json.Unmarshal(data, v)
}

// elements are those of a well formed JSON list.
func elements(list []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		begin, depth, quoted := 1, 0, false
		for i := 1; i < len(list)-1; i++ {
			switch c := list[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '[' || c == '{':
				depth++
			case c == ']' || c == '}':
				depth--
			case c == ',' && depth == 0:
				if !yield(bytes.TrimSpace(list[begin:i])) {
					return
				}
				begin = i + 1
			}
		}
		if last := bytes.TrimSpace(list[begin : len(list)-1]); len(last) > 0 {
			yield(last)
		}
	}
}
