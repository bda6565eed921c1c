package ui

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A BotProcess runs the bot in a process of its own, so that it can be killed.
type BotProcess struct {
	path string
	env  func(action string) []string

	mu       sync.Mutex
	onChange func()
	cmd      *exec.Cmd
	ended    chan struct{} // closed when cmd has ended
	state    BotState
}

// BotState is the state of a BotProcess.
type BotState struct {
	Running    bool
	PID        int
	Action     string   // identifier of the action that the bot runs
	ExitReason string   // of the latest process that has ended
	Log        []string // the latest lines
}

const (
	maxLogLines = 200

	// stopTimeout is longer than a graceful stop of the bot takes.
	stopTimeout = 15 * time.Second
)

// NewBotProcess returns a process that is not started. It runs "serve" of the program at path, with the
// environment that env returns for an action.
func NewBotProcess(path string, env func(action string) []string) *BotProcess {
	return &BotProcess{path: path, env: env, onChange: func() {}}
}

// watch calls f after each change. f must not wait.
func (b *BotProcess) watch(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onChange = f
}

// State returns the current state.
func (b *BotProcess) State() BotState {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state
	s.Log = slices.Clone(s.Log)
	return s
}

// Start starts the bot for an action; "" is the previous one. It does nothing if the bot is running.
func (b *BotProcess) Start(action string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Running {
		return nil
	}
	if action != "" {
		b.state.Action = action
	}
	cmd := exec.Command(b.path, "serve")
	cmd.Env = b.env(b.state.Action)
	dieWithParent(cmd)
	reader, writer := io.Pipe()
	cmd.Stderr = writer
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the bot: %w", err)
	}
	b.cmd, b.ended = cmd, make(chan struct{})
	b.state.Running, b.state.PID, b.state.ExitReason = true, cmd.Process.Pid, ""
	go b.readLog(reader)
	go b.wait(cmd, writer, b.ended)
	b.onChange()
	return nil
}

// readLog keeps the latest lines of the log, until the process has ended.
func (b *BotProcess) readLog(log io.Reader) {
	lines := bufio.NewReaderSize(log, 64<<10)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.state.Log = append(b.state.Log, string(line))
		b.state.Log = b.state.Log[max(0, len(b.state.Log)-maxLogLines):]
		b.onChange()
		b.mu.Unlock()
	}
}

// wait records the end of the process.
func (b *BotProcess) wait(cmd *exec.Cmd, log io.Closer, ended chan struct{}) {
	err := cmd.Wait()
	_ = log.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Running, b.state.ExitReason = false, "stopped"
	if err != nil {
		b.state.ExitReason = err.Error()
	}
	close(ended)
	b.onChange()
}

// Kill kills the bot. It does not wait.
func (b *BotProcess) Kill() { b.signal(syscall.SIGKILL) }

// Stop stops the bot gracefully and waits for it. It kills the bot when ctx ends or after 15 s.
func (b *BotProcess) Stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	select {
	case <-b.signal(syscall.SIGTERM):
	case <-ctx.Done():
		<-b.signal(syscall.SIGKILL)
	}
}

// signal sends a signal to the process and returns a channel that is closed when it has ended.
func (b *BotProcess) signal(s syscall.Signal) (ended <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cmd == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	if b.state.Running && b.cmd.Process.Signal(s) != nil {
		_ = b.cmd.Process.Kill() // it may have ended, or this is Windows, which has no SIGTERM
	}
	return b.ended
}
