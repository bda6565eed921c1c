//go:build !race

package modal_test

// racing says that the race detector makes everything slower.
const racing = false
