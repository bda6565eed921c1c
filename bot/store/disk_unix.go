//go:build unix

package store

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// temporaryErrors are the errors of a full or failing disk.
var temporaryErrors = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO}

// diskSize is the size of the disk of a directory, in bytes.
func diskSize(dir string) (uint64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return fs.Blocks * uint64(fs.Bsize), nil
}
