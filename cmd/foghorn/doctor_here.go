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

	"foghorn/bot"
)

const (
	leastFree = 512 << 20 // bytes that a store should have room for
	mostSkew  = 30 * time.Second
)

func examineHere(ctx context.Context, cfg Config) []finding {
	w := &ward{group: "Here"}
	if cfg.NATSURL != "" {
		w.cluster(ctx, cfg.NATSURL)
	} else {
		w.store(cfg.StateDir)
	}
	w.clock(ctx, cfg.PortBaseURL)
	return w.found
}

func (w *ward) cluster(ctx context.Context, url string) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := bot.CheckCluster(ctx, url); err != nil {
		w.fail("store", err.Error(), "the cluster must be up, with JetStream, and let this machine in")
		return
	}
	w.ok("store", "JetStream answers")
}

// store looks whether the directory can be written. A lock is a sign of a bot at work.
func (w *ward) store(dir string) {
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
			w.disk(dir)
			return
		}
	}
	w.ok("store", "can be written")
	w.disk(dir)
}

func (w *ward) disk(dir string) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		w.warn("disk", err.Error(), "look at the disk of STATE_DIR")
		return
	}
	if free := s.Bavail * uint64(s.Bsize); free < leastFree {
		w.warn("disk", fmt.Sprintf("%d MiB are free for STATE_DIR", free>>20), "make room: a full disk refuses new incidents")
		return
	}
	w.ok("disk", "there is room")
}

// clock compares this machine's with Port's: signatures and look-ups go by it.
func (w *ward) clock(ctx context.Context, url string) {
	ctx, cancel := bounded(ctx)
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
	if off := time.Since(there).Round(time.Second); off > mostSkew || off < -mostSkew {
		w.fail("clock", fmt.Sprintf("it is %v off Port's", off), "let the machine keep its time by NTP")
		return
	}
	w.ok("clock", "agrees with Port's")
}
