package main

import (
	"strings"
	"testing"
)

func TestDemo_Script(t *testing.T) {
	t.Parallel()
	o := runCommand(t, nil, "demo", "--script")
	if o.code != 0 {
		t.Fatalf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
	for _, step := range []string{
		"command", "[Name, Description, Severity, Visibility]", "submission", "run ", "webhook", "incident", "automation", "entity", "message",
	} {
		if !strings.Contains(o.stdout, step) {
			t.Errorf("the output has no step %q:\n%s", step, o.stdout)
		}
	}
}
