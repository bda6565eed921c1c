package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/request"
	"foghorn/bot/store"
)

// requestsCmd has the commands for operators.
type requestsCmd struct {
	List    requestsListCmd    `cmd:"" default:"withargs" help:"List requests, the newest first (also without list)."`
	Show    requestsShowCmd    `cmd:"" help:"Show one request: stages, waits, errors, messages and the run."`
	Retry   requestsRetryCmd   `cmd:"" help:"Continue a stuck request now."`
	Abandon requestsAbandonCmd `cmd:"" help:"End a request, with a reason that the reporter receives."`
	Export  requestsExportCmd  `cmd:"" help:"Print all requests as JSON lines, for audits."`
}

// Help is the description in foghorn requests --help.
func (requestsCmd) Help() string {
	return `Shows what was asked for through this bot and how far it came, while the bot runs or not.
It needs STATE_DIR or NATS_URL only. An ID can be shortened.

  foghorn requests --open                      what has not ended
  foghorn requests show V0123                  why one takes long
  foghorn requests abandon V0123 --reason "…"  end one that is stuck`
}

// openRecords opens the records of the settings.
func (c *console) openRecords(ctx context.Context) (Config, *store.Records, error) {
	cfg, err := c.loadConfig("requests")
	if err != nil {
		return cfg, nil, err
	}
	records, err := openRecords(ctx, cfg)
	return cfg, records, err
}

func openRecords(ctx context.Context, cfg Config) (*store.Records, error) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	records, err := store.OpenRecords(ctx, store.Config{Dir: cfg.StateDir, Cluster: cfg.Cluster, Log: logrus.NewEntry(log)})
	setting, hint := "STATE_DIR", "set it to the directory of the bot, such as in its service or its .env"
	if cfg.Cluster.URL != "" {
		setting, hint = "NATS_URL", "start the bot once: it creates the store"
	}
	switch {
	case errors.Is(err, store.ErrNoStore):
		return nil, settingError(setting, "has no store of Foghorn", hint)
	case errors.Is(err, store.ErrNoControl):
		return nil, fmt.Errorf("%w\n  hint: try again in a moment; the log of the bot says whether its control socket is open", err)
	case errors.Is(err, store.ErrUnusable):
		return nil, settingError("STATE_DIR", "cannot be used: "+err.Error(), "run the command as the user of the bot, such as with sudo -u")
	case err != nil:
		return nil, storeSettingError(err)
	}
	return records, nil
}

// findRequest returns the request whose id begins with a text. Those that have not ended come first.
func findRequest(ctx context.Context, records *store.Records, prefix string) (store.Record, error) {
	if !request.ValidID(prefix) {
		return store.Record{}, settingError("ID", fmt.Sprintf("is %q, which is not the id of a request", prefix), "foghorn requests lists the ids")
	}
	open, err := records.Open(ctx)
	if err != nil {
		return store.Record{}, err
	}
	var found []store.Record
	for _, r := range open {
		if r.ID == prefix {
			if full, err := records.Load(ctx, r.ID); !errors.Is(err, store.ErrNotFound) { // else it ended meanwhile
				return full, err
			}
			break
		}
		if strings.HasPrefix(r.ID, prefix) {
			found = append(found, r)
		}
	}
	for r, err := range records.Ended(ctx) {
		switch {
		case err != nil:
			return store.Record{}, err
		case r.ID == prefix:
			return r, nil
		case strings.HasPrefix(r.ID, prefix) && !slices.ContainsFunc(found, func(other store.Record) bool { return other.ID == r.ID }) && len(found) < maxCandidates:
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return store.Record{}, idError(prefix, found)
	}
	if found[0].ArchivedAt.IsZero() {
		return findRequest(ctx, records, found[0].ID)
	}
	return found[0], nil
}

// idError says that no request, or that several begin with a text.
func idError(prefix string, found []store.Record) error {
	if len(found) == 0 {
		return settingError("ID", fmt.Sprintf("is %q, and no request has it", prefix), "foghorn requests --limit 0 lists all ids")
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.ID
	}
	return settingError("ID", fmt.Sprintf("is %q, which several requests begin with: %s", prefix, strings.Join(ids, ", ")), "write more of it")
}

// maxCandidates is how many ids an error lists.
const maxCandidates = 10

// operatorName is who runs the command: the user and the host.
func operatorName() string {
	name, host := "unknown", "unknown host"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

// parseSince reads a duration before now, or a time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	var days float64
	if n, err := fmt.Sscanf(text, "%fd", &days); n == 1 && err == nil && days >= 0 && days < 1e5 && strings.HasSuffix(text, "d") {
		return now.Add(-time.Duration(days * 24 * float64(time.Hour))), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t, nil
		}
	}
	return time.Time{}, settingError("--since", fmt.Sprintf("is %q", text), "use a duration such as 90m, 24h or 7d, or a time in UTC such as 2026-01-31 or 2026-01-31T12:00:00Z")
}

// public is a record without what people entered, and without what was made of it.
func public(r store.Record) store.Record {
	r.Request = r.Request.Ended()
	return r
}

// printable replaces what would control a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
