//go:build reference

package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot"
	"foghorn/bot/dialog"
	"foghorn/bot/testenv"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// unsupportedDefinitions are the published definitions that cannot be run from Slack, with what the user reads.
var unsupportedDefinitions = map[string]string{
	"/actions/102.json": "it is a secret: Slack would show it and keep it, so enter it in Port",
}

// chosenSuffix ends the identifiers of the actions that are chosen with /run. The others have commands.
const chosenSuffix = "_chosen"

// A publishedAction is a definition that Port publishes, and the user who runs it. Each has its own channel.
type publishedAction struct {
	file, id             string
	definition           map[string]any
	inputs               map[string]map[string]any
	operation, blueprint string
	person, email        string // of the user
	channel              string
	target               *catalogEntry  // of the blueprint
	onlyRequired         bool           // the other fields are left as they are
	entity               string         // that was chosen
	entered              map[string]any // values by input
}

// TestReference_RunPublishedActions runs the actions that Port publishes as people do: they choose the action and
// fill each field that they see, or they use the action's command and fill only what is required. They submit, and read
// the result. Port's run has exactly these values, and the defaults. The definitions are not part of this repository: REFERENCE_DIR is the folder with corpus/actions.
func TestReference_RunPublishedActions(t *testing.T) {
	e := testenv.New(t)
	actions := readPublishedActions(t)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ok":true}`)) }))
	t.Cleanup(backend.Close)
	catalog := catalog{}
	var commands []dialog.Command
	for _, a := range actions {
		a.addTo(t, e, backend.URL)
		catalog.add(a)
		if a.onlyRequired {
			commands = append(commands, dialog.Command{Name: a.command(), Action: a.id})
		}
	}
	catalog.put(t, e)
	e.EditConfig = func(c *bot.Config) {
		c.Commands, c.RunCommand, c.Choice = commands, "/run", []string{"*" + chosenSuffix}
	}
	e.Start()

	var mu sync.Mutex
	failed := map[string]string{}
	next := make(chan *publishedAction)
	var users sync.WaitGroup
	for range 12 {
		users.Go(func() {
			for a := range next {
				if err := a.run(e); err != nil {
					mu.Lock()
					failed[a.name()] = err.Error()
					mu.Unlock()
				}
			}
		})
	}
	for _, a := range actions {
		next <- a
	}
	close(next)
	users.Wait()
	for _, a := range actions {
		reason, want := failed[a.name()], unsupportedDefinitions[a.file]
		if want == "" && reason != "" || want != "" && !strings.Contains(reason, want) {
			t.Errorf("%s: %q, want %q", a.name(), reason, want)
		}
	}
	t.Logf("%d of %d run", len(actions)-len(failed), len(actions))
}

func readPublishedActions(t *testing.T) (out []*publishedAction) {
	t.Helper()
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "corpus", "actions", "*.json")) // the pattern is valid
	fragments, _ := filepath.Glob(filepath.Join(dir, "corpus", "fragments", "*.json"))
	if len(files) == 0 || len(fragments) == 0 {
		t.Fatalf("no definitions in %s", dir)
	}
	files = append(files, fragments...)
	for i, file := range append(files, files...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a := &publishedAction{
			file: strings.TrimPrefix(file, filepath.Join(dir, "corpus")), person: fmt.Sprintf("U0P%d", i), email: fmt.Sprintf("p%d@example.com", i), channel: fmt.Sprintf("C0P%d", i),
			onlyRequired: i >= len(files), entered: map[string]any{},
		}
		if err := json.Unmarshal(data, &a.definition); err != nil {
			t.Fatal(err)
		}
		if a.definition["properties"] != nil { // user inputs alone
			a.definition = map[string]any{
				"identifier": "fragment", "title": "Fragment", "invocationMethod": map[string]any{"type": "KAFKA"},
				"trigger": map[string]any{"type": "self-service", "operation": "DAY-2", "blueprintIdentifier": "service", "userInputs": a.definition},
			}
		}
		a.id = fmt.Sprintf("%s_%d", a.definition["identifier"], i) // some files have the same
		if !a.onlyRequired {
			a.id += chosenSuffix
		}
		a.definition["identifier"] = a.id
		a.readTrigger()
		out = append(out, a)
	}
	return out
}

// readTrigger reads the inputs of either style.
func (a *publishedAction) readTrigger() {
	trigger, isNew := a.definition["trigger"].(map[string]any)
	if isNew {
		a.operation, _ = trigger["operation"].(string)
		a.blueprint, _ = trigger["blueprintIdentifier"].(string)
	} else {
		trigger = a.definition
		a.operation, _ = trigger["trigger"].(string)
		a.blueprint, _ = trigger["blueprint"].(string)
	}
	inputs, _ := trigger["userInputs"].(map[string]any)
	properties, _ := inputs["properties"].(map[string]any)
	a.inputs = map[string]map[string]any{}
	for id, p := range properties {
		a.inputs[id], _ = p.(map[string]any)
	}
}

func (a *publishedAction) name() string {
	if a.onlyRequired {
		return a.file + ", only what is required"
	}
	return a.file
}

func (a *publishedAction) title() string {
	title, _ := a.definition["title"].(string)
	return title
}

func (a *publishedAction) command() string { return "/" + strings.ToLower(a.channel) }

// addTo adds the action, its user and its channel. Webhooks are sent to the backend.
func (a *publishedAction) addTo(t *testing.T, e *testenv.Env, backend string) {
	t.Helper()
	if method, ok := a.definition["invocationMethod"].(map[string]any); ok && method["type"] == "WEBHOOK" {
		method["url"] = backend
	}
	data, err := json.Marshal(a.definition)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Port.PutActionUnchecked(data); err != nil {
		t.Fatal(err)
	}
	e.Port.AddUser(a.email, "core")
	e.Slack.AddUser(slacktest.User{ID: a.person, Name: a.person, RealName: a.person, Email: a.email})
	e.Slack.AddChannel(slacktest.Channel{ID: a.channel, Name: strings.ToLower(a.channel), BotIsMember: true})
}

// open opens the form as a person does: with the action's command, or by choosing the action.
func (a *publishedAction) open(ctx context.Context, e *testenv.Env) (*slacktest.Modal, error) {
	p, command, chooser := e.Slack.Person(a.person), a.command(), "Run an action"
	if !a.onlyRequired {
		command = "/run"
	}
	ack, err := p.SlashCommand(ctx, a.channel, command)
	if err != nil || len(ack.Payload) > 0 {
		return nil, fmt.Errorf("the command is answered with %s, %w", ack.Payload, err)
	}
	if !a.onlyRequired {
		m, err := p.WaitModal(ctx, func(m *slacktest.Modal) bool { return m.Title() == chooser })
		if err == nil {
			_, err = m.SearchOptions(ctx, "Action", a.title())
		}
		if err == nil {
			_, err = m.Change(ctx, "Action", a.id)
		}
		if err != nil {
			return nil, err
		}
	}
	m, err := p.WaitModal(ctx, func(m *slacktest.Modal) bool { return m.Title() != "Loading" && m.Title() != chooser })
	if err == nil && !strings.Contains(string(m.JSON()), `"callback_id":"foghorn_form"`) {
		return nil, fmt.Errorf("instead of the form comes %s", m.Text())
	}
	return m, err
}

// run opens, fills and submits the form, and checks the run and the message about it.
func (a *publishedAction) run(e *testenv.Env) error {
	form, err := a.open(e.Context(), e)
	if err != nil {
		return err
	}
	for pages := 0; ; pages++ {
		if err := a.fill(e.Context(), form); err != nil {
			return err
		}
		r, err := form.Submit(e.Context())
		switch {
		case err != nil:
			return err
		case len(r.Errors) > 0 || r.ConnectionError != "":
			return fmt.Errorf("the submission is answered with %v %s %s", r.Errors, r.ConnectionError, r.Reason)
		case pages > 20:
			return fmt.Errorf("after %d pages comes %s", pages, form.Text())
		}
		if r.Closed {
			break
		}
	}
	run, err := a.waitRun(e)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(a.wantProperties(), run.Properties); diff != "" || run.Entity != a.entity {
		return fmt.Errorf("Port runs it for the entity %q, want %q, with (-want +got):\n%s", run.Entity, a.entity, diff)
	}
	return a.expectResult(e, run)
}

// fill fills each field that the page shows, also those that appear while it is filled.
func (a *publishedAction) fill(ctx context.Context, form *slacktest.Modal) error {
	filled := map[string]bool{}
	for {
		fields := form.Fields()
		i := slices.IndexFunc(fields, func(f slacktest.Field) bool { return !filled[f.BlockID] })
		if i < 0 {
			return nil
		}
		f := fields[i]
		filled[f.BlockID] = true
		if f.Optional && a.onlyRequired {
			continue
		}
		typed, err := a.choose(ctx, form, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.BlockID, err)
		}
		if f.Dispatches {
			_, err = form.Change(ctx, f.BlockID, typed...)
		} else {
			err = form.Fill(f.BlockID, typed...)
		}
		if err != nil {
			return fmt.Errorf("%s: enter %q: %w", f.BlockID, typed, err)
		}
	}
}

// choose decides what is entered in a field, and records the value that Port is to get.
func (a *publishedAction) choose(ctx context.Context, form *slacktest.Modal, f slacktest.Field) (typed []string, err error) {
	id := strings.TrimPrefix(f.BlockID, "f:")
	if id == "$targetEntity" {
		a.entity = targetID(a.blueprint)
		if f.Kind == "external_select" {
			_, err = form.SearchOptions(ctx, f.BlockID, a.entity)
		}
		return []string{a.entity}, err
	}
	p := a.inputs[id]
	if p == nil {
		return nil, fmt.Errorf("the field is no input")
	}
	typed, a.entered[id] = sampleValue(p)
	if _, isProgram := jqQuery(p["enum"]); isProgram {
		typed = []string{f.Options[len(f.Options)-1].Text}
		a.entered[id] = typed[0]
	}
	if strings.HasSuffix(f.Kind, "external_select") {
		_, err = form.SearchOptions(ctx, f.BlockID, typed[0])
	}
	return typed, err
}

// wantProperties are the values that were entered, and the defaults of the inputs that were not shown.
func (a *publishedAction) wantProperties() map[string]any {
	out := maps.Clone(a.entered)
	for id, p := range a.inputs {
		if _, ok := out[id]; ok {
			continue
		}
		program, isProgram := jqQuery(p["default"])
		switch {
		case !isProgram && p["default"] != nil:
			out[id] = p["default"]
		case program == ".user.email":
			out[id] = a.email
		case program == `"incident-"+.entity.identifier`:
			out[id] = "incident-" + a.entity
		case strings.HasPrefix(program, ".entity.properties."):
			if v := a.target.properties[strings.TrimPrefix(program, ".entity.properties.")]; v != nil {
				out[id] = v
			}
		}
	}
	return out
}

// waitRun waits for the run, and ends it if Port's backend does not.
func (a *publishedAction) waitRun(e *testenv.Env) (porttest.Run, error) {
	ctx := e.Context()
	method, _ := a.definition["invocationMethod"].(map[string]any)
	ends := method["type"] == "UPSERT_ENTITY" || method["synchronized"] == true
	for {
		runs := e.Port.Runs()
		i := slices.IndexFunc(runs, func(r porttest.Run) bool { return r.Action == a.id })
		switch {
		case i >= 0 && runs[i].Ended():
			return runs[i], nil
		case i >= 0 && runs[i].Status == porttest.WaitingForApproval:
			if err := e.Port.Approve(ctx, runs[i].ID); err != nil {
				return runs[i], err
			}
		case i >= 0 && !ends:
			_ = e.Port.EndRun(runs[i].ID, porttest.Success, "all is well") // the webhook may have failed meanwhile
		case len(e.Slack.Messages(a.person)) > 0 && i < 0:
			return porttest.Run{}, fmt.Errorf("no run, but %q", testenv.MessageTexts(e.Slack.Messages(a.person)))
		}
		select {
		case <-ctx.Done():
			return porttest.Run{}, fmt.Errorf("the run of %s: %w", a.id, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// expectResult waits for the one message about a run.
func (a *publishedAction) expectResult(e *testenv.Env, run porttest.Run) error {
	if run.Status != porttest.Success {
		return fmt.Errorf("the run is %s: %s", run.Status, run.Summary)
	}
	recipient := a.channel
	if run.Properties["visibility"] == "private" {
		recipient = a.person
	}
	m, err := e.Slack.WaitMessage(e.Context(), recipient, func(slacktest.Message) bool { return true })
	if err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	all := slices.Concat(testenv.MessageTexts(e.Slack.Messages(a.channel)), testenv.MessageTexts(e.Slack.Messages(a.person)))
	all = slices.DeleteFunc(all, func(text string) bool { return strings.Contains(text, "approv") })
	if len(all) != 1 || !strings.Contains(m.PlainText(), a.title()) {
		return fmt.Errorf("%d messages: %q", len(all), all)
	}
	return nil
}
