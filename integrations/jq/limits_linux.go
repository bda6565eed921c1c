package jq

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// arenaBytes is the unit in which Go's runtime reserves addresses.
const arenaBytes = 64 << 20

// limitMemory limits the private memory of this process to maxMemory on top of what it has. The
// kernel lets the last mapping exceed that limit by any size, so the addresses are limited too, to
// one more arena. It makes the process the first one that the kernel ends when a container has too
// little memory.
func limitMemory() {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	statm, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm) // in pages
	if err != nil || len(fields) < 6 {
		return // the watchdog remains
	}
	setLimit(syscall.RLIMIT_AS, fields[0], arenaBytes+arenaBytes/8)
	setLimit(syscall.RLIMIT_DATA, fields[5], maxMemory)
}

func setLimit(resource int, pages []byte, more uint64) {
	n, err := strconv.ParseUint(string(pages), 10, 64)
	if err != nil {
		return
	}
	limit := n*uint64(os.Getpagesize()) + more
	_ = syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit})
}
