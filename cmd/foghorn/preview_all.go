package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"foghorn/bot/form"
	"foghorn/integrations/port"
)

// A previewLine is what --all says of one action.
type previewLine struct {
	name, verdict, reason string
}

// Verdicts. Automations are skipped: nobody runs them.
const (
	runnable    = "ok"
	notRunnable = "no"
	badFile     = "bad"
	skipped     = "skip"
)

// errNotAll says that not every action can be run from Slack.
var errNotAll = errors.New("not every action can be run from Slack")

// all previews each action of a folder or of the organization.
func (p *previewCmd) all(ctx context.Context, c *console) error {
	var lines []previewLine
	var err error
	if p.From == "" {
		lines, err = organization(ctx, c)
	} else {
		lines, err = folder(ctx, p.From)
	}
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, l := range lines {
		count[l.verdict]++
		_, _ = fmt.Fprintln(c.stdout, strings.TrimSpace(fmt.Sprintf("%-4s %s  %s", l.verdict, l.name, l.reason)))
	}
	_, _ = fmt.Fprintf(c.stderr, "%d of %d actions can be run from Slack\n", count[runnable], len(lines)-count[skipped])
	switch {
	case count[badFile] > 0:
		return fault(cmp.Or(p.From, "Port"), fmt.Sprintf("has %s that cannot be read as an action", plural(count[badFile], "definition")), "their lines begin with bad")
	case count[notRunnable] > 0:
		return errNotAll
	}
	return nil
}

func organization(ctx context.Context, c *console) ([]previewLine, error) {
	api, err := client(c)
	if err != nil {
		return nil, err
	}
	defer api.Close()
	actions, err := api.Actions(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]previewLine, 0, len(actions))
	for _, a := range actions {
		lines = append(lines, verdict(ctx, a.Identifier, a.Raw))
	}
	return lines, nil
}

func folder(ctx context.Context, dir string) ([]previewLine, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault(dir, "cannot be read as a folder", "with --all, name a folder, or nothing for the whole organization")
	}
	var lines []previewLine
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".json" {
			continue
		}
		data, err := readFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		lines = append(lines, verdict(ctx, e.Name(), data))
	}
	if len(lines) == 0 {
		return nil, fault(dir, "has no definitions", "they are files that end in .json")
	}
	return lines, nil
}

// verdict says of one action whether it can be run from Slack.
func verdict(ctx context.Context, name string, definition json.RawMessage) previewLine {
	f, err := readForm(name, definition)
	if wrong, ok := errors.AsType[*SettingError](err); ok {
		return previewLine{name, badFile, wrong.Faults[0].Wrong}
	}
	var a port.Action
	if json.Unmarshal(definition, &a) == nil && a.Trigger == "automation" {
		return previewLine{name, skipped, "an automation"}
	}
	if len(f.Problems) > 0 {
		reasons := make([]string, len(f.Problems))
		for i, p := range f.Problems {
			reasons[i] = strings.Join(strings.Fields(problemText(p)), " ")
		}
		return previewLine{name, notRunnable, strings.Join(slices.Compact(reasons), "; ")}
	}
	views, err := previewed(ctx, f, form.Who{}, nil)
	if err != nil {
		return previewLine{name, notRunnable, err.Error()}
	}
	return previewLine{name, runnable, fmt.Sprintf("%s: %s", f.Action, plural(len(views), "view"))}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
