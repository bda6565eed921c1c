package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// doctorTimeout bounds each question of the doctor. They are asked at the same time,
	// and none waits for more than one other.
	doctorTimeout = 6 * time.Second

	statusOK   = "ok"
	statusWarn = "warn"
	statusFail = "fail"
)

// A finding is what one check found.
type finding struct {
	Group  string `json:"group"` // Slack, Port, incident.io or Here
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warn or fail
	Text   string `json:"text"`
	Hint   string `json:"hint,omitempty"` // how to mend it
}

type doctorCmd struct {
	JSON bool `help:"Print the findings as JSON."`
}

// Help is what foghorn doctor --help says besides.
func (doctorCmd) Help() string {
	return `Looks for what would keep incidents from being declared and told: one line a check, with a hint.
It changes nothing. The exit code is 1 when a check fails; warnings do not count.

  foghorn doctor          before the first incident, and whenever something seems wrong
  foghorn doctor --json   for machines`
}

func (d doctorCmd) Run(ctx context.Context, c *console) error {
	cfg, err := loadConfig(c.env, ".env", "doctor")
	if err != nil {
		return err
	}
	found := runChecks(ctx, cfg)
	if d.JSON {
		enc := json.NewEncoder(c.stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(found)
	} else {
		err = printFindings(c.stdout, found)
	}
	if err != nil {
		return fmt.Errorf("print findings: %w", err)
	}
	for _, f := range found {
		if f.Status == statusFail {
			return exitCode(exitFailed)
		}
	}
	return nil
}

// runChecks asks all at the same time, and gives the findings in their order.
func runChecks(ctx context.Context, cfg Config) []finding {
	groups := []func(context.Context, Config) []finding{checkSlack, checkPort, checkIncidentIO, checkLocal}
	found := make([][]finding, len(groups))
	var asking sync.WaitGroup
	for i, group := range groups {
		asking.Go(func() { found[i] = group(ctx, cfg) })
	}
	asking.Wait()
	var all []finding
	for _, f := range found {
		all = append(all, f...)
	}
	return all
}

func printFindings(w io.Writer, found []finding) error {
	group := ""
	for _, f := range found {
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

// A checks collects the findings of one group.
type checks struct {
	group    string
	findings []finding
}

func (w *checks) ok(check, text string)         { w.add(check, statusOK, text, "") }
func (w *checks) warn(check, text, hint string) { w.add(check, statusWarn, text, hint) }
func (w *checks) fail(check, text, hint string) { w.add(check, statusFail, text, hint) }

func (w *checks) add(check, status, text, hint string) {
	w.findings = append(w.findings, finding{w.group, check, status, text, hint})
}

// withCheckTimeout gives a question its time.
func withCheckTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, doctorTimeout)
}
