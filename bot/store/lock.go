package store

// IsInUse reports whether a process has the state directory open. It is false if that cannot be found out.
func IsInUse(dir string) bool {
	lock := newLock(dir)
	free, err := lock.TryRLock()
	_ = lock.Close()
	return err == nil && !free
}
