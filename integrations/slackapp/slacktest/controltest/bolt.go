package controltest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// NoSkip is the environment variable with which a missing tool is a failure.
const NoSkip = "FOGHORN_NO_SKIP"

// minNodeVersion is the oldest major version of node that Bolt 5 runs on.
const minNodeVersion = 20

// RunBolt runs the app.js of a directory with node until the test ends, with the address and
// the tokens that the door gives in its environment. Without node, with one that is too old, or
// without the directory's node_modules the test is skipped, or fails where NoSkip is set.
func (d *Client) RunBolt(dir string) {
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
	space := d.Get("")
	env := func(name, key string) string {
		value, _ := space[key].(string)
		return name + "=" + value
	}
	app := exec.Command(node, "app.js")
	app.Dir = dir
	app.Env = append(os.Environ(), env("SLACK_API_URL", "api_url"), env("SLACK_BOT_TOKEN", "bot_token"), env("SLACK_APP_TOKEN", "app_token"))
	var said bytes.Buffer
	app.Stdout, app.Stderr = &said, &said
	if err := app.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = app.Process.Kill()
		_ = app.Wait() // it was killed
		if d.t.Failed() {
			d.t.Logf("the app says\n%s", said.String())
		}
	})
}

// SkipMissingTool skips a test that a tool or its packages is missing for, or fails it where NoSkip is set.
func SkipMissingTool(t *testing.T, what string) {
	t.Helper()
	if os.Getenv(NoSkip) != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
