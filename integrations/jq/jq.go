// Package jq evaluates jq programs in a process that can be killed.
//
// A definition of Port can contain any program, and a program of a few characters can take gigabytes
// or run without an end inside one built-in function, where gojq does not observe its context. So
// programs run in worker processes: this binary again, started with the argument "jq-worker" and
// with limits on CPU time and memory. A program that exceeds a limit ends its worker and nothing else.
//
// Workers start with the first evaluation and end after five idle minutes, or with this process,
// which closes their standard input. Every binary that imports this package can be its own worker.
package jq

import (
	"context"
	"fmt"
	"time"
)

// Limits of the programs. CPU time counts, because the machine may be busy with something else.
const (
	programCPU      = 40 * raceFactor * time.Millisecond  // of one program
	batchCPU        = 80 * raceFactor * time.Millisecond  // of all programs of one Evaluate
	wallLimit       = 200 * raceFactor * time.Millisecond // of one Evaluate, from the moment it has a worker
	workerWait      = time.Second                         // for a free worker
	maxMemory       = 48 << 20                            // bytes that a worker takes on top of an idle one
	maxInputBytes   = 512 << 10                           // bytes of the input as JSON
	maxProgramBytes = 20_000                              // bytes of one source
	maxBatchBytes   = 1 << 20                             // bytes of all sources of one Evaluate
)

// A Cost says why a program was not evaluated. The values are labels of metrics.
type Cost string

// The costs. Of those, only the first two end a worker.
const (
	Time        Cost = "time"        // it takes too much CPU time
	Memory      Cost = "memory"      // it takes too much memory, or recurses too deep
	ResultSize  Cost = "result_size" // its result is too large
	SourceSize  Cost = "source_size" // the program is too long
	InputSize   Cost = "input_size"  // the values of the form are too large
	Syntax      Cost = "syntax"      // it does not compile
	Unsupported Cost = "unsupported" // it uses a regular expression that cannot be run
	Total       Cost = "total"       // the programs before it have used up the time of all
	Busy        Cost = "busy"        // no worker was free or answered in time, because the machine is busy
	Unavailable Cost = "unavailable" // no worker could be started
)

// A Problem is the reason why a program has no result. The text of the error is a phrase about "it", the program.
type Problem struct {
	Program string
	Cost    Cost
	Detail  string // of Syntax, Unsupported, Busy and Unavailable; else empty
}

func (p *Problem) Error() string {
	switch p.Cost {
	case Time:
		return fmt.Sprintf("it takes more than %d ms of CPU time", programCPU.Milliseconds())
	case Memory:
		return fmt.Sprintf("it takes more than %d MB of memory", maxMemory>>20)
	case ResultSize:
		return fmt.Sprintf("its result has more than %d values or %d KB of text", maxResultNodes, maxResultBytes>>10)
	case SourceSize:
		return fmt.Sprintf("it is longer than %d bytes, or all of the form's programs together than %d KB", maxProgramBytes, maxBatchBytes>>10)
	case InputSize:
		return fmt.Sprintf("the values that it reads have more than %d KB", maxInputBytes>>10)
	case Total:
		return fmt.Sprintf("the form's jq programs together take more than %d ms of CPU time", batchCPU.Milliseconds())
	case Busy:
		return "it was not evaluated in time: " + p.Detail
	case Unavailable:
		return "no process can evaluate it: " + p.Detail
	}
	return p.Detail
}

// A Result is what became of a program. Without a Problem, the value is that of the program: null
// if it failed or had no output, a list if it had several. https://github.com/port-labs/jq-wasm
type Result struct {
	Value   any  // of the types of encoding/json
	Empty   bool // it had no output
	Problem *Problem
}

var shared = newEvaluator(maxWorkers)

// Limits are what several evaluations take together, such as those of one form. The zero value is ready to use.
type Limits struct {
	used      time.Duration // CPU time
	deadline  time.Time     // zero until a worker is ready
	expensive []*Problem
}

// Evaluate evaluates the programs with one input. The results are in the order of the programs. It returns 200 ms after
// the first use of the limits, plus a second if all workers are busy and one to start the first; the end of ctx
// ends the wait for a worker.
func Evaluate(ctx context.Context, l *Limits, input any, programs []string) []Result {
	return shared.evaluate(ctx, allOutputs, l, input, programs)
}

// EvaluateFirst is Evaluate for programs whose first output is the value. They end after it.
func EvaluateFirst(ctx context.Context, l *Limits, input any, programs []string) []Result {
	return shared.evaluate(ctx, firstOutput, l, input, programs)
}

// Check returns the problems of programs that do not compile, in the order of the programs; nil: it compiles, or
// that is not known.
func Check(ctx context.Context, programs []string) []*Problem {
	out := make([]*Problem, len(programs))
	for i, r := range shared.evaluate(ctx, compileOnly, new(Limits), nil, programs) {
		if r.Problem != nil && (r.Problem.Cost == Syntax || r.Problem.Cost == SourceSize) {
			out[i] = r.Problem
		}
	}
	return out
}
