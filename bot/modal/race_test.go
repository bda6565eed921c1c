//go:build race

package modal_test

const racing = true
