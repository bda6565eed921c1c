package rest

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxListItems is the most items that a List holds. A response of maxResponseBytes could hold millions of empty items,
// each of which takes a hundred times its size in memory.
const maxListItems = 20_000

var errListTooLong = errors.New("a list in the response is too long")

// A List is a list within a response, of at most 20,000 items.
type List[T any] struct {
	Items []T // nil: the response has no list; empty but not nil: the list is empty
}

// UnmarshalJSON decodes a list. Any other JSON value leaves Items nil.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	l.Items = nil
	dec := json.NewDecoder(bytes.NewReader(data))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('[') {
		return nil
	}
	l.Items = []T{}
	for dec.More() {
		if len(l.Items) == maxListItems {
			return errListTooLong
		}
		var item T
		if err := dec.Decode(&item); err != nil {
			return err
		}
		l.Items = append(l.Items, item)
	}
	return nil
}
