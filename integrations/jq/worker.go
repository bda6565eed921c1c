package jq

import (
	"encoding/json"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
)

// workerArgument as the only argument makes a process a worker.
const workerArgument = "jq-worker"

// Exit codes of a worker that ends because of a program. 2 is the one of Go's runtime.
const (
	exitProgramCPU = 3
	exitBatchCPU   = 4
	exitMemory     = 5
)

// init makes the process a worker before main and before the packages that a worker does not use:
// it starts faster, takes less memory, and every binary with this package can be a worker, those of
// tests included.
func init() {
	if len(os.Args) == 2 && os.Args[1] == workerArgument {
		os.Exit(runWorker())
	}
}

// runWorker evaluates the requests of its standard input until that is closed. The parent decides
// when a worker ends, so it ignores the signals of a terminal or of a service manager.
func runWorker() int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	runtime.GOMAXPROCS(2) // one for the program, one for the watchdog
	debug.SetTraceback("none")
	debug.SetMaxStack(maxMemory / 3)
	startThreads()
	limitMemory() // where the system can
	dog := newWatchdog()
	var programs programCache
	if err := writeFrame(os.Stdout, response{}); err != nil {
		return 1
	}
	for {
		var req request
		var input any
		if err := readFrame(os.Stdin, &req); err != nil {
			return 0
		}
		if err := json.Unmarshal(req.Input, &input); err != nil {
			return 1
		}
		req.Input = nil
		if err := writeFrame(os.Stdout, response{CPU: cpuTime()}); err != nil {
			return 1
		}
		dog.start(req.CPU)
		left := budget{nodes: 2 * maxResultNodes, bytes: 2 * maxResultBytes}
		for _, source := range req.Programs {
			var r response
			if ctx, ok := dog.next(); ok {
				r = dog.judge(ctx, programs.respond(ctx, source, req.Mode, input, &left))
			} else {
				r.Cost = Total
			}
			r.CPU = cpuTime()
			if err := writeFrame(os.Stdout, r); err != nil {
				return 1
			}
		}
		dog.stop()
		if dog.memory() > maxMemory/4 {
			programs = programCache{}
			debug.FreeOSMemory()
		}
	}
}

// startThreads starts the threads that the runtime will need. A thread of a binary with cgo takes 8 MB of addresses for
// its stack and 128 MB for the allocator of the C library, so below the limits of a worker it could not be started.
func startThreads() {
	const threads = 8 // more than the runtime uses at the same time: the program, the watchdog, the collector, system calls
	var running, ended sync.WaitGroup
	running.Add(threads)
	for range threads {
		ended.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			running.Done()
			running.Wait()
		})
	}
	ended.Wait()
}
