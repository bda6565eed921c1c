//go:build unix

package bot_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"foghorn/bot/store"
	"foghorn/bot/testenv"
)

// A disk can be filled and freed by a test.
type disk struct{ fill, free func() error }

// limitFileSize makes every write of this process to a file fail. It needs no permissions, and runs in
// a child process, so that it does not affect other tests.
func limitFileSize(t *testing.T) disk {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	free := func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(func() { _ = free() })
	return disk{free: free, fill: func() error {
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 0, Max: before.Max})
	}}
}

// onFullDisks runs a test on each kind of disk.
func onFullDisks(t *testing.T, test func(*testing.T, *testenv.Env, disk)) {
	t.Run("limited", func(t *testing.T) {
		if os.Getenv(childVariable) == "" {
			runAlone(t)
			return
		}
		e := testenv.New(t)
		test(t, e, limitFileSize(t))
	})
	t.Run("small", func(t *testing.T) {
		e := testenv.New(t)
		test(t, e, mountSmallDisk(t, e.StateDir))
	})
}

const childVariable = "FOGHORN_TEST_CHILD"

// runAlone runs the test in a child process.
func runAlone(t *testing.T) {
	pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+pattern, "-test.v")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// mountSmallDisk mounts a file system of a few megabytes on dir. Only root can.
func mountSmallDisk(t *testing.T, dir string) disk {
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	filler := filepath.Join(dir, "filler")
	return disk{free: func() error { return os.Remove(filler) }, fill: func() error {
		err := os.WriteFile(filler, make([]byte, 8<<20), 0o600)
		if !errors.Is(err, syscall.ENOSPC) {
			return errors.Join(errors.New("the disk is not full"), err)
		}
		return nil
	}}
}

// TestStore_DiskFull fills the disk of a running bot. Nothing is acked that is not stored; the
// bot reports the problem and keeps running. When there is free space it ends, so that a supervisor restarts it.
func TestStore_DiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	onFullDisks(t, func(t *testing.T, e *testenv.Env, d disk) {
		e.Start()
		e.Declare(testenv.Alice, testenv.General, "before", "Major", "public")
		e.ExpectMessage(testenv.General, "before")
		e.WaitIdle()
		form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
		// It does not fit into the last page of the file system.
		long := strings.Repeat("€", 3000)
		e.Fill(form, "Name", "meanwhile", "Description", long, "Severity", "Major", "Visibility", "public")

		if err := d.fill(); err != nil {
			t.Fatal(err)
		}
		e.ExpectNotSaved(form)
		e.WaitFor("the bot knows that its disk is full", func() bool { return strings.Contains(e.Bot.NotReady(t.Context())["store"], "STATE_DIR") })
		e.ExpectNotSaved(form)
		if e.Bot.NotReady(t.Context())["slack"] != "" {
			t.Error("the bot is no longer connected")
		}
		if v, err := form.Value("Description"); err != nil || len(v) != 1 || v[0] != long {
			t.Errorf("the input is lost: %v", err)
		}

		if err := d.free(); err != nil {
			t.Fatal(err)
		}
		e.WaitFor("the bot ends", func() bool { return e.Bot.NotReady(t.Context())["slack"] != "" })
		if err := e.Stop(); err == nil || !strings.Contains(err.Error(), "STATE_DIR") {
			t.Errorf("the bot ended with %v", err)
		}
		e.Start()
		e.Submit(form)
		e.ExpectMessage(testenv.General, "meanwhile")
		e.WaitIdle()
		if runs, messages := e.Port.Runs(), e.Slack.Messages(testenv.General); len(runs) != 2 || len(messages) != 2 {
			t.Errorf("%d runs, %v", len(runs), testenv.MessageTexts(messages))
		}
	})
}

// TestStore_DiskFullAtStart checks that a full disk is reported before anything is changed.
func TestStore_DiskFullAtStart(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	onFullDisks(t, func(t *testing.T, e *testenv.Env, d disk) {
		e.RequireApproval()
		e.Start()
		e.Declare(testenv.Alice, testenv.General, "kept", "Major", "public")
		e.ExpectMessage(testenv.Alice, "approv")
		if err := e.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := d.fill(); err != nil {
			t.Fatal(err)
		}
		if err := e.RunBot(e.StateDir); err == nil || !strings.Contains(err.Error(), "STATE_DIR "+e.StateDir) || errors.Is(err, store.ErrUnusable) {
			t.Errorf("a full disk gives %v", err)
		}
		if err := d.free(); err != nil {
			t.Fatal(err)
		}
		e.Start()
		if err := e.Port.Approve(e.Context(), e.Port.Runs()[0].ID); err != nil {
			t.Fatal(err)
		}
		e.ExpectMessage(testenv.General, "kept")
	})
}

func TestStore_UnusableDirectory(t *testing.T) {
	e := testenv.New(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{"below a file": filepath.Join(file, "state")}
	if os.Getuid() == 0 {
		dirs["of the kernel"] = "/proc/self"
	} else {
		readOnly := t.TempDir()
		if err := os.Chmod(readOnly, 0o500); err != nil {
			t.Fatal(err)
		}
		dirs["read-only"] = readOnly
	}
	for name, dir := range dirs {
		if err := e.RunBot(dir); !errors.Is(err, store.ErrUnusable) || !strings.Contains(err.Error(), "STATE_DIR") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
