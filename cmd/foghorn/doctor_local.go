package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/store"
	"foghorn/bot/workflow"
)

const (
	minFreeBytes = 512 << 20 // below this the disk of the store is a warning

	maxClockSkew = workflow.MaxClockSkew // searches by time depend on the clock
)

func checkLocal(ctx context.Context, cfg Config) []finding {
	c := &checks{group: "Local"}
	for _, w := range cfg.Warnings {
		c.warn("settings", w.Name+" "+w.Problem, w.Hint)
	}
	c.checkProxies(cfg)
	if cfg.Cluster.URL != "" {
		c.checkCluster(ctx, cfg)
	} else {
		c.checkStore(cfg)
		c.checkRequests(ctx, cfg)
	}
	c.checkClock(ctx, cfg.PortBaseURL)
	return c.findings
}

func (c *checks) checkCluster(ctx context.Context, cfg Config) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	log := logrus.New()
	log.SetOutput(io.Discard)
	if err := store.CheckCluster(ctx, cfg.Cluster, logrus.NewEntry(log)); err != nil {
		c.fail("store", err.Error(), cmp.Or(store.ClusterHint(err), "start the cluster, and check the address in NATS_URL"))
		return
	}
	c.ok("store", "JetStream at NATS_URL stores messages and returns them")
	c.checkRequests(ctx, cfg)
}

// checkStore checks that the directory, or the one in which serve would create it, is writable, with a temporary file. A
// locked directory is used by a running bot.
func (c *checks) checkStore(cfg Config) {
	dir, text := cfg.StateDir, "STATE_DIR is writable"
	for _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
		dir = filepath.Dir(filepath.Clean(dir))
		text = "STATE_DIR does not exist; " + dir + " is writable, where serve creates it"
	}
	probe, err := os.CreateTemp(dir, ".foghorn-doctor-")
	if err != nil {
		c.fail("store", "STATE_DIR is not writable: "+err.Error(), "give the bot's user write permission, or use another directory")
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	if dir == cfg.StateDir && store.IsInUse(dir) {
		text += ", in use by a running foghorn"
	}
	if w := checkStateDir(cfg); w != nil {
		c.warn("store", text+"; it "+w.Problem, w.Hint)
	} else {
		c.ok("store", text)
	}
	c.checkDisk(dir)
}

func (c *checks) checkDisk(dir string) {
	free, err := freeBytes(dir)
	if err != nil {
		c.warn("disk", err.Error(), "check the disk of STATE_DIR")
		return
	}
	if free < minFreeBytes {
		c.warn("disk", fmt.Sprintf("%d MB free for STATE_DIR", free/1e6), "free some space: if the disk is full, submissions are rejected")
		return
	}
	c.ok("disk", fmt.Sprintf("%.0f GB free", float64(free)/1e9))
}

// checkProxies lists the proxies through which the services are called.
func (c *checks) checkProxies(cfg Config) {
	var texts []string
	for _, address := range []string{cfg.SlackAPIURL, cfg.PortBaseURL, cfg.IncidentIOBaseURL} {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		if through, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && through != nil {
			texts = append(texts, fmt.Sprintf("%s through %s://%s", u.Host, through.Scheme, through.Host))
		}
	}
	if len(texts) > 0 {
		c.ok("proxy", strings.Join(texts, ", "))
	}
}

// checkClock compares the clock with the Date header of Port. If Port does not respond, the group Port reports it.
func (c *checks) checkClock(ctx context.Context, url string) {
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return
	}
	_ = res.Body.Close()
	portTime, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return
	}
	skew := time.Since(portTime).Round(time.Second)
	if skew > maxClockSkew || skew < -maxClockSkew {
		c.fail("clock", fmt.Sprintf("differs from Port's by %v", skew), "synchronize the clock of this machine with NTP")
		return
	}
	c.ok("clock", fmt.Sprintf("within %v of Port's", maxClockSkew))
}
