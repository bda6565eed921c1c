package dialog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

const (
	// listTimeout bounds the reading of a list. It continues after the answer to a type-ahead, for the next one.
	listTimeout = 15 * time.Second

	// listWait is how long a type-ahead waits for a list. It leaves time to search for the text that was typed.
	listWait = 1500 * time.Millisecond

	listPage  = 1000   // entities in one call, the most that Port accepts
	maxListed = 50_000 // entities in a list
	maxLists  = 10
)

// searchEntities finds the entities that can be chosen for a field, by the text that was typed, in the order of the
// action. Port's search cannot sort, so the first ones are known only when all were read.
func (d *Dialog) searchEntities(ctx context.Context, field *form.FieldState, typed string) ([]modal.Candidate, error) {
	typed = strings.TrimSpace(typed)
	found, _, err := d.findEntities(ctx, field, typed)
	out := make([]modal.Candidate, 0, maxSuggestions)
	for _, e := range found {
		if len(out) < maxSuggestions && e.contains(typed) {
			out = append(out, modal.Candidate{Label: e.label, Value: e.id})
		}
	}
	return out, err
}

// findEntities lists the entities that can be chosen for a field, or if that takes long, those that contain a text.
// complete says that none of these is missing.
func (d *Dialog) findEntities(ctx context.Context, field *form.FieldState, typed string) (found []listedEntity, complete bool, err error) {
	found, complete, err = d.entities.get(ctx, field).wait(ctx)
	if !complete && typed != "" {
		list := newEntityList(field, typed)
		list.read(ctx, d.cfg.Port)
		found, complete, err = list.wait(ctx)
	}
	return found, complete, err
}

// A listedEntity is an entity as a field shows it.
type listedEntity struct {
	id, label string
	key       any // what it is sorted by; nil: it has no such value
}

func (e listedEntity) contains(typed string) bool {
	typed = strings.ToLower(typed)
	return strings.Contains(strings.ToLower(e.label), typed) || strings.Contains(strings.ToLower(e.id), typed)
}

// entityLists caches lists of entities for seconds, because each key stroke in a field asks for one.
type entityLists struct {
	port       Port
	background *sync.WaitGroup

	mu    sync.Mutex
	lists map[string]*entityList // by blueprint, dataset and order
}

func newEntityLists(p Port, background *sync.WaitGroup) *entityLists {
	return &entityLists{port: p, background: background, lists: map[string]*entityList{}}
}

// get returns the list of a field. It starts to read one that is not known.
func (l *entityLists) get(ctx context.Context, field *form.FieldState) *entityList {
	key := strings.Join([]string{field.Blueprint, string(field.Dataset), string(field.Sort)}, "\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, list := range l.lists {
		if list.isOld() || len(l.lists) > maxLists {
			delete(l.lists, k)
		}
	}
	if list := l.lists[key]; list != nil {
		return list
	}
	list := newEntityList(field, "")
	l.lists[key] = list
	l.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listTimeout) // others may wait for it
		defer cancel()
		list.read(ctx, l.port)
	})
	return list
}

// An entityList is what can be chosen for a field. It grows while it is read.
type entityList struct {
	blueprint string
	query     port.EntityQuery
	property  string // by which it is sorted
	descend   bool
	begun     time.Time
	done      chan struct{} // closed when it was read

	mu       sync.Mutex
	entities []listedEntity // sorted when it is complete
	complete bool
	err      error
}

// newEntityList makes a list of the entities that contain a text. It makes no call.
func newEntityList(field *form.FieldState, typed string) *entityList {
	var order struct{ Property, Order string }
	_ = json.Unmarshal(field.Sort, &order) // without an order Port sorts by title
	l := &entityList{
		blueprint: field.Blueprint, property: cmp.Or(order.Property, "$title"), descend: strings.EqualFold(order.Order, "DESC"),
		query: port.EntityQuery{Filter: entityFilter(field.Dataset, typed), Include: []string{"$identifier", "$title"}, Limit: listPage},
		begun: time.Now(), done: make(chan struct{}),
	}
	if !slices.Contains(l.query.Include, l.property) {
		l.query.Include = append(l.query.Include, l.property)
	}
	return l
}

// read reads all pages of a list, once.
func (l *entityList) read(ctx context.Context, p Port) {
	defer close(l.done)
	query := l.query
	for n := 0; n < maxListed; {
		page, err := p.SearchEntities(ctx, l.blueprint, query)
		if rest.IsRejected(err) && query.Include != nil {
			query.Include = nil // the action may name a property that the blueprint does not have
			continue
		}
		last := err != nil || page.Next == "" || page.Next == query.From
		query.From, n = page.Next, n+len(page.Entities)
		l.add(page.Entities, last, err)
		if last {
			return
		}
	}
}

func (l *entityList) add(page []port.Entity, last bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range page {
		l.entities = append(l.entities, listedEntity{id: e.Identifier, label: cmp.Or(e.Title, e.Identifier), key: sortKey(e, l.property)})
	}
	if err != nil {
		l.err = fmt.Errorf("search entities: %w", err)
	} else if l.complete = last; last {
		slices.SortFunc(l.entities, compareListed(l.descend))
	}
}

// isOld reports that a list is not to be used any more: it is old, or it could not be read.
func (l *entityList) isOld() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err != nil || time.Since(l.begun) > lookupTTL && isClosed(l.done)
}

// wait returns the list in its order, or after listWait what is known of it.
func (l *entityList) wait(ctx context.Context) (entities []listedEntity, complete bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, listWait)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-l.done:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.complete {
		return l.entities, true, nil
	}
	entities = slices.Clone(l.entities)
	slices.SortFunc(entities, compareListed(l.descend))
	return entities, false, l.err
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// entityFilter is the query of a search: the field's dataset and the text that was typed.
func entityFilter(dataset json.RawMessage, typed string) any {
	var rules []any
	if len(dataset) > 0 {
		rules = append(rules, dataset)
	}
	if typed != "" {
		rules = append(rules, map[string]any{"combinator": "or", "rules": []any{
			map[string]any{"property": "$title", "operator": "contains", "value": typed},
			map[string]any{"property": "$identifier", "operator": "contains", "value": typed},
		}})
	}
	if len(rules) == 0 {
		return nil
	}
	return map[string]any{"combinator": "and", "rules": rules}
}
