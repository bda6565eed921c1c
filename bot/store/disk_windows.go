package store

import "golang.org/x/sys/windows"

// temporaryErrors are the errors of a full or failing disk.
var temporaryErrors = []error{
	windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_FILE_TOO_LARGE, windows.ERROR_IO_DEVICE,
}

// diskSize is the size of the disk of a directory, in bytes.
func diskSize(dir string) (total uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(path, nil, &total, nil)
	}
	return total, err
}
