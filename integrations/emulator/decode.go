package emulator

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads one JSON value, which must not be null, into a pointer. What [encoding/json] would leave out or replace is
// an error: unknown and repeated members, and text that is not Unicode.
func Decode(data []byte, into any) error {
	value, err := jsontext.NewDecoder(bytes.NewReader(data)).ReadValue() // errors of the syntax come first
	switch {
	case err != nil:
		return err
	case value.Kind() == 'n':
		return errors.New("the value is null")
	}
	return json.Unmarshal(data, into, json.RejectUnknownMembers(true))
}

// UnknownMember returns the name of the unknown member that an error of Decode is about.
func UnknownMember(err error) (name string, ok bool) {
	e, isSemantic := errors.AsType[*json.SemanticError](err)
	if !isSemantic || !errors.Is(err, json.ErrUnknownName) {
		return "", false
	}
	return e.JSONPointer.LastToken(), true
}
