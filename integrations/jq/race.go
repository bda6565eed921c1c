//go:build race

package jq

// raceFactor raises the limits of time: the race detector makes programs slower.
const raceFactor = 10
