package bot_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs eight tests at a time unless -parallel says otherwise: the tests wait more
// than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
