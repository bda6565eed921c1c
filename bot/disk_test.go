//go:build unix

package bot_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot"
	"foghorn/integrations/slackapp/slacktest"
)

// A disk is one that a test can fill and give room again.
type disk struct{ fill, free func() error }

// limited makes every write to a file fail, of the whole process: anybody can do that. The
// tests of this file must not be parallel to others.
func limited(t *testing.T, _ string) disk {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
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

// small mounts a file system of a few megabytes on dir. Only root can.
func small(t *testing.T, dir string) disk {
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

// TestAFullDisk fills the disk under a bot at work. Nothing is acked that is not kept; the
// bot says what is wrong and lives on, and ends when there is room, so that it is started again.
func TestAFullDisk(t *testing.T) {
	for name, of := range map[string]func(*testing.T, string) disk{"limited": limited, "small": small} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			d := of(t, h.dir)
			h.start()
			h.declares(alice, general, "before", "Major", "public")
			h.shows(general, "before")
			h.settled()
			form := h.opens(alice, general, "/incident")
			// It is longer than what is left of a page of the file system.
			long := strings.Repeat("€", 3000)
			h.fill(form, "Name", "meanwhile", "Description", long, "Severity", "Major", "Visibility", "public")

			if err := d.fill(); err != nil {
				t.Fatal(err)
			}
			h.refuses(form)
			h.comes("the bot knows that its disk is full", func() bool { return strings.Contains(h.bot.Unready()["store"], "STATE_DIR") })
			h.refuses(form)
			if h.bot.Unready()["slack"] != "" {
				t.Error("the bot does not listen any more")
			}
			if v, err := form.Value("Description"); err != nil || len(v) != 1 || v[0] != long {
				t.Errorf("what was typed is lost: %v", err)
			}

			if err := d.free(); err != nil {
				t.Fatal(err)
			}
			h.comes("the bot ends", func() bool { return h.bot.Unready()["slack"] != "" })
			if err := h.stop(); err == nil || !strings.Contains(err.Error(), "STATE_DIR") {
				t.Errorf("the bot ended with %v", err)
			}
			h.start()
			h.submits(form)
			h.shows(general, "meanwhile")
			h.settled()
			if runs, messages := h.port.Runs(), h.slack.Messages(general); len(runs) != 2 || len(messages) != 2 {
				t.Errorf("%d runs, %v", len(runs), texts(messages))
			}
		})
	}
}

// TestADiskThatIsFullAtTheStart is refused before anything is touched.
func TestADiskThatIsFullAtTheStart(t *testing.T) {
	for name, of := range map[string]func(*testing.T, string) disk{"limited": limited, "small": small} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			d := of(t, h.dir)
			h.approval()
			h.start()
			h.declares(alice, general, "kept", "Major", "public")
			h.shows(alice, "approv")
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
			if err := d.fill(); err != nil {
				t.Fatal(err)
			}
			if err := h.opensBot(h.dir); err == nil || !strings.Contains(err.Error(), "STATE_DIR "+h.dir) || errors.Is(err, bot.ErrStateUnusable) {
				t.Errorf("a full disk gives %v", err)
			}
			if err := d.free(); err != nil {
				t.Fatal(err)
			}
			h.start()
			if err := h.port.Approve(h.soon(), h.port.Runs()[0].ID); err != nil {
				t.Fatal(err)
			}
			h.shows(general, "kept")
		})
	}
}

func TestStateDirectoriesThatCannotBe(t *testing.T) {
	h := newHouse(t)
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
		if err := h.opensBot(dir); !errors.Is(err, bot.ErrStateUnusable) || !strings.Contains(err.Error(), "STATE_DIR") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// opensBot opens a bot that is never run, and closes it.
func (h *house) opensBot(dir string) error {
	log := logrus.New()
	log.SetOutput(io.Discard)
	b, err := bot.Open(h.t.Context(), bot.Config{Action: "a", Command: "/incident", StateDir: dir, Log: logrus.NewEntry(log)}, nil, nil)
	if err == nil {
		b.Close()
	}
	return err
}

// refuses presses the button, which must say that nothing could be saved.
func (h *house) refuses(m *slacktest.Modal) {
	h.t.Helper()
	r, err := m.Submit(h.soon())
	if err != nil || r.Closed || !strings.Contains(fmt.Sprint(r.Errors), "could not be saved") {
		h.t.Fatalf("a submission that cannot be kept gets %+v, %v", r, err)
	}
}

// comes waits for something that no event tells of.
func (h *house) comes(what string, is func() bool) {
	h.t.Helper()
	for deadline := h.soon(); !is(); {
		if !sleeps(deadline) {
			h.t.Fatalf("never: %s", what)
		}
	}
}

func sleeps(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}
