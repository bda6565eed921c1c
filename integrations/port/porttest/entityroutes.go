package porttest

import (
	"fmt"
	"net/http"

	"foghorn/integrations/emulator"
)

func (s *Server) entityRoutes(route router) {
	const path = "/v1/blueprints/{blueprint}/entities"
	put := func(r *http.Request, w write, status int) (answer, error) {
		var e map[string]any
		if err := decode(r, "entity", &e); err != nil {
			return answer{}, err
		}
		if id := r.PathValue("entity"); id != "" && (e["identifier"] == nil || w.merge) {
			e["identifier"] = id
		}
		q := r.URL.Query()
		w.validate, w.related = q.Get("validation_only") == "true", q.Get("create_missing_related_entities") == "true"
		after, err := s.putEntity(r.PathValue("blueprint"), e, w)
		if err != nil {
			return answer{}, err
		}
		return answer{status: status, body: map[string]any{"entity": after}}, nil
	}
	route("POST "+path, func(r *http.Request) (answer, error) {
		q := r.URL.Query()
		upsert := q.Get("upsert") == "true"
		return put(r, write{fresh: !upsert, merge: upsert && q.Get("merge") == "true"}, http.StatusCreated)
	})
	route("PATCH "+path+"/{entity}", func(r *http.Request) (answer, error) {
		return put(r, write{must: true, merge: true}, http.StatusOK)
	})
	route("PUT "+path+"/{entity}", func(r *http.Request) (answer, error) {
		return put(r, write{must: true}, http.StatusOK)
	})
	route("GET "+path+"/{entity}", func(r *http.Request) (answer, error) {
		e := s.entity(r.PathValue("blueprint"), r.PathValue("entity"))
		if e == nil {
			return answer{}, missing("Entity", r.PathValue("entity"))
		}
		return answer{body: map[string]any{"entity": e}}, nil
	})
	route("DELETE "+path+"/{entity}", func(r *http.Request) (answer, error) {
		blueprint, id := r.PathValue("blueprint"), r.PathValue("entity")
		s.mu.Lock()
		before := s.entities[blueprint][id]
		if before == nil {
			s.mu.Unlock()
			return answer{}, missing("Entity", id)
		}
		delete(s.entities[blueprint], id)
		s.notify()
		s.mu.Unlock()
		s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s of %s is deleted", id, blueprint)})
		s.entityEvent("ENTITY_DELETED", 0, blueprint, id, copyOf(before), nil)
		return answer{}, nil
	})
}
