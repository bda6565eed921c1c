package bot

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// newJournal opens a journal on a directory of the test's own.
func newJournal(t *testing.T) journal {
	t.Helper()
	s, err := openStore(t.Context(), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return journal{s}
}

func TestFieldsOfALaterVersionSurviveASave(t *testing.T) {
	j := newJournal(t)
	if _, err := j.requests.Create(t.Context(), "V1", []byte(`{"v":1,"id":"V1","stage":"running","mood":{"is":"calm"}}`)); err != nil {
		t.Fatal(err)
	}
	r, err := j.load(t.Context(), "V1")
	if err != nil {
		t.Fatal(err)
	}
	r.enter(Told)
	if err := j.save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	kv, err := j.requests.Get(t.Context(), "V1")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(kv.Value(), &got); err != nil || string(got["mood"]) != `{"is":"calm"}` || string(got["stage"]) != `"told"` {
		t.Errorf("saved as %s (%v)", kv.Value(), err)
	}
}

func TestRecordsOfALaterVersionAreLeftAlone(t *testing.T) {
	j := newJournal(t)
	const later, odd = `{"v":2,"id":"V2","stage":"told"}`, `{"v":1,"id":"V3","stage":"pondering"}`
	for id, record := range map[string]string{"V2": later, "V3": odd} {
		if _, err := j.requests.Create(t.Context(), id, []byte(record)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.load(t.Context(), "V2"); !errors.Is(err, errNotOurs) {
		t.Errorf("a later version gives %v", err)
	}
	r, err := j.load(t.Context(), "V3")
	if err != nil {
		t.Fatal(err)
	}
	if wait, err := (&Bot{}).advance(t.Context(), r); wait != park || err == nil {
		t.Errorf("an unknown stage waits %v with %v", wait, err)
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
