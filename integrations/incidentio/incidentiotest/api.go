package incidentiotest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// timeLayout is the format of times. The number of digits of the fraction varies, as it does in
// the vendor's answers.
const timeLayout = "2006-01-02T15:04:05.999Z07:00"

// A call is a request to the API with a valid key.
type call struct {
	*http.Request
	query url.Values
	roles []string // of the key
	after func()   // is called without the lock when the answer is known; may be nil
}

// An errorBody is the body of an error.
// https://docs.incident.io/api-reference/introduction#errors
type errorBody struct {
	Type      string         `json:"type"`
	Status    int            `json:"status"`
	Errors    []apiError     `json:"errors"`
	RequestID string         `json:"request_id"`
	RateLimit map[string]any `json:"rate_limit,omitempty"` // with a 429
}

type apiError struct {
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Source  *errorSource `json:"source,omitempty"`
}

type errorSource struct {
	Field string `json:"field"`
}

func newErrorBody(status int, errorType string, errs ...apiError) errorBody {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return errorBody{
		Type: errorType, Status: status, Errors: errs,
		RequestID: fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]),
	}
}

// invalid is the response to a request with invalid fields.
func invalid(errs ...apiError) (int, any) {
	return http.StatusUnprocessableEntity, newErrorBody(http.StatusUnprocessableEntity, "validation_error", errs...)
}

func newFieldError(field, code, message string) apiError {
	return apiError{Code: code, Message: message, Source: &errorSource{Field: field}}
}

// notModeled is the response to a part of a request that the emulator does not know. The vendor documents none; an
// answer without an error would be wrong.
func (c *call) notModeled(field string) (int, any) {
	emulator.RefuseUnmodeled(c.Request, field)
	return invalid(newFieldError(field, "invalid_value", "The emulator does not model this"))
}

// decodeBody reads the body. It returns the status 0, or that of the answer.
func (c *call) decodeBody(in any) (int, any) {
	data, err := io.ReadAll(c.Body)
	if err == nil {
		err = emulator.Decode(data, in)
	}
	if err == nil {
		return 0, nil
	}
	if unknown, ok := errors.AsType[emulator.UnknownMemberError](err); ok {
		return c.notModeled(unknown.Name())
	}
	return malformed("The request body could not be read as JSON")
}

func malformed(message string) (int, any) {
	return http.StatusBadRequest, newErrorBody(http.StatusBadRequest, "invalid_request_error", apiError{Code: "malformed", Message: message})
}

func notFound() (int, any) {
	return http.StatusNotFound, newErrorBody(http.StatusNotFound, "not_found", apiError{Code: "not_found", Message: "Resource not found"})
}

// serveAPI answers calls. incident.io answers an unknown route with an empty body, before it checks the key.
func (s *Server) serveAPI() http.Handler {
	mux, known := http.NewServeMux(), routes()
	for _, route := range known {
		if route.handle != nil {
			mux.HandleFunc(route.name, func(w http.ResponseWriter, r *http.Request) { s.serveRoute(w, r, route) })
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" || r.URL.Path != path.Clean(r.URL.Path) {
			emulator.RefuseUnmodeled(r, "route")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, route route) {
	status, body, after := s.handle(r, route)
	if after != nil {
		after()
	}
	if status != http.StatusUnauthorized {
		// https://docs.incident.io/api-reference/introduction#rate-limits
		w.Header().Set("X-RateLimit-Limit", "60, 1200;window=60, 60;window=60")
		w.Header().Set("X-RateLimit-Remaining", "1199")
		w.Header().Set("X-RateLimit-Used", "1")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Second).Unix(), 10))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// handle checks the key and the parameters of a request, and calls the handler with the lock.
func (s *Server) handle(r *http.Request, route route) (status int, body any, after func()) {
	key, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	roles, isKnown := s.keys[key]
	switch {
	case !isBearer || key == "":
		return unauthorized("missing_authorization_material", "No authorization material provided in request")
	case !isKnown:
		return unauthorized("access_token_invalid", "Access token is not valid")
	case route.role != "" && !slices.Contains(roles, route.role):
		status, body = missingRole(route.role)
		return status, body, nil
	}
	c := &call{Request: r, roles: roles}
	if status, body = c.readQuery(strings.Fields(route.query)); status == 0 {
		status, body = route.handle(s, c)
	}
	return status, body, c.after
}

// readQuery reads the parameters, of which the route knows some. A name that ends in "[" stands for filters, which can
// have several values. It returns the status 0, or that of the answer.
func (c *call) readQuery(known []string) (status int, body any) {
	var err error
	if c.query, err = url.ParseQuery(c.URL.RawQuery); err != nil {
		return malformed("The query could not be read")
	}
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		base, _, isFilter := strings.Cut(name, "[")
		if isFilter {
			base += "["
		}
		if !slices.Contains(known, base) {
			return c.notModeled(name)
		}
		if !isFilter && len(c.query[name]) > 1 {
			return invalid(newFieldError(name, "invalid_value", "The parameter is there more than once"))
		}
	}
	return 0, nil
}

func unauthorized(code, message string) (int, any, func()) {
	return http.StatusUnauthorized, newErrorBody(http.StatusUnauthorized, "authentication_error", apiError{Code: code, Message: message}), nil
}

func missingRole(role string) (int, any) {
	return http.StatusForbidden, newErrorBody(http.StatusForbidden, "resource_forbidden", apiError{
		Code: "missing_permissions", Message: fmt.Sprintf("The API key lacks the role %s", role),
	})
}
