package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foghorn/bot/request"
)

// leftStore is a store with some open and some ended requests that was closed, or whose process was killed, and the files
// that it consists of.
func leftStore(t *testing.T, killed bool) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	for i := range records {
		acceptTestRequest(t, s, fmt.Sprintf("V%d", i))
		ended := acceptTestRequest(t, s, fmt.Sprintf("VENDED%d", i))
		ended.Finish(request.Outcome{Status: request.Success})
		if err := s.Archive(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
	}
	if killed { // each write was acknowledged, so the files are as a killed process leaves them
		open := dir
		dir = t.TempDir()
		if err := copyState(dir, open); err != nil {
			t.Fatal(err)
		}
	}
	stop()
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

// copyState copies a state directory as cp -r does, but for the control socket.
func copyState(to, from string) error {
	return fs.WalkDir(os.DirFS(from), ".", func(path string, d fs.DirEntry, err error) error {
		switch target := filepath.Join(to, path); {
		case err != nil && !errors.Is(err, fs.ErrNotExist): // else it was removed meanwhile
			return err
		case err == nil && d.IsDir():
			return os.MkdirAll(target, 0o700)
		case err == nil && d.Type().IsRegular():
			data, err := os.ReadFile(filepath.Join(from, path))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return errors.Join(err, os.WriteFile(target, data, 0o600))
		}
		return nil
	})
}

const records = 30

// TestStore_DamagedFiles damages each file of a store in each way: either the
// store is refused, and left as it was, or all that it held is there.
func TestStore_DamagedFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed=%v", killed), func(t *testing.T) { damageFiles(t, killed) })
	}
}

func damageFiles(t *testing.T, killed bool) {
	dir, files := leftStore(t, killed)
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
				t.Parallel()
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
				s, err := openTestStore(t, hurt)
				if errors.Is(err, ErrDamaged) {
					if now, _ := os.ReadFile(path); !bytes.Equal(now, data) || !strings.Contains(err.Error(), filepath.Dir(path)) {
						t.Errorf("the file was changed, or is not named: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				expectAllRecords(t, s)
			})
		}
	}
}

// expectAllRecords checks that a store has all records, and work for each.
func expectAllRecords(t *testing.T, s *Store) {
	t.Helper()
	runTestStore(t, s)
	<-s.index.Ready()
	for i := range records {
		if _, err := s.load(t.Context(), fmt.Sprintf("V%d", i), nil); err != nil {
			t.Errorf("record %d: %v", i, err)
		}
	}
	if tasks, err := s.js.Stream(t.Context(), streamName); err != nil || tasks.CachedInfo().State.Msgs != records {
		t.Errorf("the tasks are %+v, %v", tasks, err)
	}
	if err := s.CheckReady(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestStore_TornLastRecord leaves files as a power cut does: the
// last record was never acknowledged.
func TestStore_TornLastRecord(t *testing.T) {
	dir, files := leftStore(t, false)
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
	if torn != 3 {
		t.Fatalf("%d files hold records", torn)
	}
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	expectAllRecords(t, s)
}

func TestStore_MissingStream(t *testing.T) {
	for _, name := range []string{streamName, "KV_" + requestsBucket} {
		dir, _ := leftStore(t, false)
		if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(streamsDir), name)); err != nil {
			t.Fatal(err)
		}
		if _, err := openTestStore(t, dir); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestStore_MaxSize accepts nothing new and continues with what it holds.
func TestStore_MaxSize(t *testing.T) {
	j := newStore(t)
	r := acceptTestRequest(t, j, "V1")
	j.enforceMaxSize(1)
	if err := j.Accept(t.Context(), &request.Request{ID: "V2", Stage: request.Accepted}); !errors.Is(err, errFull) {
		t.Errorf("a new request gets %v", err)
	}
	if err := j.CheckReady(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("/readyz says %v", err)
	}
	r.Enter(request.Done)
	if err := j.Save(t.Context(), r); err != nil {
		t.Errorf("an old request gets %v", err)
	}
	j.enforceMaxSize(maxSize)
	if err := j.Accept(t.Context(), &request.Request{ID: "V2", Stage: request.Accepted}); err != nil {
		t.Errorf("below the limit again: %v", err)
	}
}
