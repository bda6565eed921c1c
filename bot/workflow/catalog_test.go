package workflow

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"foghorn/bot/request"
	"foghorn/integrations/port"
)

// text is a property of the blueprint without limits.
var text = port.Property{Type: "string"}

func TestPlanChange(t *testing.T) {
	properties := map[string]port.Property{
		statusProperty:   {Type: "string", Enum: []string{"Triage", "Fixing"}},
		severityProperty: {Type: "string", Enum: []string{"Minor"}},
		"url":            {Type: "string", Format: "url", Required: true},
		"description":    {Type: "string", Required: true},
		"declaredBy":     text,
		leadProperty:     {Type: "array"},
	}
	for name, c := range map[string]struct {
		values            map[string]any
		properties        map[string]any
		title             string
		writable, lacking []string
	}{
		"allowed":            {map[string]any{titleMember: "T", statusProperty: "Fixing"}, map[string]any{statusProperty: "Fixing"}, "T", []string{titleMember, statusProperty}, nil},
		"not in the enum":    {map[string]any{statusProperty: "Closed", severityProperty: "Minor"}, map[string]any{severityProperty: "Minor"}, "", []string{severityProperty}, []string{statusProperty}},
		"no such property":   {map[string]any{"slackChannel": "#c"}, map[string]any{}, "", nil, nil},
		"another type":       {map[string]any{leadProperty: "Bob"}, map[string]any{}, "", nil, nil},
		"none":               {map[string]any{"declaredBy": nil}, map[string]any{"declaredBy": nil}, "", []string{"declaredBy"}, nil},
		"none of an enum":    {map[string]any{severityProperty: nil}, map[string]any{severityProperty: nil}, "", []string{severityProperty}, nil},
		"none of a required": {map[string]any{"description": nil, "url": nil}, map[string]any{"description": ""}, "", []string{"description"}, []string{"url"}},
	} {
		change, writable, lacking := planChange(properties, c.values, slices.Sorted(maps.Keys(c.values)))
		want := port.EntityChange{Title: c.title, Properties: c.properties}
		if diff := cmp.Diff([]any{want, c.writable, c.lacking}, []any{change, writable, lacking}); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestChangedMembers(t *testing.T) {
	declared := request.Incident{ID: "01", Name: "slow", Reference: "INC-1", Severity: "Minor", Status: "Triage", Visibility: "public"}
	current := declared
	for name, c := range map[string]struct {
		declared string // visibility
		edit     func(*catalogIncident)
		want     []string
	}{
		"nothing":                {"public", func(*catalogIncident) {}, nil},
		"a channel":              {"public", func(i *catalogIncident) { i.Channel = "C1" }, nil},
		"a channel and a status": {"public", func(i *catalogIncident) { i.Channel, i.Status = "C1", "Fixing" }, []string{channelURLProperty, statusProperty}},
		"a lead":                 {"public", func(i *catalogIncident) { i.Lead = "Bob" }, []string{leadProperty}},
		"no severity":            {"public", func(i *catalogIncident) { i.Severity = "" }, []string{severityProperty}},
		"a name":                 {"public", func(i *catalogIncident) { i.Name = "down" }, []string{titleMember}},
		"no name":                {"public", func(i *catalogIncident) { i.Name = "" }, nil},
		"not readable":           {"public", func(i *catalogIncident) { i.gone = true }, nil},
		"declared as private":    {"private", func(i *catalogIncident) { i.Name, i.Lead = "secret", "Bob" }, nil},
		"private and a status":   {"private", func(i *catalogIncident) { i.Status = "Fixing" }, []string{statusProperty}},
		"private, not readable":  {"private", func(i *catalogIncident) { i.gone = true }, nil},
		"another visibility":     {"restricted", func(i *catalogIncident) { i.Name = "secret" }, nil},
	} {
		declared.Visibility = c.declared
		written := &request.CatalogEntry{}
		values := declaredValues(declared)
		recordWritten(written, values, slices.Sorted(maps.Keys(values)))
		i := catalogIncident{Incident: current, private: c.declared != "public"}
		c.edit(&i)
		if diff := cmp.Diff(c.want, changedMembers(i.values(), written.Written)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

// A fakeCatalog fails as a test says.
type fakeCatalog struct {
	err     error
	updates []port.EntityChange
	reads   int
}

func (c *fakeCatalog) ListProperties(context.Context, string) (map[string]port.Property, error) {
	c.reads++
	return map[string]port.Property{statusProperty: {Type: "string", Enum: []string{"Fixing", "Closed"}}}, nil
}

func (c *fakeCatalog) UpdateEntity(_ context.Context, _, _ string, change port.EntityChange) error {
	c.updates = append(c.updates, change)
	return c.err
}

// savingStore saves everything.
type savingStore struct {
	requestStore
	saves int
	err   error
}

func (s *savingStore) Save(context.Context, *request.Request) error { s.saves++; return s.err }

// newCatalogJob is a followed incident and a workflow that updates its entity.
func newCatalogJob() (*Workflow, *job, *fakeCatalog, *savingStore, *test.Hook) {
	catalog, store := &fakeCatalog{}, &savingStore{}
	logger, hook := test.NewNullLogger()
	w := New(Config{Catalog: catalog, Blueprint: "b", Log: logrus.NewEntry(logger)})
	w.store = store
	r := &request.Request{ID: "V1", Stage: request.Tracking, Tracked: &request.Tracked{Catalog: &request.CatalogEntry{}}}
	r.Outcome = &request.Outcome{Incident: &request.Incident{ID: "01", Reference: "INC-1", Visibility: "public"}}
	return w, &job{Request: r, loggedStage: request.Tracking}, catalog, store, hook
}

func statusSnapshot(status string) snapshot {
	return snapshot{known: true, incident: request.Incident{ID: "01", Status: status}}
}

func TestUpdateCatalog_WritesOnce(t *testing.T) {
	w, j, catalog, _, _ := newCatalogJob()
	for range 3 {
		if _, err := w.updateCatalog(t.Context(), j, statusSnapshot("Fixing")); err != nil {
			t.Fatal(err)
		}
	}
	if len(catalog.updates) != 1 || catalog.updates[0].Properties[statusProperty] != "Fixing" || catalog.reads != 1 {
		t.Errorf("updates %v, %d reads", catalog.updates, catalog.reads)
	}
}

// TestUpdateCatalog_Stale has a record that another process has changed: nothing is written.
func TestUpdateCatalog_Stale(t *testing.T) {
	w, j, catalog, store, _ := newCatalogJob()
	store.err = errors.New("conflict")
	if _, err := w.updateCatalog(t.Context(), j, statusSnapshot("Fixing")); !errors.Is(err, store.err) || len(catalog.updates) > 0 {
		t.Errorf("%v, updates %v", err, catalog.updates)
	}
}

// TestUpdateCatalog_Outage has Port fail: the attempts become rare, one line is logged, and the latest state is written.
func TestUpdateCatalog_Outage(t *testing.T) {
	w, j, catalog, _, hook := newCatalogJob()
	catalog.err = errors.New("no answer")
	var delay time.Duration
	for n := range 12 {
		j.Tracked.Catalog.RetryAt = time.Time{} // it has passed
		next, err := w.updateCatalog(t.Context(), j, statusSnapshot("Fixing"))
		if err != nil || next.event || next.delay < delay-time.Second || next.delay > maxCatalogRetryDelay {
			t.Fatalf("attempt %d: %v, %v", n, next, err)
		}
		delay = next.delay
	}
	if waiting, _ := w.updateCatalog(t.Context(), j, statusSnapshot("Closed")); waiting.delay == 0 || len(catalog.updates) != 12 {
		t.Errorf("%v, %d attempts", waiting, len(catalog.updates))
	}
	if delay < maxCatalogRetryDelay-time.Second || len(hook.AllEntries()) != 1 {
		t.Errorf("the delay is %v, logged %v", delay, hook.AllEntries())
	}
	catalog.err, j.Tracked.Catalog.RetryAt = nil, time.Time{}
	if next, err := w.updateCatalog(t.Context(), j, statusSnapshot("Closed")); err != nil || next != again() || catalog.updates[12].Properties[statusProperty] != "Closed" {
		t.Errorf("%v, %v, updates %v", next, err, catalog.updates)
	}
}

// TestUpdateCatalog_ValueNotAllowed has a status that the blueprint lacks: it is logged once, and written by no call.
func TestUpdateCatalog_ValueNotAllowed(t *testing.T) {
	w, j, catalog, store, hook := newCatalogJob()
	for range 2 {
		if next, err := w.updateCatalog(t.Context(), j, statusSnapshot("Fishing")); err != nil || next != onEvent() {
			t.Errorf("%v, %v", next, err)
		}
	}
	entries := hook.AllEntries()
	if len(entries) != 1 || entries[0].Data["hint"] != "run foghorn apply" || entries[0].Data["value"] != "Fishing" || len(catalog.updates) > 0 || store.saves > 0 {
		t.Errorf("logged %v, updates %v", entries, catalog.updates)
	}
}
