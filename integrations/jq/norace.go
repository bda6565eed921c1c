//go:build !race

package jq

const raceFactor = 1
