package jq

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

const noAnswer = "the machine is busy"

// An evaluator owns worker processes and remembers which programs were too expensive.
type evaluator struct {
	pool      pool
	expensive expensive
}

func newEvaluator(workers int) *evaluator {
	return &evaluator{pool: pool{free: make(chan struct{}, workers)}}
}

// A batch is one call of evaluate.
type batch struct {
	input    []byte // JSON
	programs []string
	results  []Result
	pending  []int // indices of the programs without a result, in order
	limits   *Limits
	mode     mode
}

func (e *evaluator) evaluate(ctx context.Context, m mode, l *Limits, input any, programs []string) []Result {
	data, err := json.Marshal(input)
	b := &batch{input: data, programs: programs, limits: l, mode: m}
	e.admit(b, err == nil && len(data) <= maxInputBytes)
	e.run(ctx, b)
	return b.results
}

// run evaluates the pending programs of a batch.
func (e *evaluator) run(ctx context.Context, b *batch) {
	admitted := b.pending
	ended := 0 // workers in sequence that ended before they had begun, which says nothing about the programs
	for len(b.pending) > 0 && ended < 2 {
		if ctx.Err() != nil {
			b.fail(Busy, "the caller did not wait for it")
			break
		}
		if b.limits.used >= batchCPU {
			b.fail(Total, "")
			break
		}
		if !b.limits.deadline.IsZero() && !time.Now().Before(b.limits.deadline) {
			b.fail(Busy, noAnswer)
			break
		}
		w, err := e.pool.take(ctx)
		if errors.Is(err, errBusy) {
			b.fail(Busy, err.Error())
			break
		}
		if err != nil {
			b.fail(Unavailable, err.Error())
			break
		}
		o := w.run(b)
		e.pool.release(w)
		if ended++; o.began {
			ended = 0
			b.settle(o)
		}
	}
	b.fail(Unavailable, "the process ended")
	for _, i := range admitted {
		if p := b.results[i].Problem; p != nil && (p.Cost == Time || p.Cost == Memory) {
			e.expensive.add(p, b.input)
			b.limits.expensive = append(b.limits.expensive, p)
		}
	}
}

// find returns the problem of a program that was too expensive before.
func (l *Limits) find(program string) *Problem {
	for _, p := range l.expensive {
		if p.Program == program {
			return p
		}
	}
	return nil
}

// admit decides which programs are evaluated.
func (e *evaluator) admit(b *batch, validInput bool) {
	b.results = make([]Result, len(b.programs))
	size := 0
	for i, program := range b.programs {
		switch {
		case len(program) > maxProgramBytes || size+len(program) > maxBatchBytes:
			b.results[i].Problem = &Problem{Program: program, Cost: SourceSize}
		case !validInput:
			b.results[i].Problem = &Problem{Program: program, Cost: InputSize}
		default:
			if b.results[i].Problem = b.limits.find(program); b.results[i].Problem == nil {
				b.results[i].Problem = e.expensive.find(program, b.input)
			}
			if b.results[i].Problem == nil {
				size += len(program)
				b.pending = append(b.pending, i)
			}
		}
	}
}

// settle gives the program that ended its worker a problem, and those that are equal to it.
func (b *batch) settle(o outcome) {
	b.limits.used += o.used
	switch {
	case len(b.pending) == 0 || o.cost == "":
		return
	case o.cost == Total:
		b.fail(Total, "")
		return
	case o.cost == Busy:
		b.fail(Busy, noAnswer)
		return
	}
	p := &Problem{Program: b.programs[b.pending[0]], Cost: o.cost}
	b.pending = slices.DeleteFunc(slices.Clone(b.pending), func(i int) bool {
		same := b.programs[i] == p.Program
		if same {
			b.results[i].Problem = p
		}
		return same
	})
}

// fail gives all pending programs a problem.
func (b *batch) fail(cost Cost, detail string) {
	for _, i := range b.pending {
		b.results[i].Problem = &Problem{Program: b.programs[i], Cost: cost, Detail: detail}
	}
	b.pending = nil
}
