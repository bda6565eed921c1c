package bot_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs more tests at a time than there are cores: they wait more than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
