package jq

import (
	"hash/maphash"
	"sync"
	"time"
)

// How long an expensive program is remembered.
const (
	rememberInput    = 10 * time.Minute // that it is expensive for one input
	rememberProgram  = time.Minute      // that it is expensive for several inputs, and so skipped for all
	severalInputs    = 3                // within rememberProgram
	maxRemembered    = 1000             // programs
	maxInputsOfEntry = 32               // inputs of one program
)

// expensive remembers which programs were too expensive for which input, so that they do not end a
// worker each time. The zero value is ready to use.
type expensive struct {
	mu       sync.Mutex
	programs map[uint64]*expensiveProgram
}

type expensiveProgram struct {
	problem      *Problem
	inputs       map[uint64]time.Time // when it was expensive
	skippedUntil time.Time            // for all inputs
}

var seed = maphash.MakeSeed()

// find returns the problem of a program; nil: it is worth a try.
func (e *expensive) find(program string, input []byte) *Problem {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.programs) == 0 {
		return nil
	}
	p := e.programs[maphash.String(seed, program)]
	if p == nil {
		return nil
	}
	now := time.Now()
	at, seen := p.inputs[maphash.Bytes(seed, input)]
	if now.Before(p.skippedUntil) || seen && now.Sub(at) < rememberInput {
		return p.problem
	}
	return nil
}

func (e *expensive) add(problem *Problem, input []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.programs == nil || len(e.programs) >= maxRemembered {
		e.programs = map[uint64]*expensiveProgram{} // the rest costs one more try each
	}
	key := maphash.String(seed, problem.Program)
	p := e.programs[key]
	if p == nil || len(p.inputs) >= maxInputsOfEntry {
		p = &expensiveProgram{inputs: map[uint64]time.Time{}}
		e.programs[key] = p
	}
	now := time.Now()
	p.problem, p.inputs[maphash.Bytes(seed, input)] = problem, now
	recent := 0
	for _, at := range p.inputs {
		if now.Sub(at) < rememberProgram {
			recent++
		}
	}
	if recent >= severalInputs {
		p.skippedUntil = now.Add(rememberProgram)
	}
}
