package store

import (
	"errors"
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
	time.AfterFunc(lockTimeout/4, first.Close)
	second, err := openTestStore(t, dir)
	if err != nil {
		t.Fatalf("the one before goes while it is waited for: %v", err)
	}
	second.Close()
}
