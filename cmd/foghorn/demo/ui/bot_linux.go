package ui

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel end the bot when the demo is killed.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
