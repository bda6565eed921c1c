package store

import "golang.org/x/sys/windows"

// diskSize is the size of the disk of a directory, in bytes.
func diskSize(dir string) (total uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(path, nil, &total, nil)
	}
	return total, err
}
