//go:build !linux

package jq

// limitMemory does nothing: the watchdog limits the memory.
func limitMemory() {}
