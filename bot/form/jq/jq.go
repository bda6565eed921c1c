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
	Unsupported Cost = "unsupported" // it uses a regular expression that Go does not have
	Total       Cost = "total"       // the programs before it have used up the time of all
	Unavailable Cost = "unavailable" // no worker could be started, or none was free
)

// A Problem is the reason why a program has no result. It is an error whose text is a phrase.
type Problem struct {
	Program string
	Cost    Cost
	Detail  string // of Syntax, Unsupported and Unavailable; else empty
}

func (p *Problem) Error() string {
	text := map[Cost]string{
		Time:        fmt.Sprintf("the jq program takes more than %d ms of CPU time", programCPU.Milliseconds()),
		Memory:      fmt.Sprintf("the jq program takes more than %d MB of memory", maxMemory>>20),
		ResultSize:  fmt.Sprintf("the result of the jq program has more than %d values or %d KB of text", maxResultNodes, maxResultBytes>>10),
		SourceSize:  fmt.Sprintf("the jq program is longer than %d bytes, or all of the form's together than %d KB", maxProgramBytes, maxBatchBytes>>10),
		InputSize:   fmt.Sprintf("the values that the jq program reads have more than %d KB", maxInputBytes>>10),
		Syntax:      "the jq program does not compile",
		Unsupported: "the jq program uses a regular expression that Foghorn does not support",
		Total:       fmt.Sprintf("the form's jq programs together take more than %d ms", batchCPU.Milliseconds()),
		Unavailable: "no process is available that evaluates jq programs",
	}[p.Cost]
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}

// A Result is what became of a program. Without a Problem, the value is that of the program: null
// if it failed or had no output, a list if it had several. https://github.com/port-labs/jq-wasm
type Result struct {
	Value   any // of the types of encoding/json
	Problem *Problem
}

var shared = newEvaluator(maxWorkers)

// Evaluate evaluates the programs with one input. The results are in the order of the programs. It
// returns after at most 200 ms, plus a second if all workers are busy and one to start the first; the
// end of ctx shortens the first two.
func Evaluate(ctx context.Context, input any, programs []string) []Result {
	return shared.evaluate(ctx, input, programs)
}
