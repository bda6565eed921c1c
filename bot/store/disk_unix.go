//go:build unix

package store

import "syscall"

// temporaryErrors are the errors of a full or failing disk.
var temporaryErrors = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO}
