package porttest

import "net/http"

// A definitionKind is one kind of definition: actions, blueprints. Its functions get and
// remove are called with the lock held, the others without.
type definitionKind struct {
	key, kind string // "action", "Action"
	check     func(map[string]any) error
	put       func(map[string]any) map[string]any
	get       func(id string) (map[string]any, bool)
	remove    func(id string)
}

// definitionRoutes are the routes that create, read, replace and delete definitions.
func (s *Server) definitionRoutes(route routeFunc, path string, c definitionKind) {
	known := func(id string) (map[string]any, bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		v, ok := c.get(id)
		return deepCopy(v), ok
	}
	remove := func(id string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.remove(id)
	}
	read := func(r *http.Request) (map[string]any, error) {
		var v map[string]any
		if err := decodeBody(r, "anything", &v); err != nil {
			return nil, err
		}
		return v, c.check(v)
	}
	route("POST "+path, func(r *http.Request) (response, error) {
		v, err := read(r)
		if err != nil {
			return response{}, err
		}
		if id := toText(v["identifier"]); id != "" {
			if _, there := known(id); there {
				return response{}, conflict(c.kind, id)
			}
		}
		return response{status: http.StatusCreated, body: map[string]any{c.key: c.put(v)}}, nil
	})
	route("GET "+path+"/{id}", func(r *http.Request) (response, error) {
		v, ok := known(r.PathValue("id"))
		if !ok {
			return response{}, notFound(c.kind, r.PathValue("id"))
		}
		return response{body: map[string]any{c.key: v}}, nil
	})
	route("PUT "+path+"/{id}", func(r *http.Request) (response, error) {
		id := r.PathValue("id")
		v, err := read(r)
		if err != nil {
			return response{}, err
		}
		if _, ok := known(id); !ok {
			return response{}, notFound(c.kind, id)
		}
		if renamed := toText(v["identifier"]); renamed != id {
			if _, there := known(renamed); there {
				return response{}, conflict(c.kind, renamed)
			}
			remove(id)
		}
		return response{body: map[string]any{c.key: c.put(v)}}, nil
	})
	route("DELETE "+path+"/{id}", func(r *http.Request) (response, error) {
		id := r.PathValue("id")
		if _, ok := known(id); !ok {
			return response{}, notFound(c.kind, id)
		}
		remove(id)
		return response{}, nil
	})
}
