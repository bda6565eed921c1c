package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"foghorn/bot/testenv"
	"foghorn/integrations/port/porttest"
)

// TestMain lets the test binary run as other programs: as foghorn for testscript, as the baseline of the benchmarks,
// and as a NATS server for the tests of a cluster.
//
// The tests do not depend on whether they run in a container.
func TestMain(m *testing.M) {
	rootDir = filepath.Join(os.TempDir(), "no such directory")
	testscript.Main(testenv.ParallelTests{M: m, Count: "6"}, map[string]func(){"foghorn": main, "baseline": runBaseline, "natsnode": runNode})
}

// TestScript runs the scripts in testdata/script.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			example, err := filepath.Abs(filepath.Join(repoRoot, ".env.example"))
			env.Setenv("EXAMPLE", example)
			env.Setenv("MANIFEST", filepath.Join(filepath.Dir(example), "slack-app.yaml"))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": expectExit, "port": startPort},
	})
}

// expectExit runs a command and checks its exit code: exits CODE PROGRAM [ARGUMENT...].
func expectExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	code, err := 0, ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("run %s: %v", args[1], err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// startPort starts an emulated Port with the actions of a file, and sets the variables that lead to it. Each action of the
// list can have a member "execute", which is who may run it: port FILE.
func startPort(ts *testscript.TestScript, _ bool, args []string) {
	s, err := porttest.Start(porttest.Config{})
	ts.Check(err)
	ts.Defer(s.Close)
	var actions []map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &actions))
	for _, a := range actions {
		var id string
		ts.Check(json.Unmarshal(a["identifier"], &id))
		execute := a["execute"]
		delete(a, "execute")
		definition, err := json.Marshal(a)
		ts.Check(errors.Join(err, s.PutAction(definition)))
		if execute != nil {
			ts.Check(s.SetExecutePermissions(id, string(execute)))
		}
	}
	ts.Setenv("PORT_BASE_URL", s.URL())
	ts.Setenv("PORT_CLIENT_ID", s.ClientID)
	ts.Setenv("PORT_CLIENT_SECRET", s.ClientSecret)
}
