package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// previewCmd prints the Slack views of an action.
type previewCmd struct {
	From   string            `arg:"" optional:"" name:"file|action" help:"File with the definition in JSON or YAML, - for standard input, or identifier of an action in Port. With --all a file, a folder, or nothing for all actions in Port."`
	Values map[string]string `mapsep:"none" placeholder:"INPUT=VALUE" help:"Value of an input, to see the effect of conditions; can be repeated."`
	User   string            `placeholder:"E-MAIL" help:"Person for whom conditions are evaluated."`
	All    bool              `help:"Print one line for each action of a file, of a folder or of the organization."`
	JSON   bool              `help:"With --all, print the lines as JSON. Without it, the output is always JSON."`
}

// Help is the description in foghorn preview --help.
func (previewCmd) Help() string {
	return `Prints the Block Kit views of an action as a JSON array. If the action has inputs that Slack cannot
show, the array is empty and standard error lists them with the reasons.

With --all, each line says whether an action can be run from Slack: ok, no, bad (not an action) or skip (an automation).
Without a file or folder it lists the actions in Port, with their titles, operations and who may run them.

The exit code is 0 if the action can be run from Slack, 1 if not, 2 if the definition or an argument
is wrong.`
}

// maxDefinition bounds the size of a definition in bytes. Port accepts requests of up to 1 MiB.
const maxDefinition = 4 << 20

func (p *previewCmd) Run(ctx context.Context, c *console) error {
	if p.All {
		return p.previewAll(ctx, c)
	}
	if p.From == "" {
		return settingError("preview", "needs a file, - or the identifier of an action", "foghorn preview --all lists all actions in Port")
	}
	sources, err := p.loadActions(ctx, c)
	if err != nil {
		return err
	}
	if len(sources) > 1 && len(p.Values) > 0 {
		return settingError("--values", fmt.Sprintf("is for one action, and %s has %d", p.From, len(sources)), "name the identifier of an action in Port, or a file with one action")
	}
	views, unsupported := []slack.ModalViewRequest{}, []error{}
	for _, a := range sources {
		v, f, err := p.preview(ctx, c, a)
		if err != nil {
			return err
		}
		views, unsupported = append(views, v...), append(unsupported, supportError(f))
	}
	enc := json.NewEncoder(c.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(views); err != nil {
		return fmt.Errorf("write views: %w", err)
	}
	return errors.Join(unsupported...)
}

// preview returns the views of one action.
func (p *previewCmd) preview(ctx context.Context, c *console, a actionSource) ([]slack.ModalViewRequest, *form.Form, error) {
	f, err := a.compile()
	if err != nil {
		return nil, nil, err
	}
	values, err := p.parseValues(f)
	if err != nil {
		return nil, nil, err
	}
	who, err := p.evalContext(ctx, c, f, values)
	if err != nil {
		return nil, nil, err
	}
	state := resolveForm(ctx, f, who, values)
	for _, p := range slices.Concat(state.Problems, f.Unchecked) {
		_, _ = fmt.Fprintln(c.stderr, "foghorn: "+formatProblem(p))
	}
	views, err := renderPages(state)
	return views, f, err
}

// supportError returns an error that lists the inputs that Slack cannot show; nil if the action can be run from Slack.
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

// renderPages returns the views of all pages of a form, or none if it cannot be run from Slack.
func renderPages(state *form.State) ([]slack.ModalViewRequest, error) {
	views, f := []slack.ModalViewRequest{}, state.Form
	if len(f.Problems) > 0 {
		return views, nil
	}
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

// loadActions reads the actions named by From. Automations are left out if there are actions beside them.
func (p *previewCmd) loadActions(ctx context.Context, c *console) ([]actionSource, error) {
	if p.From == "-" {
		data, err := readDefinition("standard input", c.stdin)
		if err != nil {
			return nil, err
		}
		return readSelfServiceActions("standard input", data)
	}
	info, err := os.Stat(p.From)
	switch {
	case err == nil && info.IsDir():
		return nil, settingError(p.From, "is a folder", "use foghorn preview --all for a folder")
	case err == nil:
		data, err := readDefinitionFile(p.From)
		if err != nil {
			return nil, err
		}
		return readSelfServiceActions(p.From, data)
	case strings.ContainsAny(p.From, `/\`) || slices.Contains(definitionExtensions, filepath.Ext(p.From)):
		return nil, settingError(p.From, "does not exist", "name a file, - for standard input, or the identifier of an action in Port")
	}
	definition, err := fetchAction(ctx, c, p.From)
	return []actionSource{{name: p.From, definition: definition, line: 1}}, err
}

// definitionExtensions are the extensions of files with definitions.
var definitionExtensions = []string{".json", ".yaml", ".yml"}

func readSelfServiceActions(name string, data []byte) ([]actionSource, error) {
	sources, err := readActions(name, data)
	if selfService := slices.DeleteFunc(slices.Clone(sources), actionSource.isAutomation); len(selfService) > 0 {
		return selfService, nil
	}
	return sources, err
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
		return nil, settingError(name, "is larger than 4 MiB", "Port accepts actions of up to 1 MiB")
	}
	return data, nil
}

// previewPortClient returns a client for the configured Port. Credentials are optional for preview, so they are checked
// here.
func previewPortClient(c *console) (*port.Client, error) {
	cfg, err := c.loadConfig("preview")
	if err != nil {
		return nil, err
	}
	if cfg.PortClientID == "" || cfg.PortClientSecret == "" {
		return nil, settingError("PORT_CLIENT_ID and PORT_CLIENT_SECRET", "are not set",
			"set them in the environment or in .env to read the action from Port, or name a file with the definition")
	}
	return cfg.newPortClient(), nil
}

func fetchAction(ctx context.Context, c *console, id string) (json.RawMessage, error) {
	if problem, hint := checkActionID(id); problem != "" {
		return nil, settingError(id, problem, hint)
	}
	client, err := previewPortClient(c)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	a, err := client.GetAction(ctx, id)
	if rest.IsNotFound(err) {
		return nil, settingError(id, "is neither a file nor an action in Port", "foghorn preview --all lists the actions")
	}
	return a.Raw, err
}
