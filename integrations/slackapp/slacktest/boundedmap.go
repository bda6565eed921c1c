package slacktest

// boundedMapSize is the number of grants that are stored. Beyond it, the oldest are removed.
const boundedMapSize = 20_000

// boundedMap stores values by name, at most boundedMapSize.
type boundedMap[V any] struct {
	values map[string]V
	order  []string // oldest first
}

func newBoundedMap[V any]() boundedMap[V] { return boundedMap[V]{values: map[string]V{}} }

func (r *boundedMap[V]) put(name string, v V) {
	if len(r.order) == boundedMapSize {
		for _, old := range r.order[:boundedMapSize/10] {
			delete(r.values, old)
		}
		r.order = append(r.order[:0], r.order[boundedMapSize/10:]...)
	}
	r.values[name] = v
	r.order = append(r.order, name)
}

func (r *boundedMap[V]) get(name string) V { return r.values[name] }
