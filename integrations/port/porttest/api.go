package porttest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
)

// A call is a request to the API that conforms to its route.
type call struct {
	path  map[string]string // the parameters in the path
	query map[string]any    // the query parameters that are given
	body  any               // nil if the route has none
}

// A handler answers a call. Its error is an *apiError, or becomes a 500.
type handler func(call) (response, error)

// A response is a status, where 0 means 200, and the keys of the body beside "ok".
type response struct {
	status int
	body   map[string]any
}

// newResponse returns a response with one key.
func newResponse(status int, key string, value any) response {
	return response{status: status, body: map[string]any{key: value}}
}

// emptyList answers with the list of what cannot be created.
func emptyList(key string) handler {
	return func(call) (response, error) { return newResponse(http.StatusOK, key, []any{}), nil }
}

// flag returns a query parameter that is a boolean, false if it is absent.
func (c call) flag(name string) bool { return c.query[name] == true }

// text returns a query parameter that is a text.
func (c call) text(name string) string { return toText(c.query[name]) }

// list returns a query parameter that is a list.
func (c call) list(name string) []string { return convertJSON[[]string](c.query[name]) }

// number returns a query parameter that is a number.
func (c call) number(name string, fallback int) int {
	if n, ok := c.query[name].(float64); ok {
		return int(n)
	}
	return fallback
}

// matches reports whether the query parameters of a call are absent or, in a list or alone, equal to these values.
func (c call) matches(values map[string]string) bool {
	for name, value := range values {
		given, filtered := c.query[name]
		if filtered && !slices.ContainsFunc(asList(given), func(v any) bool { return toText(v) == value }) {
			return false
		}
	}
	return true
}

// An apiError is an error as the API returns it.
type apiError struct {
	status  int
	code    string
	message string
	details any
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func invalidRequest(format string, args ...any) *apiError {
	return &apiError{status: http.StatusUnprocessableEntity, code: "invalid_request", message: fmt.Sprintf(format, args...)}
}

func notFound(kind, id string) *apiError {
	return identifierError(http.StatusNotFound, "not_found", "was not found", kind, id)
}

func conflict(kind, id string) *apiError {
	return identifierError(http.StatusConflict, "conflict", "already exists", kind, id)
}

func hasDependents(kind, id string) *apiError {
	return identifierError(http.StatusUnprocessableEntity, "has_dependents", "has dependents", kind, id)
}

func identifierError(status int, code, reason, kind, id string) *apiError {
	return &apiError{
		status: status, code: code, message: fmt.Sprintf("%s with identifier %q %s", kind, id, reason),
		details: map[string]any{"resource": kind, "with": "identifier", "values": []any{id}},
	}
}

// find returns the element of a store, or the error of the API.
func find[T any](store map[string]T, kind, id string) (T, error) {
	v, ok := store[id]
	if !ok {
		return v, notFound(kind, id)
	}
	return v, nil
}

// checkRename returns the error of the API for a change of an element that is absent, or to an identifier that is taken.
func checkRename[T any](store map[string]T, kind, id, newID string) error {
	if _, err := find(store, kind, id); err != nil {
		return err
	}
	if _, taken := store[newID]; taken && newID != id {
		return conflict(kind, newID)
	}
	return nil
}

func rename[T any](store map[string]T, id, newID string) {
	if v, ok := store[id]; ok && newID != id {
		store[newID] = v
		delete(store, id)
	}
}

// locked returns a handler that calls h with the lock.
func (s *Server) locked(h handler) handler {
	return func(c call) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return h(c)
	}
}

// serveAPI returns the handler of the API.
func (s *Server) serveAPI() http.HandlerFunc {
	handlers := s.handlers()
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Trace-Id", randomHex(32))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		s.setRateLimitHeaders(w.Header())
		result, err := s.handle(handlers, r)
		body := map[string]any{"ok": err == nil}
		if apiErr, ok := errors.AsType[*apiError](err); ok {
			result = response{status: apiErr.status}
			body["error"], body["message"] = apiErr.code, apiErr.message
			if apiErr.details != nil {
				body["details"] = apiErr.details
			}
		} else if err != nil {
			result = response{status: http.StatusInternalServerError}
			body["error"], body["message"] = "internal_error", "Internal Server Error"
		}
		maps.Copy(body, result.body)
		w.WriteHeader(cmp.Or(result.status, http.StatusOK))
		_ = json.NewEncoder(w).Encode(body)
	}
}

// handle checks a request against its route and calls the handler.
func (s *Server) handle(handlers map[string]handler, r *http.Request) (response, error) {
	route, path := findRoute(r)
	h := handlers[route.Name]
	if h == nil {
		return response{}, &apiError{
			status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("Route %s:%s not found", r.Method, r.URL.Path),
		}
	}
	if route.Body != "credentials" {
		if err := s.authorize(r); err != nil {
			return response{}, err
		}
	}
	query, err := route.parseQuery(r.URL.Query())
	if err != nil {
		return response{}, err
	}
	var body any
	if route.Body != "" {
		if body, err = readBody(r, route.Body); err != nil {
			return response{}, err
		}
	}
	return h(call{path: path, query: query, body: body})
}

// readBody reads a request body that conforms to a schema of schemas.json.
func readBody(r *http.Request, schema string) (body any, err error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		return nil, invalidRequest("body could not be read")
	}
	if len(data) > maxRequestBytes {
		return nil, &apiError{
			status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "Request body is too large (limit is 1MiB)",
		}
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, invalidRequest("body is not valid JSON: %v", err)
	}
	return body, validateSchema(schema, "", body)
}
