package porttest

import "net/http"

// A collection is one kind of definition: actions, blueprints. Its functions get and
// remove are called with the lock held, the others without.
type collection struct {
	key, kind string // "action", "Action"
	check     func(map[string]any) error
	put       func(map[string]any) map[string]any
	get       func(id string) (map[string]any, bool)
	remove    func(id string)
}

// definitionRoutes are the routes that create, read, replace and delete definitions.
func (s *Server) definitionRoutes(route router, path string, c collection) {
	known := func(id string) (map[string]any, bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		v, ok := c.get(id)
		return copyOf(v), ok
	}
	remove := func(id string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.remove(id)
	}
	read := func(r *http.Request) (map[string]any, error) {
		var v map[string]any
		if err := decode(r, "anything", &v); err != nil {
			return nil, err
		}
		return v, c.check(v)
	}
	route("POST "+path, func(r *http.Request) (answer, error) {
		v, err := read(r)
		if err != nil {
			return answer{}, err
		}
		if id := text(v["identifier"]); id != "" {
			if _, there := known(id); there {
				return answer{}, conflict(c.kind, id)
			}
		}
		return answer{status: http.StatusCreated, body: map[string]any{c.key: c.put(v)}}, nil
	})
	route("GET "+path+"/{id}", func(r *http.Request) (answer, error) {
		v, ok := known(r.PathValue("id"))
		if !ok {
			return answer{}, missing(c.kind, r.PathValue("id"))
		}
		return answer{body: map[string]any{c.key: v}}, nil
	})
	route("PUT "+path+"/{id}", func(r *http.Request) (answer, error) {
		id := r.PathValue("id")
		v, err := read(r)
		if err != nil {
			return answer{}, err
		}
		if _, ok := known(id); !ok {
			return answer{}, missing(c.kind, id)
		}
		if renamed := text(v["identifier"]); renamed != id {
			if _, there := known(renamed); there {
				return answer{}, conflict(c.kind, renamed)
			}
			remove(id)
		}
		return answer{body: map[string]any{c.key: c.put(v)}}, nil
	})
	route("DELETE "+path+"/{id}", func(r *http.Request) (answer, error) {
		id := r.PathValue("id")
		if _, ok := known(id); !ok {
			return answer{}, missing(c.kind, id)
		}
		remove(id)
		return answer{}, nil
	})
}
