//go:build !race

package modal_test

// raceEnabled says that the race detector makes everything slower.
const raceEnabled = false
