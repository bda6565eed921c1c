package ui

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the bot when the demo dies.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
