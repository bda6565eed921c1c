//go:build !linux

package ui

import "os/exec"

// dieWithParent does nothing: other kernels have no such signal.
func dieWithParent(*exec.Cmd) {}
