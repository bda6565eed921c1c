package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"foghorn/bot/form"
)

// previewLine is the line of one action in the output of --all.
type previewLine struct {
	name, verdict, reason string
}

// Values of previewLine.verdict. Automations are skipped, because people do not run them.
const (
	verdictOK          = "ok"
	verdictUnsupported = "no"
	verdictInvalid     = "bad"
	verdictSkipped     = "skip"
)

var errUnsupportedActions = errors.New("some actions cannot be run from Slack")

// previewAll prints one line for each action of a folder or of the organization.
func (p *previewCmd) previewAll(ctx context.Context, c *console) error {
	var lines []previewLine
	var err error
	if p.From == "" {
		lines, err = previewOrganization(ctx, c)
	} else {
		lines, err = previewFolder(ctx, p.From)
	}
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, l := range lines {
		count[l.verdict]++
		_, _ = fmt.Fprintln(c.stdout, strings.TrimSpace(fmt.Sprintf("%-4s %s  %s", l.verdict, l.name, l.reason)))
	}
	_, _ = fmt.Fprintf(c.stderr, "%d of %d actions can be run from Slack\n", count[verdictOK], len(lines)-count[verdictSkipped])
	switch {
	case count[verdictInvalid] > 0:
		return settingError(cmp.Or(p.From, "Port"), fmt.Sprintf("has %s that are not valid actions", pluralize(count[verdictInvalid], "definition")), "their lines start with bad")
	case count[verdictUnsupported] > 0:
		return errUnsupportedActions
	}
	return nil
}

func previewOrganization(ctx context.Context, c *console) ([]previewLine, error) {
	client, err := previewPortClient(c)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	actions, err := client.Definitions().ListActions(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]previewLine, 0, len(actions))
	for _, a := range actions {
		lines = append(lines, previewAction(ctx, actionSource{name: a.Identifier, definition: a.Raw, line: 1}))
	}
	return lines, nil
}

func previewFolder(ctx context.Context, dir string) ([]previewLine, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, settingError(dir, "is not a readable folder", "with --all, name a folder, or nothing for all actions in Port")
	}
	var lines []previewLine
	for _, e := range entries {
		if e.IsDir() || !slices.Contains(definitionExtensions, filepath.Ext(e.Name())) {
			continue
		}
		data, err := readDefinitionFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		sources, err := readActions(e.Name(), data)
		if invalid, ok := errors.AsType[*SettingError](err); ok {
			lines = append(lines, previewLine{e.Name(), verdictInvalid, invalid.Problems[0].Problem})
		}
		for _, a := range sources {
			lines = append(lines, previewAction(ctx, a))
		}
	}
	if len(lines) == 0 {
		return nil, settingError(dir, "contains no definitions", "definitions are files with the extension .json, .yaml or .yml")
	}
	return lines, nil
}

// previewAction compiles and renders one action.
func previewAction(ctx context.Context, a actionSource) previewLine {
	name := a.name
	f, err := a.compile()
	if invalid, ok := errors.AsType[*SettingError](err); ok {
		return previewLine{name, verdictInvalid, invalid.Problems[0].Problem}
	}
	if a.isAutomation() {
		return previewLine{name, verdictSkipped, "an automation"}
	}
	if len(f.Problems) > 0 {
		reasons := make([]string, len(f.Problems))
		for i, p := range f.Problems {
			reasons[i] = strings.Join(strings.Fields(formatProblem(p)), " ")
		}
		return previewLine{name, verdictUnsupported, strings.Join(slices.Compact(reasons), "; ")}
	}
	state := resolveForm(ctx, f, form.EvalContext{}, nil)
	views, err := renderPages(state)
	if err != nil {
		return previewLine{name, verdictUnsupported, err.Error()}
	}
	text := fmt.Sprintf("%s: %s", f.Action, pluralize(len(views), "view"))
	for _, p := range slices.Concat(state.Problems, f.Unchecked) {
		text += "; " + strings.Join(strings.Fields(formatProblem(p)), " ")
	}
	return previewLine{name, verdictOK, text}
}

func pluralize(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
