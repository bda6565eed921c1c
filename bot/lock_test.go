package bot

import (
	"errors"
	"testing"
	"time"
)

func TestAStateDirectoryIsOneProcessesAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openStore(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := openStore(t.Context(), dir, ""); !errors.Is(err, ErrStateInUse) {
		t.Errorf("a second store on the directory: %v, %v", s, err)
	}
	time.AfterFunc(lockTimeout/4, first.close)
	second, err := openStore(t.Context(), dir, "")
	if err != nil {
		t.Fatalf("the one before goes while it is waited for: %v", err)
	}
	second.close()
}
