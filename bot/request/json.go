package request

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"
)

// version is the version of Request's JSON. A record of a later version is not changed.
const version = 1

// ErrUnsupportedRecord reports a record that this version cannot read. It is kept as it is.
var ErrUnsupportedRecord = errors.New("unsupported record")

// fields are JSON fields that this version does not know.
type fields map[string]json.RawMessage

// Encode writes the request as JSON, with the unknown fields that it was read with.
func (r *Request) Encode() ([]byte, error) {
	r.Version = version
	known, err := json.Marshal(r)
	if err != nil || len(r.unknown) == 0 {
		return known, err
	}
	var all fields
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	for name, value := range r.unknown {
		if !knownFields[name] {
			all[name] = value
		}
	}
	return json.Marshal(all)
}

// Decode reads a request. Its errors are ErrUnsupportedRecord.
func Decode(data []byte) (*Request, error) {
	r := &Request{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("decode request: %w: %w", err, ErrUnsupportedRecord)
	}
	if r.Version > version {
		return nil, fmt.Errorf("decode request of version %d (latest known: %d): %w", r.Version, version, ErrUnsupportedRecord)
	}
	if err := json.Unmarshal(data, &r.unknown); err != nil {
		return nil, fmt.Errorf("decode request: %w: %w", err, ErrUnsupportedRecord)
	}
	maps.DeleteFunc(r.unknown, func(name string, _ json.RawMessage) bool { return knownFields[name] })
	return r, nil
}

// knownFields are the JSON names of Request's fields.
var knownFields = fieldNames(reflect.TypeFor[Request]())

func fieldNames(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names[name] = true
		}
	}
	return names
}

var validID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ValidID reports whether an id can be a key of the store.
func ValidID(id string) bool { return validID.MatchString(id) }

// NewID makes the id of the request from Slack's id of its view: a view that is submitted
// twice is one request. Ids that cannot be a key of the store are hashed.
func NewID(viewID string) string {
	if ValidID(viewID) {
		return viewID
	}
	sum := sha256.Sum256([]byte(viewID))
	return "h" + hex.EncodeToString(sum[:16])
}
