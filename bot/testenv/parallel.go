package testenv

import (
	"flag"
	"testing"
)

// ParallelTests are the tests of a package, of which Count run at a time unless -parallel says otherwise. It is for tests
// that wait more than they compute.
type ParallelTests struct {
	*testing.M
	Count string
}

// Run runs the tests and returns the exit code.
func (p ParallelTests) Run() int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", p.Count); err != nil {
			panic(err)
		}
	}
	return p.M.Run()
}
