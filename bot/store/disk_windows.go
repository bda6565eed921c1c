package store

import "golang.org/x/sys/windows"

// temporaryErrors are the errors of a full or failing disk.
var temporaryErrors = []error{
	windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_FILE_TOO_LARGE, windows.ERROR_IO_DEVICE,
}
