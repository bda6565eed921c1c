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
	wrong, ok := errors.AsType[*json.SemanticError](err)
	if !ok || wrong.GoType == nil {
		return err
	}
	path := strings.ReplaceAll(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/", ".")
	if errors.Is(err, json.ErrUnknownName) {
		return UnknownMemberError(path)
	}
	return fmt.Errorf("%s must be %s", cmp.Or(path, "the value"), describeType(wrong.GoType))
}

// An UnknownMemberError is the path of a member that is not known, such as users.0.colour.
type UnknownMemberError string

func (e UnknownMemberError) Error() string { return string(e) + " is not known" }

// Name is the last part of the path.
func (e UnknownMemberError) Name() string { return string(e[strings.LastIndex(string(e), ".")+1:]) }

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
