package bot

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kept is a closed store with some records, and the files that it consists of.
func kept(t *testing.T) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	s, err := openStore(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		r := &Request{ID: fmt.Sprintf("V%d", i), Stage: Accepted, Title: "It burns"}
		if err := errors.Join(journal{s}.accept(t.Context(), r), journal{s}.save(t.Context(), r)); err != nil {
			t.Fatal(err)
		}
	}
	s.close()
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, files
}

const records = 30

// TestDamagedFilesAreRefusedOrDoNoHarm damages each file of a store in each way: either the
// store is refused, and left as it was, or all that it held is there.
func TestDamagedFilesAreRefusedOrDoNoHarm(t *testing.T) {
	dir, files := kept(t)
	for _, file := range files {
		for _, how := range []struct {
			name   string
			damage func(data []byte) []byte // nil: the file is gone
		}{
			{"cut in half", func(d []byte) []byte { return d[:len(d)/2] }},
			{"cut by a few bytes", func(d []byte) []byte { return d[:max(0, len(d)-7)] }},
			{"emptied", func([]byte) []byte { return []byte{} }},
			{"zeroed", func(d []byte) []byte { return make([]byte, len(d)) }},
			{"flipped in the middle", func(d []byte) []byte {
				d = bytes.Clone(d)
				for i := len(d) / 2; i < min(len(d), len(d)/2+8); i++ {
					d[i] ^= 0xff
				}
				return d
			}},
			{"gone", func([]byte) []byte { return nil }},
		} {
			t.Run(file+" "+how.name, func(t *testing.T) {
				hurt := t.TempDir()
				if err := os.CopyFS(hurt, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(hurt, file)
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				data = how.damage(data)
				if data == nil {
					err = os.Remove(path)
				} else {
					err = os.WriteFile(path, data, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				s, err := openStore(t.Context(), hurt, "")
				if errors.Is(err, ErrStateDamaged) {
					if now, _ := os.ReadFile(path); !bytes.Equal(now, data) || !strings.Contains(err.Error(), filepath.Dir(path)) {
						t.Errorf("the file was changed, or is not named: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer s.close()
				holdsAll(t, s)
			})
		}
	}
}

// holdsAll checks that a store has all records, and work for each.
func holdsAll(t *testing.T, s *store) {
	t.Helper()
	for i := range records {
		if _, err := (journal{s}).load(t.Context(), fmt.Sprintf("V%d", i)); err != nil {
			t.Errorf("record %d: %v", i, err)
		}
	}
	if work, err := s.js.Stream(t.Context(), streamName); err != nil || work.CachedInfo().State.Msgs != records {
		t.Errorf("the work is %+v, %v", work, err)
	}
	if err := s.writable(); err != nil {
		t.Error(err)
	}
}

// TestALastRecordThatWasNotWrittenWholeIsNoDamage leaves files as a power cut does: the
// last record was never acknowledged.
func TestALastRecordThatWasNotWrittenWholeIsNoDamage(t *testing.T) {
	dir, files := kept(t)
	torn := 0
	for _, file := range files {
		path := filepath.Join(dir, file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".blk" && len(data) > 0 {
			data, torn = append(data, data[:60]...), torn+1 // the beginning of one more
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if torn != 2 {
		t.Fatalf("%d files hold records", torn)
	}
	s, err := openStore(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	holdsAll(t, s)
}

func TestAStreamThatIsGoneIsDamage(t *testing.T) {
	for _, name := range []string{streamName, "KV_" + requestsName, "KV_" + draftsName} {
		dir, _ := kept(t)
		if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(streamsDir), name)); err != nil {
			t.Fatal(err)
		}
		if _, err := openStore(t.Context(), dir, ""); !errors.Is(err, ErrStateDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestAStoreAsLargeAsItMayBecome accepts nothing new, and goes on with what it has.
func TestAStoreAsLargeAsItMayBecome(t *testing.T) {
	j := newJournal(t)
	r := &Request{ID: "V1", Stage: Accepted}
	if err := errors.Join(j.accept(t.Context(), r), j.save(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	j.limit(1)
	if err := j.accept(t.Context(), &Request{ID: "V2", Stage: Accepted}); !errors.Is(err, errFull) {
		t.Errorf("a new request gets %v", err)
	}
	if err := j.writable(); !errors.Is(err, errFull) {
		t.Errorf("/readyz says %v", err)
	}
	r.enter(Told)
	if err := j.save(t.Context(), r); err != nil {
		t.Errorf("an old request gets %v", err)
	}
	j.limit(maxStored)
	if err := j.accept(t.Context(), &Request{ID: "V2", Stage: Accepted}); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
