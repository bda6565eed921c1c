package slacktest

// maxRecent is how many triggers, and how many response_urls, the latest ones, are known.
const maxRecent = 10_000

// recent remembers the latest values by name.
type recent[V any] struct {
	values map[string]V
	order  []string // the oldest first
}

func newRecent[V any]() recent[V] { return recent[V]{values: map[string]V{}} }

func (r *recent[V]) put(name string, v V) {
	if len(r.order) == maxRecent {
		for _, old := range r.order[:maxRecent/10] {
			delete(r.values, old)
		}
		r.order = append(r.order[:0], r.order[maxRecent/10:]...)
	}
	r.values[name] = v
	r.order = append(r.order, name)
}

func (r *recent[V]) get(name string) V { return r.values[name] }
