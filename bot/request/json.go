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

// privateFields are the JSON names of the fields that contain what people entered or what was made of it.
var privateFields = []string{"email", "properties", "outcome"}

// sealedField contains the private fields, encrypted.
const sealedField = "sealed"

// Encode writes the request as JSON, with the unknown fields that it was read with. If seal is not nil, the private
// fields are one field, which seal has encrypted.
func (r *Request) Encode(seal func(plain []byte) []byte) ([]byte, error) {
	r.Version = version
	known, err := json.Marshal(r)
	if err != nil || len(r.unknown) == 0 && seal == nil {
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
	if seal == nil {
		return json.Marshal(all)
	}
	private := fields{}
	for _, name := range privateFields {
		if value, ok := all[name]; ok {
			private[name] = value
			delete(all, name)
		}
	}
	plain, err := json.Marshal(private)
	if err != nil {
		return nil, err
	}
	if all[sealedField], err = json.Marshal(seal(plain)); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// Decode reads a request. Without open, private fields that are sealed are empty. Its errors are ErrUnsupportedRecord.
func Decode(data []byte, open func(sealed []byte) ([]byte, error)) (*Request, error) {
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
	if sealed := r.unknown[sealedField]; open != nil && len(sealed) > 0 {
		if err := r.unseal(sealed, open); err != nil {
			return nil, fmt.Errorf("decode private fields of request: %w: %w", err, ErrUnsupportedRecord)
		}
	}
	delete(r.unknown, sealedField)
	maps.DeleteFunc(r.unknown, func(name string, _ json.RawMessage) bool { return knownFields[name] })
	return r, nil
}

func (r *Request) unseal(sealed json.RawMessage, open func([]byte) ([]byte, error)) error {
	var data []byte
	if err := json.Unmarshal(sealed, &data); err != nil {
		return err
	}
	plain, err := open(data)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, r)
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

// DecodePart reads what it can of a record that Decode does not support: the version, the id, the stage, the times and
// who asked for what.
func DecodePart(data []byte) *Request {
	r := &Request{}
	var all fields
	_ = json.Unmarshal(data, &all) // what is not an object has no fields
	for name, to := range map[string]any{
		"v": &r.Version, "id": &r.ID, "stage": &r.Stage, "stage_entered_at": &r.StageEnteredAt, "created_at": &r.CreatedAt,
		"user": &r.User, "action": &r.Action, "title": &r.Title, "run_id": &r.RunID,
	} {
		_ = json.Unmarshal(all[name], to) // of another type: left out
	}
	return r
}
