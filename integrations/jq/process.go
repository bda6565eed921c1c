package jq

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// A worker is a worker process, as its parent sees it.
type worker struct {
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	out    *bufio.Reader
	ready  bool // it has written its first frame
	ended  bool
}

// startWorker starts a process of the binary at path; empty: of this binary.
func startWorker(path string) (*worker, error) {
	var err error
	if path == "" {
		if path, err = executable(); err != nil {
			return nil, err
		}
	}
	childIn, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = childIn.Close() }()
	stdout, childOut, err := os.Pipe()
	if err != nil {
		_ = stdin.Close()
		return nil, err
	}
	defer func() { _ = childOut.Close() }()
	w := &worker{stdin: stdin, stdout: stdout, out: bufio.NewReaderSize(stdout, 16<<10)}
	w.cmd = &exec.Cmd{Path: path, Args: []string{"foghorn", workerArgument}, Env: []string{}, Stdin: childIn, Stdout: childOut}
	if err := w.cmd.Start(); err != nil {
		_, _ = stdin.Close(), stdout.Close()
		return nil, err
	}
	return w, nil
}

// executable is this binary, also if its file was replaced since the start.
func executable() (string, error) {
	if runtime.GOOS == "linux" {
		const self = "/proc/self/exe"
		if _, err := os.Stat(self); err == nil {
			return self, nil
		}
	}
	return os.Executable()
}

// end ends the process at once.
func (w *worker) end() {
	w.ended = true
	_ = w.cmd.Process.Kill()
	_ = w.stdin.Close()
	_ = w.cmd.Wait()
	_ = w.stdout.Close()
}

// An outcome is how a worker ended a batch.
type outcome struct {
	began bool          // it had read the request
	used  time.Duration // CPU time
	cost  Cost          // of the program that ended the worker; empty: none did
}

// run evaluates the pending programs of a batch and removes those that have a result from pending.
// A worker that does not answer in time is killed.
func (w *worker) run(b *batch) outcome {
	if !w.ready {
		var hello response
		if _, err := w.killAfter(startLimit, func() error { return readFrame(w.out, &hello) }); err != nil {
			return outcome{}
		}
		w.ready = true
	}
	if b.limits.deadline.IsZero() {
		b.limits.deadline = time.Now().Add(wallLimit)
	}
	var start, last time.Duration
	killed, err := w.killAfter(time.Until(b.limits.deadline), func() (err error) {
		start, last, err = w.exchange(b)
		return err
	})
	o := outcome{began: start > 0, used: last - start}
	if err != nil && w.cmd.ProcessState != nil {
		total := w.cmd.ProcessState.UserTime() + w.cmd.ProcessState.SystemTime()
		o.used, o.cost = max(o.used, total-start), w.costOfEnd(killed, total-last)
	}
	return o
}

// killAfter calls f, and kills the process if it takes longer than d. The process has ended if f
// fails or killed is true.
func (w *worker) killAfter(d time.Duration, f func() error) (killed bool, err error) {
	timer := time.AfterFunc(d, func() { _ = w.cmd.Process.Kill() })
	err = f()
	killed = !timer.Stop()
	if killed || err != nil {
		w.end()
	}
	return killed, err
}

// exchange writes the request and reads the results. It returns the CPU time that the process had
// taken when it had read the request, and when it had written the last result.
func (w *worker) exchange(b *batch) (start, last time.Duration, err error) {
	req := request{Input: json.RawMessage(b.input), Programs: make([]string, len(b.pending)), CPU: batchCPU - b.limits.used, Mode: b.mode}
	for n, i := range b.pending {
		req.Programs[n] = b.programs[i]
	}
	if err := writeFrame(w.stdin, req); err != nil {
		return 0, 0, err
	}
	var began response
	if err := readFrame(w.out, &began); err != nil {
		return 0, 0, err
	}
	start, last = began.CPU, began.CPU
	for len(b.pending) > 0 {
		var r response
		if err := readFrame(w.out, &r); err != nil {
			return start, last, err
		}
		i := b.pending[0]
		b.pending, last = b.pending[1:], r.CPU
		b.results[i] = Result{Value: r.Value, Empty: r.Empty}
		if r.Cost != "" {
			b.results[i] = Result{Value: r.Value, Problem: &Problem{Program: b.programs[i], Cost: r.Cost, Detail: r.Detail}}
		}
	}
	return start, last, nil
}

// costOfEnd says why the process has ended, after the program used CPU time. A program whose process was killed because
// it gave no answer is to blame only if it had much of it: the machine can be busy.
func (w *worker) costOfEnd(killed bool, used time.Duration) Cost {
	switch code := w.cmd.ProcessState.ExitCode(); {
	case code == exitProgramCPU:
		return Time
	case code == exitBatchCPU:
		return Total
	case killed && used < programCPU/2:
		return Busy
	case killed:
		return Time
	}
	return Memory // exitMemory, the runtime's code 2 (out of memory, stack overflow), or a signal of the kernel
}
