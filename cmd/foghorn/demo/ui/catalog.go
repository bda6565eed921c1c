package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"foghorn/integrations/port/porttest"
)

// A runView is one of Port's as the page shows it.
type runView struct {
	porttest.Run
	Took string
}

// maxRuns is how many runs are shown, the latest ones.
const maxRuns = 50

// Runs are those that people made, the latest first.
func (l *viewModel) Runs() []runView { return newRunViews(l.server.cfg.Port.Runs()) }

// AutomationRuns are those that automations made.
func (l *viewModel) AutomationRuns() []runView {
	return newRunViews(l.server.cfg.Port.AutomationRuns())
}

func newRunViews(all []porttest.Run) (out []runView) {
	slices.Reverse(all)
	for _, r := range all[:min(len(all), maxRuns)] {
		shown := runView{Run: r}
		if r.Ended() {
			shown.Took = formatDuration(r.EndedAt.Sub(r.CreatedAt))
		}
		out = append(out, shown)
	}
	return out
}

// Waits says that the run waits for somebody to approve it.
func (r runView) Waits() bool { return r.Status == porttest.WaitingForApproval }

// Clock is when the run was made.
func (r runView) Clock() string { return r.CreatedAt.Format(time.TimeOnly) }

// An entityView is a row of the catalog, and a page of its own.
type entityView struct {
	porttest.Entity
	Cells []cell // the properties that the table shows
	All   []cell // all of them, by name
	JSON  string
}

// Page is where the entity is shown.
func (e entityView) Page() string { return EntityPath + url.PathEscape(e.Identifier) }

// A cell is one property; Colour is that of its value in the blueprint's enumColors.
type cell struct{ Name, Value, Link, Colour string }

// catalogColumns are the properties that the table shows, in its order.
var catalogColumns = []string{"status", "severity", "url"}

// Columns are the heads of the table.
func (l *viewModel) Columns() []string { return catalogColumns }

// Entities are the incidents in the catalog.
func (l *viewModel) Entities() (out []entityView) {
	for _, e := range l.server.cfg.Port.Entities(l.server.cfg.Blueprint) {
		out = append(out, l.server.newEntityView(e))
	}
	return out
}

// Shown is the entity of an entity's page; nil when there is none.
func (l *viewModel) Shown() *entityView {
	for _, e := range l.Entities() {
		if e.Identifier == l.Entity {
			return &e
		}
	}
	return nil
}

func (p *Server) newEntityView(e porttest.Entity) entityView {
	out := entityView{Entity: e, JSON: indentJSON(map[string]any{
		"identifier": e.Identifier, "title": e.Title, "blueprint": e.Blueprint, "properties": e.Properties, "relations": e.Relations,
	})}
	for _, name := range catalogColumns {
		out.Cells = append(out.Cells, p.newCell(name, e.Properties[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		out.All = append(out.All, p.newCell(name, e.Properties[name]))
	}
	return out
}

func (p *Server) newCell(name string, value any) cell {
	c := cell{Name: name, Value: "—"}
	if value != nil {
		c.Value = fmt.Sprint(value)
	}
	if isWebURL(c.Value) {
		c.Link = p.localURL(c.Value)
	}
	c.Colour = p.enumColor(name, c.Value)
	return c
}

// enumColor is what the blueprint paints a value in; "" for none.
func (p *Server) enumColor(property, value string) string {
	raw, ok := p.cfg.Port.Blueprint(p.cfg.Blueprint)
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
	_ = json.Unmarshal(raw, &b) // Port has checked it
	return b.Schema.Properties[property].EnumColors[value]
}

// An actionView is the one that the bot runs, as the page shows it.
type actionView struct {
	Title, Identifier, Description string
	Approval                       bool
	Inputs                         []actionInput
	JSON                           string
}

type actionInput struct {
	Name, Title, Type string
	Required          bool
}

// Action is the action that the bot runs; nil when Port has none of the name.
func (l *viewModel) Action() *actionView {
	bot := l.Bot()
	if bot == nil {
		return nil
	}
	raw, ok := l.server.cfg.Port.Action(bot.Action)
	if !ok {
		return nil
	}
	var d struct {
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
	if json.Unmarshal(raw, &d) != nil {
		return nil
	}
	a := &actionView{Title: d.Title, Identifier: d.Identifier, Description: d.Description, Approval: needsApproval(d.RequiredApproval), JSON: indentJSON(raw)}
	var required []string
	_ = json.Unmarshal(d.Trigger.UserInputs.Required, &required) // a condition instead of a list leaves it empty
	in := d.Trigger.UserInputs
	order := append([]string{}, in.Order...)
	for _, id := range slices.Sorted(maps.Keys(in.Properties)) {
		if !slices.Contains(order, id) {
			order = append(order, id)
		}
	}
	for _, id := range order {
		if i, ok := in.Properties[id]; ok {
			a.Inputs = append(a.Inputs, actionInput{Name: id, Title: firstNonEmpty(i.Title, id), Type: firstNonEmpty(i.Format, i.Type), Required: slices.Contains(required, id)})
		}
	}
	return a
}

func needsApproval(v any) bool {
	on, isBool := v.(bool)
	return v != nil && (!isBool || on)
}
