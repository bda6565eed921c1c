package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"foghorn/integrations/port/porttest"
)

// A runView is a run of Port as the page shows it.
type runView struct {
	porttest.Run
	Duration string // empty while the run is in progress
}

// WaitsForApproval says whether a user of Port must approve or decline the run.
func (r runView) WaitsForApproval() bool { return r.Status == porttest.WaitingForApproval }

// CreatedTime returns the time of day of the run's start.
func (r runView) CreatedTime() string { return r.CreatedAt.Format(time.TimeOnly) }

// maxRuns is the number of runs that are shown, the latest ones.
const maxRuns = 50

// Runs returns the runs of people, the latest first.
func (v *viewModel) Runs() []runView { return newRunViews(v.server.cfg.Port.Runs()) }

// AutomationRuns returns the runs of automations, the latest first.
func (v *viewModel) AutomationRuns() []runView {
	return newRunViews(v.server.cfg.Port.AutomationRuns())
}

func newRunViews(runs []porttest.Run) (out []runView) {
	slices.Reverse(runs)
	for _, r := range runs[:min(len(runs), maxRuns)] {
		view := runView{Run: r}
		if r.Ended() {
			view.Duration = formatDuration(r.EndedAt.Sub(r.CreatedAt))
		}
		out = append(out, view)
	}
	return out
}

// An entityView is a row of the catalog, and a page of its own.
type entityView struct {
	porttest.Entity
	Cells    []cell // of the table
	AllCells []cell // all properties, by name
	JSON     string
}

// URL returns the address of the entity's page.
func (e entityView) URL() string { return EntityPath + url.PathEscape(e.Identifier) }

// A cell is one property. The color is that of its value in the blueprint's enumColors.
type cell struct{ Name, Value, URL, Color string }

// CatalogColumns returns the properties that the table of the catalog shows.
func (v *viewModel) CatalogColumns() []string { return []string{"status", "severity", "url"} }

// Entities returns the incidents in the catalog.
func (v *viewModel) Entities() (out []entityView) { return v.listEntities(v.server.cfg.Blueprint) }

func (v *viewModel) listEntities(blueprint string) (out []entityView) {
	for _, e := range v.server.cfg.Port.Entities(blueprint) {
		out = append(out, v.newEntityView(e))
	}
	return out
}

// CatalogEntity returns the entity of an entity's page; nil when there is none.
func (v *viewModel) CatalogEntity() *entityView {
	for _, e := range v.listEntities(v.Blueprint) {
		if e.Identifier == v.Entity {
			return &e
		}
	}
	return nil
}

func (v *viewModel) newEntityView(e porttest.Entity) entityView {
	out := entityView{Entity: e, JSON: indentJSON(map[string]any{
		"identifier": e.Identifier, "title": e.Title, "blueprint": e.Blueprint,
		"properties": e.Properties, "relations": e.Relations,
	})}
	for _, name := range v.CatalogColumns() {
		out.Cells = append(out.Cells, v.server.newCell(name, e.Properties[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		out.AllCells = append(out.AllCells, v.server.newCell(name, e.Properties[name]))
	}
	return out
}

func (s *Server) newCell(name string, value any) cell {
	c := cell{Name: name, Value: "—"}
	if value != nil {
		c.Value = fmt.Sprint(value)
	}
	if isWebURL(c.Value) {
		c.URL = localURL(c.Value)
	}
	c.Color = s.enumColor(name, c.Value)
	return c
}

// enumColor returns the color of a value in the blueprint; "" for none.
func (s *Server) enumColor(property, value string) string {
	raw, ok := s.cfg.Port.Blueprint(s.cfg.Blueprint)
	if !ok {
		return ""
	}
	var b struct {
		Schema struct {
			Properties map[string]struct {
				EnumColors map[string]string `json:"enumColors"`
			} `json:"properties"`
		} `json:"schema"`
	}
	_ = json.Unmarshal(raw, &b) // Port has validated it
	return b.Schema.Properties[property].EnumColors[value]
}

const (
	portAppHost = "app.port.io"

	// portRunPath is the path of Port's page of a run.
	portRunPath = "/organization/run?runId="
)

// localURL returns the address on this page for an address of Port, and other addresses unchanged.
func localURL(address string) string {
	if _, run, ok := strings.Cut(address, portRunPath); ok && strings.HasPrefix(address, "https://app.") {
		return "/?tab=port#" + run
	}
	u, err := url.Parse(address)
	if err != nil || u.Host != portAppHost {
		return address
	}
	if blueprint, ok := strings.CutSuffix(strings.TrimPrefix(u.Path, "/"), "Entity"); ok {
		return EntityPath + url.PathEscape(u.Query().Get("identifier")) + "?" + url.Values{"blueprint": {blueprint}}.Encode()
	}
	return address
}

// An actionView is the action that the bot runs.
type actionView struct {
	Title, Identifier, Description string
	Approval                       bool // runs need approval
	Inputs                         []actionInput
	JSON                           string
}

type actionInput struct {
	Name, Title, Type string
	Required          bool
}

// Action returns the action that the bot runs; nil without a bot, or when Port has no such action.
func (v *viewModel) Action() *actionView {
	bot := v.Bot()
	if bot == nil {
		return nil
	}
	raw, ok := v.server.cfg.Port.Action(bot.Action)
	if !ok {
		return nil
	}
	var action struct {
		Identifier, Title, Description string
		Trigger                        struct {
			UserInputs struct {
				Properties map[string]struct{ Type, Title, Format string }
				Required   json.RawMessage
				Order      []string
			}
		}
		RequiredApproval any
	}
	if json.Unmarshal(raw, &action) != nil {
		return nil
	}
	out := &actionView{
		Title: action.Title, Identifier: action.Identifier, Description: action.Description,
		Approval: needsApproval(action.RequiredApproval), JSON: indentJSON(raw),
	}
	inputs := action.Trigger.UserInputs
	var required []string
	_ = json.Unmarshal(inputs.Required, &required) // a condition instead of a list leaves it empty
	names := slices.Clone(inputs.Order)
	for _, name := range slices.Sorted(maps.Keys(inputs.Properties)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if i, ok := inputs.Properties[name]; ok {
			out.Inputs = append(out.Inputs, actionInput{
				Name: name, Title: cmp.Or(i.Title, name), Type: cmp.Or(i.Format, i.Type), Required: slices.Contains(required, name),
			})
		}
	}
	return out
}

// needsApproval reads requiredApproval, which is a boolean or an object.
func needsApproval(requiredApproval any) bool {
	required, isBool := requiredApproval.(bool)
	return requiredApproval != nil && (!isBool || required)
}
