package porttest

import (
	"maps"
	"net/http"
	"slices"
)

// A store has what is stored of one kind, by identifier. An item is replaced, never changed, so that it can be read
// without the lock.
type store[T any] struct {
	kind  string // as errors name it
	items map[string]T
}

func newStore[T any](kind string) store[T] { return store[T]{kind: kind, items: map[string]T{}} }

// all returns the items, sorted by identifier.
func (st store[T]) all() []T {
	out := make([]T, 0, len(st.items))
	for _, id := range st.ids() {
		out = append(out, st.items[id])
	}
	return out
}

func (st store[T]) ids() []string { return slices.Sorted(maps.Keys(st.items)) }

// find returns an item, or the error of the API.
func (st store[T]) find(id string) (T, error) {
	item, ok := st.items[id]
	if !ok {
		return item, notFound(st.kind, id)
	}
	return item, nil
}

// checkNew returns the error of the API for an identifier that is taken.
func (st store[T]) checkNew(id string) error {
	if _, taken := st.items[id]; taken {
		return conflict(st.kind, id)
	}
	return nil
}

// rename changes the identifier of an item. It returns the error of the API if the item is absent, or newID is taken.
func (st store[T]) rename(id, newID string) error {
	item, err := st.find(id)
	if err != nil || id == newID {
		return err
	}
	if err := st.checkNew(newID); err != nil {
		return err
	}
	st.items[newID] = item
	delete(st.items, id)
	return nil
}

// remove deletes an item, or returns the error of the API.
func (st store[T]) remove(id string) error {
	_, err := st.find(id)
	delete(st.items, id)
	return err
}

// listAll returns a handler that lists a store.
func listAll[T any](s *Server, st *store[T], key string) handler {
	return s.locked(func(c call) (response, error) {
		out := []any{}
		for _, item := range st.all() {
			out = append(out, selectMembers(item, c.list("fields")))
		}
		return newResponse(http.StatusOK, key, out), nil
	})
}

// getOne returns a handler that shows the item that a parameter in the path names.
func getOne[T any](s *Server, st *store[T], parameter, key string) handler {
	return s.locked(func(c call) (response, error) {
		item, err := st.find(c.path[parameter])
		return newResponse(http.StatusOK, key, selectMembers(item, c.list("fields"))), err
	})
}

// selectMembers returns a value with the members that are named, or with all for none.
func selectMembers(v any, names []string) any {
	if len(names) == 0 {
		return v
	}
	out := convertJSON[map[string]any](v)
	maps.DeleteFunc(out, func(key string, _ any) bool { return !slices.Contains(names, key) })
	return out
}
