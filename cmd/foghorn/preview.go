package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/port"
)

// previewCmd shows what Slack is given for an action.
type previewCmd struct {
	From   string            `arg:"" optional:"" name:"file|action" help:"A file with the definition, - for standard input, or the identifier of an action of the configured Port. With --all a folder, or nothing for the whole organization."`
	Values map[string]string `mapsep:"none" placeholder:"INPUT=VALUE" help:"What a person has given already, to see conditions; can be repeated."`
	User   string            `placeholder:"E-MAIL" help:"The person who conditions are about."`
	All    bool              `help:"One line for each action of a folder or of the organization."`
}

// Help is what foghorn preview --help says besides.
func (previewCmd) Help() string {
	return `Prints a JSON array of Block Kit views, as Slack gets them. What cannot be mirrored is
listed on standard error with its reason, and the array is empty.

The exit code is 0 when the action can be run from Slack, 1 when it cannot, 2 when the
definition or an argument is wrong.`
}

// maxDefinition bounds what is read, in bytes. Port takes a request of 1 MiB.
const maxDefinition = 4 << 20

// Run previews one action, or many.
func (p *previewCmd) Run(ctx context.Context, c *console) error {
	if p.All {
		return p.previewAll(ctx, c)
	}
	if p.From == "" {
		return settingError("preview", "needs a file, - or the identifier of an action", "foghorn preview --all goes through all actions of Port")
	}
	name, definition, err := p.loadDefinition(ctx, c)
	if err != nil {
		return err
	}
	f, err := compileForm(name, definition)
	if err != nil {
		return err
	}
	values, err := p.parseValues(f)
	if err != nil {
		return err
	}
	who, err := p.evalContext(ctx, c, f)
	if err != nil {
		return err
	}
	views, err := renderPages(ctx, f, who, values)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(c.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(views); err != nil {
		return fmt.Errorf("write views: %w", err)
	}
	return supportError(f)
}

// supportError is nil for an action that can be run from Slack, else an error that lists what is
// in the way.
func supportError(f *form.Form) error {
	if len(f.Problems) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be run from Slack:", f.Action)
	for _, p := range f.Problems {
		b.WriteString("\n  " + formatProblem(p))
	}
	return errors.New(b.String())
}

func formatProblem(p form.Problem) string {
	if p.Input == "" {
		return p.Reason
	}
	return p.Input + ": " + p.Reason
}

// renderPages are the views of a form, from its first page to its last: none when it cannot be
// run, as nobody will see one.
func renderPages(ctx context.Context, f *form.Form, who form.EvalContext, values form.Values) ([]slack.ModalViewRequest, error) {
	views := []slack.ModalViewRequest{}
	if len(f.Problems) > 0 {
		return views, nil
	}
	state := f.Resolve(ctx, who, values)
	for page := (modal.Page{Action: f.Action, Version: f.Version}); ; page = modal.NextPage(state, page) {
		view, err := modal.Render(state, page)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", f.Action, err)
		}
		views = append(views, view)
		if modal.LastPage(state, page) {
			return views, nil
		}
	}
}

// loadDefinition reads the action that From names, and says what to call it in errors.
func (p *previewCmd) loadDefinition(ctx context.Context, c *console) (name string, definition json.RawMessage, err error) {
	if p.From == "-" {
		definition, err = readDefinition("standard input", c.stdin)
		return "standard input", definition, err
	}
	info, err := os.Stat(p.From)
	switch {
	case err == nil && info.IsDir():
		return "", nil, settingError(p.From, "is a folder", "foghorn preview --all goes through a folder")
	case err == nil:
		definition, err = readDefinitionFile(p.From)
		return p.From, definition, err
	case strings.ContainsAny(p.From, `/\`) || strings.HasSuffix(p.From, ".json"):
		return "", nil, settingError(p.From, "cannot be read: there is no such file", "- reads standard input; the identifier of an action is asked of Port")
	}
	definition, err = fetchAction(ctx, c, p.From)
	return p.From, definition, err
}

func readDefinitionFile(path string) (json.RawMessage, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, settingError(path, "cannot be read", err.Error())
	}
	defer func() { _ = file.Close() }()
	return readDefinition(path, file)
}

func readDefinition(name string, r io.Reader) (json.RawMessage, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDefinition+1))
	if err != nil {
		return nil, settingError(name, "cannot be read", err.Error())
	}
	if len(data) > maxDefinition {
		return nil, settingError(name, "is larger than 4 MiB", "an action of Port is at most 1 MiB")
	}
	return data, nil
}

// newPortClient speaks with the configured Port.
func newPortClient(c *console) (*port.Client, error) {
	cfg, err := loadConfig(c.env, ".env", "preview")
	if err != nil {
		return nil, err
	}
	if cfg.PortClientID == "" || cfg.PortClientSecret == "" {
		return nil, settingError("PORT_CLIENT_ID and PORT_CLIENT_SECRET", "are needed to ask Port",
			"set them in the environment or in .env, or name a file with the definition")
	}
	return port.New(port.Config{BaseURL: cfg.PortBaseURL, ClientID: cfg.PortClientID, ClientSecret: cfg.PortClientSecret}), nil
}

func fetchAction(ctx context.Context, c *console, id string) (json.RawMessage, error) {
	if wrong, hint := checkActionID(id); wrong != "" {
		return nil, settingError(id, wrong, hint)
	}
	api, err := newPortClient(c)
	if err != nil {
		return nil, err
	}
	defer api.Close()
	a, err := api.GetAction(ctx, id)
	if isNotFound(err) {
		return nil, settingError(id, "is neither a file nor an action of Port", "foghorn preview --all lists the actions")
	}
	return a.Raw, err
}
