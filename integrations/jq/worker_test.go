//go:build linux

package jq

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// idleWorkers waits for the spare and returns all workers.
func idleWorkers(t *testing.T, e *evaluator) []*worker {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		e.pool.mu.Lock()
		idle := append([]*worker(nil), e.pool.idle...)
		e.pool.mu.Unlock()
		if len(idle) == 2 {
			return idle
		}
	}
	t.Fatal("there is no spare worker")
	return nil
}

// Each hostile program ends as a result or a named problem, within its limits of CPU time and
// memory, and other evaluations are served meanwhile.
func TestEvaluate_Hostile(t *testing.T) {
	e := testEvaluator(t)
	var served atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			input := map[string]any{"form": map[string]any{"n": float64(i)}}
			start := time.Now()
			r := e.evaluate(t.Context(), allOutputs, new(Limits), input, []string{".form.n + 1"})[0]
			if r.Problem == nil && r.Value == float64(i+1) {
				served.Add(1)
			} else if r.Problem == nil || r.Problem.Cost != Busy { // the machine can be too busy
				t.Errorf("another evaluation: %v, %v", r.Value, r.Problem)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("another evaluation took %v", took)
			}
			time.Sleep(time.Millisecond)
		}
	}()
	programs := hostilePrograms()
	if len(programs) < 200 {
		t.Errorf("%d programs", len(programs))
	}
	slow := 0
	for i, name := range hostileNames() {
		if raceFactor > 1 && i%10 > 0 {
			continue // one in ten is enough to find races
		}
		start, before := time.Now(), served.Load()
		r := e.evaluate(t.Context(), allOutputs, new(Limits), hostileInput, []string{programs[name]})[0]
		took := time.Since(start)
		if took > 250*time.Millisecond {
			slow++
		}
		if took > wallLimit+2*time.Second || r.Problem != nil && r.Problem.Error() == "" {
			t.Errorf("%s: took %v, %v", name, took, r.Problem)
		}
		t.Logf("%-24s %4d ms, %3d others, %v", name, took.Milliseconds(), served.Load()-before, r.Problem)
	}
	close(stop)
	<-stopped
	if raceFactor > 1 {
		return // the limits are not those of a release
	}
	if slow > len(programs)/2 { // the machine can be busy
		t.Errorf("%d of %d programs took more than 250 ms", slow, len(programs))
	}
	if served.Load() < int64(len(programs)) {
		t.Errorf("%d other evaluations were served during %d programs", served.Load(), len(programs))
	}
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err != nil {
		t.Fatal(err)
	}
	if peak := children.Maxrss >> 10; peak > 110 { // the binary itself has 10 to 16 MB, with -race 30 MB
		t.Errorf("a worker took %d MB", peak)
	}
	cpu := time.Duration(children.Utime.Nano()+children.Stime.Nano()) / time.Duration(len(programs))
	if t.Logf("%v of CPU time for each program, peak of a worker %d MB", cpu, children.Maxrss>>10); cpu > 100*time.Millisecond {
		t.Errorf("%v of CPU time for each program", cpu)
	}
}

// An idle worker that is killed from outside costs no result.
func TestPool_WorkerKilledWhileIdle(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	for range 3 {
		if r := e.evaluateAnyway(t, nil, "1")[0]; r.Value != 1.0 {
			t.Fatalf("result is %+v", r)
		}
		used := idleWorkers(t, e)[1]
		if err := used.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPool_EndsIdleWorkers(t *testing.T) {
	t.Parallel()
	e := testEvaluator(t)
	e.evaluateAnyway(t, nil, "1")
	idle := idleWorkers(t, e)
	e.pool.endIdle()
	for _, w := range idle {
		if err := syscall.Kill(w.cmd.Process.Pid, 0); err != syscall.ESRCH {
			t.Errorf("the worker exists: %v", err)
		}
	}
	if r := e.evaluateAnyway(t, nil, "2")[0]; r.Value != 2.0 {
		t.Errorf("result is %+v", r)
	}
}

// A worker ends when its parent closes the pipe, as the kernel does when the parent ends.
func TestWorker_EndsWithParent(t *testing.T) {
	t.Parallel()
	w, err := startWorker("")
	if err != nil {
		t.Fatal(err)
	}
	defer w.end()
	var hello response
	if err := readFrame(w.out, &hello); err != nil {
		t.Fatal(err)
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		b := batch{input: []byte("1"), programs: []string{"."}, results: make([]Result, 1), pending: []int{0}, limits: new(Limits)}
		if _, _, err := w.exchange(&b); err != nil || b.results[0].Value != 1.0 {
			t.Fatalf("result is %+v, %v", b.results[0], err)
		}
		if err := w.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.stdin.Close()
	if rest, err := io.ReadAll(w.out); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v", rest, err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
}

// A worker has no environment, and no files that its parent has opened.
func TestWorker_Isolated(t *testing.T) {
	t.Parallel()
	secret, err := os.Create(t.TempDir() + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = secret.Close() }()
	e := testEvaluator(t)
	e.evaluateAnyway(t, nil, "1")
	for _, w := range idleWorkers(t, e) {
		proc := fmt.Sprintf("/proc/%d/", w.cmd.Process.Pid)
		if environment, err := os.ReadFile(proc + "environ"); err != nil || len(bytes.Trim(environment, "\x00")) > 0 {
			t.Errorf("environment is %q, %v", environment, err)
		}
		files, err := filepath.Glob(proc + "fd/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if target, err := os.Readlink(file); err == nil && target == secret.Name() {
				t.Errorf("file %s is %s", filepath.Base(file), target)
			}
		}
	}
}

// A worker has all its threads before it limits its memory. Below the limit a binary with cgo could not start one,
// and the program of that moment would be blamed.
func TestWorker_StartsThreadsFirst(t *testing.T) {
	w, err := startWorker("")
	if err != nil {
		t.Fatal(err)
	}
	defer w.end()
	var hello response
	if err := readFrame(w.out, &hello); err != nil {
		t.Fatal(err)
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", w.cmd.Process.Pid))
	if err != nil || len(threads) < 8 {
		t.Errorf("%d threads, %v", len(threads), err)
	}
}
