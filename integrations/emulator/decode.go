package emulator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

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
	err = json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok && wrong.GoType != nil && !errors.Is(err, json.ErrUnknownName) {
		path := strings.ReplaceAll(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/", ".")
		return fmt.Errorf("%s must be %s", cmp.Or(path, "the value"), describeType(wrong.GoType))
	}
	return err
}

func describeType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	}
	return "of another type"
}

// UnknownMember returns the name of the unknown member that an error of Decode is about.
func UnknownMember(err error) (name string, ok bool) {
	e, isSemantic := errors.AsType[*json.SemanticError](err)
	if !isSemantic || !errors.Is(err, json.ErrUnknownName) {
		return "", false
	}
	return e.JSONPointer.LastToken(), true
}
