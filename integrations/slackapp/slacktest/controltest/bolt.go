package controltest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// NoSkip is the environment variable that makes a missing tool a failure.
const NoSkip = "FOGHORN_NO_SKIP"

// minNodeVersion is the oldest major version of Node that Bolt 5 supports.
const minNodeVersion = 20

// RunBolt runs app.js in a directory with Node until the test ends. If Node or node_modules is missing, or Node is too
// old, the test is skipped, or fails if NoSkip is set.
func (d *Client) RunBolt(dir string) {
	d.t.Helper()
	app := d.newNode(dir, "app.js")
	var output bytes.Buffer
	app.Stdout, app.Stderr = &output, &output
	if err := app.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = app.Process.Kill()
		_ = app.Wait() // fails: it was killed
		if d.t.Failed() {
			d.t.Logf("output of the app:\n%s", output.String())
		}
	})
}

// RunNode runs a script like RunBolt until it ends, and returns its output.
func (d *Client) RunNode(dir, script string) string {
	d.t.Helper()
	app := d.newNode(dir, script)
	var failure bytes.Buffer
	app.Stderr = &failure
	output, err := app.Output()
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", script, err, failure.String())
	}
	return string(output)
}

// newNode returns a command that runs a script. Its environment has the addresses and the tokens of the emulator.
func (d *Client) newNode(dir, script string) *exec.Cmd {
	d.t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		SkipMissingTool(d.t, "node is not installed")
	}
	version, err := exec.Command(node, "--version").Output() // v20.20.2
	major := 0
	if _, scan := fmt.Sscanf(string(version), "v%d.", &major); err != nil || scan != nil || major < minNodeVersion {
		SkipMissingTool(d.t, fmt.Sprintf("node %d or later is needed, not %s", minNodeVersion, bytes.TrimSpace(version)))
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@slack", "bolt")); err != nil {
		SkipMissingTool(d.t, "run npm ci in "+dir+"; .ci/run does")
	}
	app := exec.CommandContext(d.t.Context(), node, script)
	app.Dir, app.Env = dir, append(os.Environ(), "SLACK_CONTROL_URL="+d.base)
	workspace := d.Get("")
	for name, key := range map[string]string{"SLACK_API_URL": "api_url", "SLACK_BOT_TOKEN": "bot_token", "SLACK_APP_TOKEN": "app_token"} {
		app.Env = append(app.Env, name+"="+fmt.Sprint(workspace[key]))
	}
	return app
}

// SkipMissingTool skips a test because a tool is missing, or fails it if NoSkip is set.
func SkipMissingTool(t *testing.T, what string) {
	t.Helper()
	if os.Getenv(NoSkip) != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
