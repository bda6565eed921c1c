//go:build unix

package store

import "golang.org/x/sys/unix"

// diskSize is the size of the disk of a directory, in bytes.
func diskSize(dir string) (uint64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return fs.Blocks * uint64(fs.Bsize), nil
}
