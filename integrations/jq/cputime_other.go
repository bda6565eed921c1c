//go:build !unix

package jq

import "time"

var started = time.Now()

// cpuTime returns the time since the start of this process, in place of its CPU time.
func cpuTime() time.Duration { return time.Since(started) }
