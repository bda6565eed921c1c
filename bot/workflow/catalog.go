package workflow

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/request"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

const (
	// catalogRetryDelay is the delay before an update of an entity is tried again. It doubles with each attempt, up to
	// maxCatalogRetryDelay.
	catalogRetryDelay    = 2 * time.Second
	maxCatalogRetryDelay = 5 * time.Minute

	// maxRefusals is how often an update is tried that Port refuses: the automation that creates the entity can take a
	// few seconds, and the blueprint can be changed meanwhile.
	maxRefusals = 4

	// propertiesFor is how long the properties of the blueprint are used that were read. They are read only for a change.
	propertiesFor = 15 * time.Second

	// maxLacking bounds the values that are remembered as logged.
	maxLacking = 100
)

// Catalog changes the entities of incidents. A port.Catalog is one.
type Catalog interface {
	ListProperties(ctx context.Context, blueprint string) (map[string]port.Property, error)
	UpdateEntity(ctx context.Context, blueprint, id string, change port.EntityChange) error
}

// A catalogCache is what is known of the blueprint.
type catalogCache struct {
	mu         sync.Mutex
	properties map[string]port.Property
	readAt     time.Time
	lacking    map[string]bool // by property and value: it was logged that the blueprint lacks the value
}

// startCatalog records what the automation gives the entity, so that only what changes later is written.
func (w *Workflow) startCatalog(declared request.Incident) *request.CatalogEntry {
	if w.cfg.Catalog == nil {
		return nil
	}
	values, e := declaredValues(declared), &request.CatalogEntry{}
	recordWritten(e, values, slices.Collect(maps.Keys(values)))
	return e
}

// updateCatalog writes what changed of the incident to its entity in Port. The entity is one that the automation has
// created: one that does not exist is not created. It returns again if it wrote something, onEvent if there is nothing
// to write, and a delay if an attempt failed. Its errors are those of the store: a failure of Port does not keep the
// messages from being updated.
//
// The same change twice is the same as once, so that an attempt whose outcome is not known is repeated. It is saved
// before, so that a process whose record is out of date writes nothing.
func (w *Workflow) updateCatalog(ctx context.Context, j *job, s snapshot) (next, error) {
	i := catalogIncident{Incident: s.incident, gone: s.gone}
	i.ID, i.Reference = j.Outcome.Incident.ID, j.Outcome.Incident.Reference
	i.private = j.Tracked.Hidden || j.Outcome.Incident.Visibility != "public"
	visibility := "public"
	if i.private {
		visibility = "private"
	}
	if j.Tracked.Catalog == nil {
		j.Tracked.Catalog = &request.CatalogEntry{}
	}
	e, values := j.Tracked.Catalog, i.values()
	changed := changedMembers(values, e.Written)
	if w.cfg.Catalog == nil || e.Stopped == visibility || len(changed) == 0 {
		return onEvent(), nil
	}
	if wait := time.Until(e.RetryAt); wait > 0 {
		return after(wait), nil
	}
	properties, err := w.readProperties(ctx)
	change, writable, lacking := planChange(properties, values, changed)
	if err == nil {
		w.logLacking(j, values, lacking)
		if len(writable) == 0 {
			return onEvent(), nil
		}
	}
	e.Tries++
	e.RetryAt = time.Now().UTC().Add(min(catalogRetryDelay<<min(e.Tries-1, 10), maxCatalogRetryDelay))
	if saveErr := w.save(ctx, j); saveErr != nil {
		return after(storeRetryDelay), saveErr
	}
	if err == nil {
		w.cfg.CrashPoint("before updating the entity")
		err = w.cfg.Catalog.UpdateEntity(ctx, w.cfg.Blueprint, i.ID, change)
		w.cfg.CrashPoint("after updating the entity")
	}
	if err != nil {
		return w.recordCatalogFailure(ctx, j, visibility, err)
	}
	recordWritten(e, values, writable)
	e.Tries, e.RetryAt = 0, time.Time{}
	return w.saveThen(ctx, j, again())
}

// recordCatalogFailure saves that an update failed. What Port refuses is given up after a few attempts, except that the
// details of a private incident must not stay in an entity.
func (w *Workflow) recordCatalogFailure(ctx context.Context, j *job, visibility string, err error) (next, error) {
	e, log := j.Tracked.Catalog, w.log(j).WithError(err)
	refused := rest.IsRejected(err) && e.Tries >= maxRefusals
	if refused {
		log = log.WithField("hint", catalogHint(err))
	}
	switch {
	case refused && (visibility == "public" || rest.IsNotFound(err)):
		log.Warn("failed to update the incident in Port's catalog: Port refused it, and the entity is not updated any more")
		e.Stopped, e.Tries, e.RetryAt = visibility, 0, time.Time{}
		return w.saveThen(ctx, j, onEvent())
	case e.Tries == 1:
		log.Warn("failed to update the incident in Port's catalog; will retry")
	case e.Tries == maxRefusals && refused:
		log.Warn("failed to remove the details of a private incident from Port's catalog: Port refused it; will retry")
	}
	if at := time.Now().UTC().Add(rest.RetryAfter(err)); at.After(e.RetryAt) {
		e.RetryAt = at
	}
	return w.saveThen(ctx, j, after(max(time.Until(e.RetryAt), time.Millisecond)))
}

// catalogHint says what can be done about a refused update.
func catalogHint(err error) string {
	switch {
	case rest.IsNotFound(err):
		return "someone deleted the entity, or the automation that creates it is not in Port: run foghorn apply; UPDATE_CATALOG=off ends the updates"
	case rest.Status(err) == 401 || rest.Status(err) == 403:
		return "give the credentials in PORT_CLIENT_ID a role that may update entities; UPDATE_CATALOG=off ends the updates"
	}
	return "the blueprint does not allow the change: run foghorn apply"
}

// readProperties reads the properties of the blueprint, once for all requests that need them at about the same time.
func (w *Workflow) readProperties(ctx context.Context) (map[string]port.Property, error) {
	c := &w.catalog
	c.mu.Lock()
	properties, isFresh := c.properties, time.Since(c.readAt) < propertiesFor
	c.mu.Unlock()
	if isFresh {
		return properties, nil
	}
	properties, err := w.cfg.Catalog.ListProperties(ctx, w.cfg.Blueprint)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.properties, c.readAt = properties, time.Now()
	return properties, nil
}

// logLacking logs values that the blueprint does not allow, each once.
func (w *Workflow) logLacking(j *job, values map[string]any, members []string) {
	c := &w.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range members {
		value, isText := values[name].(string)
		key := name + "\n" + value
		if c.lacking[key] || len(c.lacking) >= maxLacking {
			continue
		}
		c.lacking[key] = true
		fields := logrus.Fields{"property": name, "hint": "run foghorn apply"}
		if name == statusProperty || name == severityProperty {
			fields["value"] = value
		}
		if !isText {
			fields["hint"] = "the property is required: remove the value in Port"
		}
		w.log(j).WithFields(fields).Warn("failed to update a property of the incident in Port's catalog: the blueprint does not allow the value")
	}
}
