package porttest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// A handler answers a call to the API. Its error is an *apiError, or becomes a 500.
type handler func(*http.Request) (response, error)

// A response is a status, where 0 means 200, and the keys of the body beside "ok".
type response struct {
	status int
	body   map[string]any
}

// newResponse returns a response with one key.
func newResponse(status int, key string, value any) response {
	return response{status: status, body: map[string]any{key: value}}
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

func identifierError(status int, code, reason, kind, id string) *apiError {
	return &apiError{
		status: status, code: code, message: fmt.Sprintf("%s with identifier %q %s", kind, id, reason),
		details: map[string]any{"resource": kind, "with": "identifier", "values": []any{id}},
	}
}

// A routeFunc adds a route that requires a token.
type routeFunc func(pattern string, h handler)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	public := func(pattern string, h handler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, h) })
	}
	authorized := func(pattern string, h handler) {
		public(pattern, func(r *http.Request) (response, error) {
			if err := s.authorize(r); err != nil {
				return response{}, err
			}
			return h(r)
		})
	}
	public("POST /v1/auth/access_token", s.createAccessToken)
	public("/", unknownRoute)
	for _, add := range []func(routeFunc){
		s.actionRoutes, s.runRoutes, s.blueprintRoutes, s.entityRoutes, s.searchRoutes, s.secretRoutes, s.userRoutes, s.integrationRoutes,
	} {
		add(authorized)
	}
	return mux
}

func unknownRoute(r *http.Request) (response, error) {
	return response{}, &apiError{
		status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("Route %s:%s not found", r.Method, r.URL.Path),
	}
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, h handler) {
	w.Header().Set("X-Trace-Id", randomHex(32))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	s.setRateLimitHeaders(w.Header())
	result, err := h(r)
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

// decodeBody decodes a request body that conforms to a schema of schemas.json. The schema
// compares names with their case, which encoding/json does not.
func decodeBody(r *http.Request, schema string, into any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes+1))
	if err != nil {
		return invalidRequest("body could not be read")
	}
	if len(data) > maxRequestBytes {
		return &apiError{
			status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "Request body is too large (limit is 1MiB)",
		}
	}
	var body any
	if err := json.Unmarshal(data, &body); err != nil {
		return invalidRequest("body is not valid JSON: %v", err)
	}
	if err := validateSchema(schema, "", body); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return invalidRequest("body is not valid: %v", err)
	}
	return nil
}
