package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"foghorn/bot/form"
)

// A previewLine is what --all says of one action.
type previewLine struct {
	File       string   `json:"file,omitempty"` // empty: it is from Port
	Identifier string   `json:"identifier,omitempty"`
	Title      string   `json:"title,omitempty"`
	Kind       string   `json:"kind,omitempty"` // CREATE, DAY-2, DELETE or automation
	Verdict    string   `json:"verdict"`
	Views      int      `json:"views,omitempty"`
	Reasons    []string `json:"reasons,omitempty"`  // why it cannot be run from Slack, or what differs there
	Audience   string   `json:"audience,omitempty"` // who may run it; empty: not known
}

// Values of previewLine.Verdict. Automations are skipped, because people do not run them.
const (
	verdictOK          = "ok"
	verdictUnsupported = "no"
	verdictInvalid     = "bad"
	verdictSkipped     = "skip"
)

var errUnsupportedActions = errors.New("some actions cannot be run from Slack")

// previewAll prints one line for each action of a file, of a folder or of the organization.
func (p *previewCmd) previewAll(ctx context.Context, c *console) error {
	var lines []previewLine
	var err error
	info, statErr := os.Stat(p.From)
	switch {
	case p.From == "":
		lines, err = previewOrganization(ctx, c)
	case p.From == "-":
		lines, err = previewFile(ctx, "standard input", func() (json.RawMessage, error) { return readDefinition("standard input", c.stdin) })
	case statErr == nil && !info.IsDir():
		lines, err = previewFile(ctx, filepath.Base(p.From), func() (json.RawMessage, error) { return readDefinitionFile(p.From) })
	default:
		lines, err = previewFolder(ctx, p.From)
	}
	if err != nil {
		return err
	}
	if err := p.printLines(c.stdout, lines); err != nil {
		return fmt.Errorf("print actions: %w", err)
	}
	count := map[string]int{}
	for _, l := range lines {
		count[l.Verdict]++
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

// printLines prints the lines as JSON; those of the organization as a table; others with the name of the file.
func (p *previewCmd) printLines(w io.Writer, lines []previewLine) error {
	if p.JSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(append([]previewLine{}, lines...))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		text := l.File + "  " + l.summary()
		if l.File == "" {
			text = strings.Join([]string{l.Identifier, l.Title, l.Kind, cmp.Or(l.Audience, "-"), l.summary()}, "\t")
		}
		if _, err := fmt.Fprintf(table, "%-4s %s\n", l.Verdict, text); err != nil {
			return err
		}
	}
	return table.Flush()
}

// summary is what an action is in Slack, or why it is nothing there.
func (l previewLine) summary() string {
	text := strings.Join(l.Reasons, "; ")
	if l.Verdict != verdictOK {
		return text
	}
	text = strings.TrimSuffix(pluralize(l.Views, "view")+"; "+text, "; ")
	if l.File != "" {
		text = l.Identifier + ": " + text
	}
	return text
}

func previewFolder(ctx context.Context, dir string) ([]previewLine, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, settingError(dir, "is not a readable file or folder", "with --all, name a file or a folder, or nothing for all actions in Port")
	}
	var lines []previewLine
	for _, e := range entries {
		if e.IsDir() || !slices.Contains(definitionExtensions, filepath.Ext(e.Name())) {
			continue
		}
		more, err := previewFile(ctx, e.Name(), func() (json.RawMessage, error) { return readDefinitionFile(filepath.Join(dir, e.Name())) })
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	if len(lines) == 0 {
		return nil, settingError(dir, "contains no definitions", "definitions are files with the extension .json, .yaml or .yml")
	}
	return lines, nil
}

// previewFile previews the actions of a file.
func previewFile(ctx context.Context, name string, read func() (json.RawMessage, error)) (lines []previewLine, err error) {
	data, err := read()
	if err != nil {
		return nil, err
	}
	sources, err := readActions(name, data)
	if invalid, ok := errors.AsType[*SettingError](err); ok {
		lines = append(lines, previewLine{File: name, Verdict: verdictInvalid, Reasons: []string{invalid.Problems[0].Problem}})
	}
	for _, a := range sources {
		l := previewAction(ctx, a)
		l.File = name
		lines = append(lines, l)
	}
	return lines, nil
}

// previewAction compiles and renders one action.
func previewAction(ctx context.Context, a actionSource) previewLine {
	f, err := a.compile()
	if invalid, ok := errors.AsType[*SettingError](err); ok {
		return previewLine{Verdict: verdictInvalid, Reasons: []string{invalid.Problems[0].Problem}}
	}
	line := previewLine{Identifier: f.Action, Title: singleLine(f.Title), Kind: singleLine(f.Operation)}
	if a.isAutomation() {
		line.Kind, line.Verdict, line.Reasons = "automation", verdictSkipped, []string{"an automation"}
		return line
	}
	if len(f.Problems) > 0 {
		line.Verdict, line.Reasons = verdictUnsupported, problemLines(f.Problems)
		return line
	}
	state := resolveForm(ctx, f, form.EvalContext{}, nil)
	views, err := renderPages(state)
	if err != nil {
		line.Verdict, line.Reasons = verdictUnsupported, []string{singleLine(err.Error())}
		return line
	}
	line.Verdict, line.Views, line.Reasons = verdictOK, len(views), problemLines(slices.Concat(state.Problems, f.Unchecked))
	return line
}

func problemLines(problems []form.Problem) (out []string) {
	for _, p := range problems {
		out = append(out, singleLine(formatProblem(p)))
	}
	return slices.Compact(out)
}

func singleLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func pluralize(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
