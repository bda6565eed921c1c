package page

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"foghorn/integrations/port/porttest"
)

// A run is one of Port's as the page shows it.
type run struct {
	porttest.Run
	Took string
}

// maxRuns is how many runs are shown, the latest ones.
const maxRuns = 50

// Runs are those that people made, the latest first.
func (l *look) Runs() []run { return shownRuns(l.page.cfg.Port.Runs()) }

// AutomationRuns are those that automations made.
func (l *look) AutomationRuns() []run { return shownRuns(l.page.cfg.Port.AutomationRuns()) }

func shownRuns(all []porttest.Run) (out []run) {
	slices.Reverse(all)
	for _, r := range all[:min(len(all), maxRuns)] {
		shown := run{Run: r}
		if r.Ended() {
			shown.Took = since(r.EndedAt.Sub(r.CreatedAt))
		}
		out = append(out, shown)
	}
	return out
}

// Waits says that the run waits for somebody to approve it.
func (r run) Waits() bool { return r.Status == porttest.Waiting }

// Clock is when the run was made.
func (r run) Clock() string { return r.CreatedAt.Format(time.TimeOnly) }

// An entity is a row of the catalog, and a page of its own.
type entity struct {
	porttest.Entity
	Cells []cell // the properties that the table shows
	All   []cell // all of them, by name
	JSON  string
}

// Page is where the entity is shown.
func (e entity) Page() string { return EntityPath + url.PathEscape(e.Identifier) }

// A cell is one property; Colour is that of its value in the blueprint's enumColors.
type cell struct{ Name, Value, Link, Colour string }

// columns are the properties that the table shows, in its order.
var columns = []string{"status", "severity", "url"}

// Columns are the heads of the table.
func (l *look) Columns() []string { return columns }

// Entities are the incidents in the catalog.
func (l *look) Entities() (out []entity) {
	for _, e := range l.page.cfg.Port.Entities(l.page.cfg.Blueprint) {
		out = append(out, l.page.entityOf(e))
	}
	return out
}

// Shown is the entity of an entity's page; nil when there is none.
func (l *look) Shown() *entity {
	for _, e := range l.Entities() {
		if e.Identifier == l.Entity {
			return &e
		}
	}
	return nil
}

func (p *Page) entityOf(e porttest.Entity) entity {
	out := entity{Entity: e, JSON: pretty(map[string]any{
		"identifier": e.Identifier, "title": e.Title, "blueprint": e.Blueprint, "properties": e.Properties, "relations": e.Relations,
	})}
	for _, name := range columns {
		out.Cells = append(out.Cells, p.cellOf(name, e.Properties[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		out.All = append(out.All, p.cellOf(name, e.Properties[name]))
	}
	return out
}

func (p *Page) cellOf(name string, value any) cell {
	c := cell{Name: name, Value: "—"}
	if value != nil {
		c.Value = fmt.Sprint(value)
	}
	if web(c.Value) {
		c.Link = p.local(c.Value)
	}
	c.Colour = p.colour(name, c.Value)
	return c
}

// colour is what the blueprint paints a value in; "" for none.
func (p *Page) colour(property, value string) string {
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

// An action is the one that the bot runs, as the page shows it.
type action struct {
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
func (l *look) Action() *action {
	bot := l.Bot()
	if bot == nil {
		return nil
	}
	raw, ok := l.page.cfg.Port.Action(bot.Action)
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
	a := &action{Title: d.Title, Identifier: d.Identifier, Description: d.Description, Approval: approves(d.RequiredApproval), JSON: pretty(raw)}
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
			a.Inputs = append(a.Inputs, actionInput{Name: id, Title: first(i.Title, id), Type: first(i.Format, i.Type), Required: slices.Contains(required, id)})
		}
	}
	return a
}

func approves(v any) bool {
	on, isBool := v.(bool)
	return v != nil && (!isBool || on)
}
