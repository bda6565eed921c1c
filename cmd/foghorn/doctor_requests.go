package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foghorn/bot/request"
	"foghorn/bot/store"
)

// stuckAfter is how long a request may be at a stage that usually takes seconds.
const stuckAfter = 15 * time.Minute

// checkRequests checks that no request is stuck. It reads the store of a running bot only: to open another one takes its
// lock, which a bot that starts needs.
func (c *checks) checkRequests(ctx context.Context, cfg Config) {
	if cfg.Cluster.URL == "" && !store.IsInUse(cfg.StateDir) {
		return
	}
	ctx, cancel := withCheckTimeout(ctx)
	defer cancel()
	records, err := openRecords(ctx, cfg)
	if _, invalid := errors.AsType[*SettingError](err); invalid { // another check reports it, or no bot has started yet
		return
	}
	var open []store.Record
	if err == nil {
		defer records.Close()
		open, err = records.Open(ctx)
	}
	if err != nil {
		c.warn("requests", "cannot be read: "+err.Error(), "try again in a moment; the log of the bot says whether its control socket is open")
		return
	}
	stuck := 0
	for _, r := range open {
		if isStuck(r, time.Now()) {
			stuck++
		}
	}
	if stuck > 0 {
		c.warn("requests", fmt.Sprintf("%s for more than %v", pluralize(stuck, "request")+" stuck", stuckAfter), "foghorn requests list --open shows them, foghorn requests show ID why")
		return
	}
	c.ok("requests", "none is stuck")
}

// isStuck reports that a request is too long at a stage. A run may take days.
func isStuck(r store.Record, now time.Time) bool {
	if r.Unsupported != "" {
		return false
	}
	switch r.Stage {
	case request.Accepted, request.CreatingRun:
		return now.Sub(r.CreatedAt) > stuckAfter
	case request.Notifying:
		return now.Sub(r.StageEnteredAt) > stuckAfter
	}
	return false
}
