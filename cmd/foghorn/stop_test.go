package main

import (
	"errors"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestProcess_StopDuringStart stops processes at random moments of their start. Each ends with 0, except before the
// program runs, and the next one can use the directory.
func TestProcess_StopDuringStart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	t.Parallel()
	const stops, latest = 200, 80 * time.Millisecond
	e := newGuideEnvironment(t)
	early := 0
	for range stops {
		p := e.launchBot(t)
		delay := rand.N(latest)
		time.Sleep(delay)
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		if err := <-p.done; endedBySignal(err) {
			early++
		} else if err != nil {
			t.Errorf("stopped after %v: %v", delay, err)
		}
	}
	t.Logf("%d of %d processes were stopped before the program ran", early, stops)
	e.startBotProcess(t)
}

// endedBySignal reports that a signal ended a process that did not handle it.
func endedBySignal(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(interface{ Signaled() bool })
	return ok && status.Signaled()
}
