package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// doctorTimeout bounds each check. The groups run concurrently.
const doctorTimeout = 6 * time.Second

// Values of finding.Status.
const (
	statusOK   = "ok"
	statusWarn = "warn"
	statusFail = "fail"
)

// finding is the result of one check.
type finding struct {
	Group  string `json:"group"` // Slack, Port, incident.io or Local
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warn or fail
	Text   string `json:"text"`
	Hint   string `json:"hint,omitempty"` // how to fix it
}

type doctorCmd struct {
	JSON bool `help:"Print the results as JSON."`
}

// Help is the description in foghorn doctor --help.
func (doctorCmd) Help() string {
	return `Checks Slack, Port, incident.io and this machine: one line a check, with a hint for each problem.
It changes nothing; with NATS_URL, it creates a stream and a bucket there and removes them.
The exit code is 1 if a check fails; warnings do not count.

  foghorn doctor          before the first incident, and when something does not work
  foghorn doctor --json   for scripts`
}

func (d doctorCmd) Run(ctx context.Context, c *console) error {
	cfg, err := c.loadConfig("doctor")
	if err != nil {
		return err
	}
	findings := runChecks(ctx, cfg)
	if d.JSON {
		enc := json.NewEncoder(c.stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(findings)
	} else {
		err = printFindings(c.stdout, findings)
	}
	if err != nil {
		return fmt.Errorf("print findings: %w", err)
	}
	if slices.ContainsFunc(findings, func(f finding) bool { return f.Status == statusFail }) {
		return exitCode(exitFailed)
	}
	return nil
}

// runChecks runs all groups concurrently and returns the findings in the order of the groups.
func runChecks(ctx context.Context, cfg Config) []finding {
	groups := []func(context.Context, Config) []finding{checkSlack, checkPort, checkIncidentIO, checkLocal}
	findings := make([][]finding, len(groups))
	var running sync.WaitGroup
	for i, group := range groups {
		running.Go(func() { findings[i] = group(ctx, cfg) })
	}
	running.Wait()
	return slices.Concat(findings...)
}

func printFindings(w io.Writer, findings []finding) error {
	group := ""
	for _, f := range findings {
		if f.Group != group {
			group = f.Group
			if _, err := fmt.Fprintln(w, group); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, "  %-4s  %-16s %s\n", f.Status, f.Check, f.Text); err != nil {
			return err
		}
		if f.Hint != "" {
			if _, err := fmt.Fprintf(w, "        %-16s hint: %s\n", "", f.Hint); err != nil {
				return err
			}
		}
	}
	return nil
}

// checks collects the findings of one group.
type checks struct {
	group    string
	findings []finding
}

func (c *checks) ok(check, text string)         { c.add(check, statusOK, text, "") }
func (c *checks) warn(check, text, hint string) { c.add(check, statusWarn, text, hint) }
func (c *checks) fail(check, text, hint string) { c.add(check, statusFail, text, hint) }

func (c *checks) add(check, status, text, hint string) {
	c.findings = append(c.findings, finding{c.group, check, status, text, hint})
}

func withCheckTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, doctorTimeout)
}
