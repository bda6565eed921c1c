package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"foghorn/bot/store"
)

const (
	minFreeBytes = 512 << 20 // bytes that a store should have room for
	maxClockSkew = 30 * time.Second
)

func checkLocal(ctx context.Context, cfg Config) []finding {
	w := &checks{group: "Here"}
	if cfg.NATSURL != "" {
		w.checkCluster(ctx, cfg.NATSURL)
	} else {
		w.checkStore(cfg.StateDir)
	}
	w.checkClock(ctx, cfg.PortBaseURL)
	return w.findings
}

func (w *checks) checkCluster(ctx context.Context, url string) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	if err := store.CheckCluster(ctx, url); err != nil {
		w.fail("store", err.Error(), "the cluster must be up, with JetStream, and let this machine in")
		return
	}
	w.ok("store", "JetStream answers")
}

// checkStore looks whether the directory can be written. A lock is a sign of a bot at work.
func (w *checks) checkStore(dir string) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		dir = filepath.Dir(filepath.Clean(dir)) // serve makes it
	}
	probe, err := os.CreateTemp(dir, ".foghorn-doctor-")
	if err != nil {
		w.fail("store", "STATE_DIR cannot be written: "+err.Error(), "give the bot's user the right to write there, or name another directory")
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	if _, err := os.Stat(filepath.Join(dir, "lock")); err == nil {
		lock := flock.New(filepath.Join(dir, "lock"))
		free, err := lock.TryRLock()
		_ = lock.Unlock()
		if err == nil && !free {
			w.ok("store", "a foghorn is at work on it")
			w.checkDisk(dir)
			return
		}
	}
	w.ok("store", "can be written")
	w.checkDisk(dir)
}

func (w *checks) checkDisk(dir string) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		w.warn("disk", err.Error(), "look at the disk of STATE_DIR")
		return
	}
	if free := s.Bavail * uint64(s.Bsize); free < minFreeBytes {
		w.warn("disk", fmt.Sprintf("%d MiB are free for STATE_DIR", free>>20), "make room: a full disk refuses new incidents")
		return
	}
	w.ok("disk", "there is room")
}

// checkClock compares this machine's with Port's: signatures and look-ups go by it.
func (w *checks) checkClock(ctx context.Context, url string) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return // loadConfig has checked the address
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return // Port's own group says that it does not answer
	}
	_ = res.Body.Close()
	there, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return
	}
	if off := time.Since(there).Round(time.Second); off > maxClockSkew || off < -maxClockSkew {
		w.fail("clock", fmt.Sprintf("it is %v off Port's", off), "let the machine keep its time by NTP")
		return
	}
	w.ok("clock", "agrees with Port's")
}
