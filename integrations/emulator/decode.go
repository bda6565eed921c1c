package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Decode reads one JSON value, which must not be null, into a pointer. What [json.Unmarshal] would leave out or replace
// is an error: unknown and repeated members, and text that is not Unicode.
func Decode(data []byte, into any) error {
	if !utf8.Valid(data) {
		return errors.New("the JSON is not valid UTF-8")
	}
	if string(bytes.TrimSpace(data)) == "null" {
		return errors.New("the value is null")
	}
	var syntax json.RawMessage
	if err := json.Unmarshal(data, &syntax); err != nil { // also limits the depth
		return err
	}
	if err := checkValue(json.NewDecoder(bytes.NewReader(data))); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// checkValue reads one value, with those within it.
func checkValue(d *json.Decoder) error {
	token, err := d.Token()
	if text, isText := token.(string); isText && strings.ContainsRune(text, utf8.RuneError) {
		return errors.New("a text has half of a surrogate pair, or U+FFFD in its place")
	}
	opening, isNested := token.(json.Delim)
	if err != nil || !isNested {
		return err
	}
	names := map[string]bool{}
	for d.More() {
		if opening == '{' {
			token, _ := d.Token()                      // the syntax is valid
			name := strings.ToLower(fmt.Sprint(token)) // as encoding/json finds a member
			if names[name] {
				return fmt.Errorf("the member %q is there twice", name)
			}
			names[name] = true
		}
		if err := checkValue(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing delimiter
	return err
}
