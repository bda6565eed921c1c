package porttest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A apiError is an error as the API answers it.
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
	return &apiError{
		status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("%s with identifier %q was not found", kind, id),
		details: map[string]any{"resource": kind, "with": "identifier", "values": []any{id}},
	}
}

func conflict(kind, id string) *apiError {
	return &apiError{
		status: http.StatusConflict, code: "conflict", message: fmt.Sprintf("%s with identifier %q already exists", kind, id),
		details: map[string]any{"resource": kind, "with": "identifier", "values": []any{id}},
	}
}

// An response is a status, 0 for 200, and what goes beside "ok".
type response struct {
	status int
	body   map[string]any
}

// A routeFunc adds a route for whoever has a token.
type routeFunc func(pattern string, h func(*http.Request) (response, error))

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h func(*http.Request) (response, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.writeResponse(w, h, r) })
	}
	closed := func(pattern string, h func(*http.Request) (response, error)) {
		open(pattern, func(r *http.Request) (response, error) {
			if err := s.authorize(r); err != nil {
				return response{}, err
			}
			return h(r)
		})
	}
	open("POST /v1/auth/access_token", s.createAccessToken)
	s.runRoutes(closed)
	s.actionRoutes(closed)
	s.blueprintRoutes(closed)
	s.secretRoutes(closed)
	s.userRoutes(closed)
	s.entityRoutes(closed)
	s.searchRoutes(closed)
	open("/", unknownRoute)
	return mux
}

func unknownRoute(r *http.Request) (response, error) {
	return response{}, &apiError{status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("Route %s:%s not found", r.Method, r.URL.Path)}
}

func (s *Server) writeResponse(w http.ResponseWriter, h func(*http.Request) (response, error), r *http.Request) {
	w.Header().Set("X-Trace-Id", randomHex(32))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	s.setRateLimitHeaders(w.Header())
	a, err := h(r)
	body := map[string]any{"ok": err == nil}
	if refused, ok := errors.AsType[*apiError](err); ok {
		a = response{status: refused.status}
		body["error"], body["message"] = refused.code, refused.message
		if refused.details != nil {
			body["details"] = refused.details
		}
	} else if err != nil {
		a = response{status: http.StatusInternalServerError}
		body["error"], body["message"] = "internal_error", "Internal Server Error"
	}
	for k, v := range a.body {
		body[k] = v
	}
	w.WriteHeader(cmp.Or(a.status, http.StatusOK))
	_ = json.NewEncoder(w).Encode(body)
}

// decodeBody reads a body that a schema of the file allows, to the letter of its names.
func decodeBody(r *http.Request, name string, into any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxRequestBytes+1))
	if err != nil {
		return invalidRequest("body could not be read")
	}
	if len(data) > MaxRequestBytes {
		return &apiError{status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "Request body is too large (limit is 1MiB)"}
	}
	var body any
	if err := json.Unmarshal(data, &body); err != nil {
		return invalidRequest("body is not valid JSON: %v", err)
	}
	if err := validateSchema(name, "", body); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return invalidRequest("body is not valid: %v", err)
	}
	return nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)[:n]
}

// timeLayout is how Port writes times, in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// deepCopy is a deep copy of a value of JSON.
func deepCopy[T any](v T) (out T) {
	data, err := json.Marshal(v)
	if err == nil {
		_ = json.Unmarshal(data, &out)
	}
	return out
}
