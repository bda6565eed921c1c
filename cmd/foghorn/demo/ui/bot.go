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

// A BotProcess is the real one, in a process of its own, so that it can be killed.
type BotProcess struct {
	path string
	env  func(action string) []string

	mu      sync.Mutex
	changed func()
	cmd     *exec.Cmd
	done    chan struct{} // closed when cmd has ended
	state   BotState
}

// BotState is how a Bot is doing.
type BotState struct {
	Running bool
	PID     int
	Action  string // identifier of the action that it runs
	Starts  int
	Ended   string   // how it ended the last time
	Log     []string // its latest lines
}

// maxLog is how many lines of its log are kept.
const maxLog = 200

// NewBotProcess is a bot that is started from a program, with the environment that env gives for
// an action.
func NewBotProcess(path string, env func(action string) []string) *BotProcess {
	return &BotProcess{path: path, env: env, changed: func() {}}
}

// watch has f called after each change. f must not wait.
func (b *BotProcess) watch(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed = f
}

// State is how the bot is doing.
func (b *BotProcess) State() BotState {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state
	s.Log = slices.Clone(s.Log)
	return s
}

// Start starts the bot for an action; "" is the one it had. It does nothing when it runs.
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
	read, write := io.Pipe()
	cmd.Stderr = write
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the bot: %w", err)
	}
	b.cmd, b.done = cmd, make(chan struct{})
	b.state.Running, b.state.PID, b.state.Ended = true, cmd.Process.Pid, ""
	b.state.Starts++
	go b.read(read)
	go b.wait(cmd, write, b.done)
	b.changed()
	return nil
}

// read keeps the log, until the process has ended.
func (b *BotProcess) read(log io.Reader) {
	lines := bufio.NewReaderSize(log, 64<<10)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.state.Log = append(b.state.Log, string(line))
		if over := len(b.state.Log) - maxLog; over > 0 {
			b.state.Log = b.state.Log[over:]
		}
		b.changed()
		b.mu.Unlock()
	}
}

// wait notes the end of the process.
func (b *BotProcess) wait(cmd *exec.Cmd, log io.Closer, done chan struct{}) {
	err := cmd.Wait()
	_ = log.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Running, b.state.Ended = false, "stopped"
	if err != nil {
		b.state.Ended = err.Error()
	}
	close(done)
	b.changed()
}

// Kill ends the bot with no warning. It does not wait.
func (b *BotProcess) Kill() { b.signal(syscall.SIGKILL) }

func (b *BotProcess) signal(s syscall.Signal) (ended <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cmd == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	if b.state.Running {
		_ = b.cmd.Process.Signal(s) // it may have ended
	}
	return b.done
}

// stopTime is how long a bot may take to stop. It promises less.
const stopTime = 15 * time.Second

// Stop asks the bot to end and waits for it; in the end it kills.
func (b *BotProcess) Stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	select {
	case <-b.signal(syscall.SIGTERM):
	case <-ctx.Done():
		<-b.signal(syscall.SIGKILL)
	}
}
