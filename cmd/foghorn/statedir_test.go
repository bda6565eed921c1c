package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foghorn/bot/store"
)

const mountinfo = `21 1 0:19 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l
22 21 8:1 /var/lib/docker/volumes/state/_data /state rw,relatime - ext4 /dev/sda1 rw
23 21 8:1 /var/lib/docker/volumes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/_data /anonymous rw - ext4 /dev/sda1 rw
24 21 0:40 / /dev/shm rw,nosuid - tmpfs shm rw,size=65536k
25 21 8:1 /var/lib/kubelet/pods/1-2/volumes/kubernetes.io~empty-dir/state /scratch rw - ext4 /dev/sda1 rw
26 21 8:1 /srv/a\040b /a\040b rw - xfs /dev/sdb1 rw
27 24 8:1 /srv/kept /dev/shm/kept rw - xfs /dev/sdb1 rw
28 21 0:41 / /hidden rw - tmpfs none rw
29 28 8:1 /srv/hidden /hidden rw - ext4 /dev/sda1 rw
nonsense
30 21 - -
`

func TestStateDir_LossReason(t *testing.T) {
	for dir, want := range map[string]string{
		"/state": "", "/state/foghorn": "", "/a b/c": "", "/dev/shm/kept/x": "", "/hidden": "",
		"/": "container's own file system (overlay)", "/stateful": "container's own", "/home/foghorn/state": "container's own",
		"/anonymous": "anonymous volume", "/dev/shm/foghorn": "in memory (tmpfs)", "/scratch/x": "emptyDir",
	} {
		if reason := findMount(mountinfo, dir).lossReason(); !strings.Contains(reason, want) || (reason == "") != (want == "") {
			t.Errorf("%s: %q, want %q", dir, reason, want)
		}
	}
	for _, text := range []string{"", strings.Replace(mountinfo, "overlay", "ext4", 1)} { // not Linux; no container
		if reason := findMount(text, "/home/foghorn/state").lossReason(); reason != "" {
			t.Error(reason)
		}
	}
}

// simulateContainer makes this process seem to run in a container.
func simulateContainer(t *testing.T, mark, mountinfo string) {
	t.Helper()
	root, before := t.TempDir(), rootDir
	for name, text := range map[string]string{mark: "", "proc/self/mountinfo": mountinfo} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rootDir = root
	t.Cleanup(func() { rootDir = before })
}

func TestStateDir_RelativeInContainer(t *testing.T) {
	for _, mark := range []string{".dockerenv", "run/.containerenv"} {
		simulateContainer(t, mark, "")
		if w := checkStateDir(Config{StateDir: "state"}); w == nil || !strings.Contains(w.Problem, "relative") {
			t.Errorf("%s: %v", mark, w)
		}
		for _, cfg := range []Config{{StateDir: t.TempDir()}, {StateDir: "state", Cluster: store.Cluster{URL: "nats://a"}}} {
			if w := checkStateDir(cfg); w != nil {
				t.Errorf("%s: %v", mark, w)
			}
		}
	}
}

// TestStateDir_Reported has doctor and serve report a store that is lost with its container.
func TestStateDir_Reported(t *testing.T) {
	e := newAppliedEnvironment(t)
	simulateContainer(t, ".dockerenv", mountinfo)
	problems, o := runDoctor(t, e.doctorSettings())
	if len(problems) != 1 || problems[0] != "Local: store" || o.code != 0 || !strings.Contains(o.stdout, "lost when the container is removed") {
		t.Errorf("exit %d, %v:\n%s", o.code, problems, o.stdout)
	}
	settings := e.botSettings("SLACK_BOT_TOKEN", "xoxb-wrong", "STATE_DIR", ` "`+e.stateDir+`" # a volume`)
	if o := runCommand(t, settings, "serve"); o.code != exitUsage || strings.Count(o.stderr, "level=warning") != 2 ||
		!strings.Contains(o.stderr, "STATE_DIR is in the container's own file system") || !strings.Contains(o.stderr, "STATE_DIR has spaces, quotes or a comment") {
		t.Errorf("exit %d:\n%s", o.code, o.stderr)
	}
}
