package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStore_LockedByOtherProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := openTestStore(t, dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second store on the directory: %v, %v", s, err)
	}
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if s, err := openTestStore(t, dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second store after the lock file was removed: %v, %v", s, err)
	}
	time.AfterFunc(lockTimeout/4, first.Close)
	second, err := openTestStore(t, dir)
	if err != nil {
		t.Fatalf("the one before goes while it is waited for: %v", err)
	}
	second.Close()
}
