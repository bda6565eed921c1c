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
	"strings"
	"unicode/utf8"

	"foghorn/integrations/emulator"
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

// locked returns a handler that calls h with the lock.
func (s *Server) locked(h handler) handler {
	return func(c call) (response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return h(c)
	}
}

// serveAPI answers the calls to the API.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Trace-Id", randomHex(32))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	s.setRateLimitHeaders(w.Header())
	result, err := s.handle(r)
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

// handle checks a request against its route and calls the handler.
func (s *Server) handle(r *http.Request) (response, error) {
	route, path := findRoute(r)
	h := s.handlers[route.Name]
	if h == nil {
		emulator.RefuseUnmodeled(r, "route")
		return response{}, &apiError{
			status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("Route %s:%s not found", r.Method, r.URL.Path),
		}
	}
	if route.Body != "credentials" {
		if err := s.authorize(r); err != nil {
			return response{}, err
		}
	}
	query, err := route.parseQuery(r.URL.RawQuery)
	if err != nil {
		emulator.RefuseUnmodeled(r, err.Error())
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

func readBody(r *http.Request, schema string) (any, error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		return nil, invalidRequest("body could not be read")
	}
	if len(data) > maxRequestBytes {
		return nil, &apiError{
			status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "Request body is too large (limit is 1MiB)",
		}
	}
	return parseBody(data, schema)
}

// maxDepth is how deep a body, and with it a template and a search, can be nested.
const maxDepth = 1000

// parseBody reads JSON that conforms to a schema of schemas.json, or to any with "".
func parseBody(data []byte, schema string) (body any, err error) {
	switch err := json.Unmarshal(data, &body); {
	case err != nil:
		return nil, invalidRequest("body is not valid JSON: %v", err)
	case strings.ContainsRune(stringify(body), utf8.RuneError): // in place of what is no text
		return nil, invalidRequest("body has text that is not valid UTF-8, or has half of a surrogate pair")
	case depthOf(body) > maxDepth:
		return nil, invalidRequest("body is nested deeper than %d", maxDepth)
	case schema == "":
		return body, nil
	}
	return body, validateSchema(schema, "", body)
}

// depthOf returns how deep JSON values are nested.
func depthOf(v any) (deepest int) {
	values, _ := v.([]any)
	for _, value := range asMap(v) {
		values = append(values, value)
	}
	for _, value := range values {
		deepest = max(deepest, depthOf(value)+1)
	}
	return deepest
}
