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

// A refusal is an error as the API answers it.
type refusal struct {
	status  int
	code    string
	message string
	details any
}

func (e *refusal) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func invalid(format string, args ...any) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, code: "invalid_request", message: fmt.Sprintf(format, args...)}
}

func missing(kind, id string) *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("%s with identifier %q was not found", kind, id),
		details: map[string]any{"resource": kind, "with": "identifier", "values": []any{id}},
	}
}

func conflict(kind, id string) *refusal {
	return &refusal{
		status: http.StatusConflict, code: "conflict", message: fmt.Sprintf("%s with identifier %q already exists", kind, id),
		details: map[string]any{"resource": kind, "with": "identifier", "values": []any{id}},
	}
}

// An answer is a status, 0 for 200, and what goes beside "ok".
type answer struct {
	status int
	body   map[string]any
}

// A router adds a route for whoever has a token.
type router func(pattern string, h func(*http.Request) (answer, error))

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h func(*http.Request) (answer, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.reply(w, h, r) })
	}
	closed := func(pattern string, h func(*http.Request) (answer, error)) {
		open(pattern, func(r *http.Request) (answer, error) {
			if err := s.authorize(r); err != nil {
				return answer{}, err
			}
			return h(r)
		})
	}
	open("POST /v1/auth/access_token", s.accessToken)
	s.runRoutes(closed)
	s.actionRoutes(closed)
	s.blueprintRoutes(closed)
	s.secretRoutes(closed)
	s.peopleRoutes(closed)
	s.entityRoutes(closed)
	s.searchRoutes(closed)
	open("/", unknownRoute)
	return mux
}

func unknownRoute(r *http.Request) (answer, error) {
	return answer{}, &refusal{status: http.StatusNotFound, code: "not_found", message: fmt.Sprintf("Route %s:%s not found", r.Method, r.URL.Path)}
}

func (s *Server) reply(w http.ResponseWriter, h func(*http.Request) (answer, error), r *http.Request) {
	w.Header().Set("X-Trace-Id", random(32))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	s.limits(w.Header())
	a, err := h(r)
	body := map[string]any{"ok": err == nil}
	if refused, ok := errors.AsType[*refusal](err); ok {
		a = answer{status: refused.status}
		body["error"], body["message"] = refused.code, refused.message
		if refused.details != nil {
			body["details"] = refused.details
		}
	} else if err != nil {
		a = answer{status: http.StatusInternalServerError}
		body["error"], body["message"] = "internal_error", "Internal Server Error"
	}
	for k, v := range a.body {
		body[k] = v
	}
	w.WriteHeader(cmp.Or(a.status, http.StatusOK))
	_ = json.NewEncoder(w).Encode(body)
}

// decode reads a body that a schema of the file allows, to the letter of its names.
func decode(r *http.Request, name string, into any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxRequest+1))
	if err != nil {
		return invalid("body could not be read")
	}
	if len(data) > MaxRequest {
		return &refusal{status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "Request body is too large (limit is 1MiB)"}
	}
	var body any
	if err := json.Unmarshal(data, &body); err != nil {
		return invalid("body is not valid JSON: %v", err)
	}
	if err := valid(name, "", body); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return invalid("body is not valid: %v", err)
	}
	return nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)[:n]
}

// stampLayout is how Port writes times, in UTC.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// copyOf is a deep copy of a value of JSON.
func copyOf[T any](v T) (out T) {
	data, err := json.Marshal(v)
	if err == nil {
		_ = json.Unmarshal(data, &out)
	}
	return out
}
