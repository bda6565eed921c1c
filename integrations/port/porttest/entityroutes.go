package porttest

import (
	"fmt"
	"net/http"

	"foghorn/integrations/emulator"
)

func (s *Server) entityRoutes(route routeFunc) {
	const path = "/v1/blueprints/{blueprint}/entities"
	put := func(r *http.Request, w writeOptions, status int) (response, error) {
		var e map[string]any
		if err := decodeBody(r, "entity", &e); err != nil {
			return response{}, err
		}
		if id := r.PathValue("entity"); id != "" && (e["identifier"] == nil || w.merge) {
			e["identifier"] = id
		}
		q := r.URL.Query()
		w.validateOnly, w.createRelated = q.Get("validation_only") == "true", q.Get("create_missing_related_entities") == "true"
		after, err := s.putEntity(r.PathValue("blueprint"), e, w)
		if err != nil {
			return response{}, err
		}
		return response{status: status, body: map[string]any{"entity": after}}, nil
	}
	route("POST "+path, func(r *http.Request) (response, error) {
		q := r.URL.Query()
		upsert := q.Get("upsert") == "true"
		return put(r, writeOptions{createOnly: !upsert, merge: upsert && q.Get("merge") == "true"}, http.StatusCreated)
	})
	route("PATCH "+path+"/{entity}", func(r *http.Request) (response, error) {
		return put(r, writeOptions{mustExist: true, merge: true}, http.StatusOK)
	})
	route("PUT "+path+"/{entity}", func(r *http.Request) (response, error) {
		return put(r, writeOptions{mustExist: true}, http.StatusOK)
	})
	route("GET "+path+"/{entity}", func(r *http.Request) (response, error) {
		e := s.copyEntity(r.PathValue("blueprint"), r.PathValue("entity"))
		if e == nil {
			return response{}, notFound("Entity", r.PathValue("entity"))
		}
		return response{body: map[string]any{"entity": e}}, nil
	})
	route("DELETE "+path+"/{entity}", func(r *http.Request) (response, error) {
		blueprint, id := r.PathValue("blueprint"), r.PathValue("entity")
		s.mu.Lock()
		before := s.entities[blueprint][id]
		if before == nil {
			s.mu.Unlock()
			return response{}, notFound("Entity", id)
		}
		delete(s.entities[blueprint], id)
		s.notifyLocked()
		s.mu.Unlock()
		s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: fmt.Sprintf("%s of %s is deleted", id, blueprint)})
		s.dispatchEntityEvent("ENTITY_DELETED", 0, blueprint, id, deepCopy(before), nil)
		return response{}, nil
	})
}
