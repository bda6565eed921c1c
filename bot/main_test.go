package bot_test

import (
	"os"
	"testing"

	"foghorn/bot/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.ParallelTests{M: m, Count: "8"}.Run()) }
