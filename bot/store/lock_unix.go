//go:build unix

package store

import (
	"fmt"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

// newLock is a lock of the directory itself: a file in it could be removed, and a second process would lock another.
func newLock(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }

// checkOwner reports that a directory belongs to another user: files that this process creates there could not be
// changed by the bot.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return classifyFSError(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: it belongs to the user with id %d", ErrUnusable, owner.Uid)
	}
	return nil
}
