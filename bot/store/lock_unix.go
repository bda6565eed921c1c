//go:build unix

package store

import (
	"os"

	"github.com/gofrs/flock"
)

// newLock is a lock of the directory itself: a file in it could be removed, and a second process would lock another.
func newLock(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }
