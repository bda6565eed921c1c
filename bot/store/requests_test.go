package store

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/request"
)

// newStore opens a journal on a directory of the test's own.
func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := openTestStore(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// openTestStore opens an embedded store on a directory.
func openTestStore(t *testing.T, dir string) (*Store, error) {
	log := logrus.New()
	log.SetOutput(t.Output())
	return Open(t.Context(), Config{Dir: dir, Log: logrus.NewEntry(log)})
}

func TestStore_KeepsUnknownFields(t *testing.T) {
	j := newStore(t)
	if _, err := j.requests.Create(t.Context(), "V1", []byte(`{"v":1,"id":"V1","stage":"running","mood":{"is":"calm"}}`)); err != nil {
		t.Fatal(err)
	}
	r, err := j.load(t.Context(), "V1")
	if err != nil {
		t.Fatal(err)
	}
	r.Enter(request.Done)
	if err := j.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	kv, err := j.requests.Get(t.Context(), "V1")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(kv.Value(), &got); err != nil || string(got["mood"]) != `{"is":"calm"}` || string(got["stage"]) != `"done"` {
		t.Errorf("saved as %s (%v)", kv.Value(), err)
	}
}

func TestStore_LaterVersion(t *testing.T) {
	j := newStore(t)
	const later, odd = `{"v":2,"id":"V2","stage":"done"}`, `{"v":1,"id":"V3","stage":"pondering"}`
	for id, record := range map[string]string{"V2": later, "V3": odd} {
		if _, err := j.requests.Create(t.Context(), id, []byte(record)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.load(t.Context(), "V2"); !errors.Is(err, request.ErrUnsupportedRecord) {
		t.Errorf("a later version gives %v", err)
	}
	if n, err := j.prune(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	for id, record := range map[string]string{"V2": later, "V3": odd} {
		if kv, err := j.requests.Get(t.Context(), id); err != nil || string(kv.Value()) != record {
			t.Errorf("%s is not as it was: %v", id, err)
		}
	}
}
