package request

import (
	"bytes"
	"errors"
	"testing"
)

func TestDecode_KeepsUnknownFields(t *testing.T) {
	r, err := Decode([]byte(`{"v":1,"id":"V1","stage":"running","mood":{"is":"calm"}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Enter(Done)
	data, err := r.Encode(nil)
	if err != nil || !bytes.Contains(data, []byte(`"mood":{"is":"calm"}`)) || !bytes.Contains(data, []byte(`"stage":"done"`)) {
		t.Errorf("encoded as %s, %v", data, err)
	}
}

func TestDecode_UnsupportedRecords(t *testing.T) {
	for _, record := range []string{`{"v":2,"id":"V1"}`, `{`, `[]`, `"x"`} {
		if _, err := Decode([]byte(record), nil); !errors.Is(err, ErrUnsupportedRecord) {
			t.Errorf("%s: %v", record, err)
		}
	}
}

func TestNewID_IsAKey(t *testing.T) {
	for _, viewID := range []string{"V0123456789", "", "V.*>", "V 1", string(make([]byte, 500))} {
		if id := NewID(viewID); !ValidID(id) || id != NewID(viewID) {
			t.Errorf("%q has the id %q", viewID, id)
		}
	}
	if NewID("V.1") == NewID("V.2") {
		t.Error("two views have one id")
	}
}

// FuzzDecode checks that a decoded record is encoded and decoded to the same record.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"id":"V1","stage":"running","properties":{"name":"x"},"run_id":"r_1","mood":{"is":"calm"}}`))
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"deliveries":{"end":null},"outcome":{"status":""}}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		r, err := Decode(record, nil)
		if err != nil {
			return
		}
		data, err := r.Encode(nil)
		if err != nil {
			return // such as a time outside of RFC 3339
		}
		again, err := Decode(data, nil)
		if err != nil {
			t.Fatalf("%s was encoded as %s, which gives %v", record, data, err)
		}
		if twice, err := again.Encode(nil); err != nil || !bytes.Equal(twice, data) {
			t.Fatalf("%s was encoded as %s, %v", data, twice, err)
		}
	})
}
