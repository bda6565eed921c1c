package incidentiotest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// timeLayout is the format of times. The number of digits of the fraction varies, as it does in
// the vendor's answers.
const timeLayout = "2006-01-02T15:04:05.999Z07:00"

// A handler answers a call to the API with a status and a body.
type handler func(*http.Request) (int, any)

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

func malformed() (int, any) {
	return http.StatusBadRequest, newErrorBody(http.StatusBadRequest, "invalid_request_error", apiError{
		Code: "malformed", Message: "The request body could not be read as JSON",
	})
}

func notFound() (int, any) {
	return http.StatusNotFound, newErrorBody(http.StatusNotFound, "not_found", apiError{Code: "not_found", Message: "Resource not found"})
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, role string, h handler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, role, h) })
	}
	handle("POST /v2/incidents", roleCreator, s.createIncident)
	handle("GET /v2/incidents", roleViewer, s.listIncidents)
	handle("GET /v2/incidents/{id}", roleViewer, s.getIncident)
	handle("POST /v2/incidents/{id}/actions/edit", roleEditor, s.editIncident)
	handle("GET /v2/incident_updates", roleViewer, s.listUpdates)
	handle("GET /v1/custom_field_options", roleViewer, s.listOptions)
	handle("GET /v1/identity", "", s.getIdentity)
	handleItems(s, handle, "/v1/severities", "severity", s.severitiesLocked, func(a apiSeverity) string { return a.ID })
	handleItems(s, handle, "/v1/incident_statuses", "incident_status", s.statusesLocked, func(a apiStatus) string { return a.ID })
	handleItems(s, handle, "/v1/incident_types", "incident_type", s.typesLocked, func(a apiType) string { return a.ID })
	handleItems(s, handle, "/v2/incident_roles", "incident_role", roles, func(a apiRole) string { return a.ID })
	handleItems(s, handle, "/v2/custom_fields", "custom_field", s.fieldsLocked, func(a apiField) string { return a.ID })
	// incident.io answers an unknown route with an empty body, before it checks the key.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// handleItems adds the routes of a list without pages, and of one of its items, whose member in the body is given.
func handleItems[T any](s *Server, handle func(pattern, role string, h handler), path, member string, listLocked func() []T, id func(T) string) {
	handle("GET "+path, roleViewer, func(*http.Request) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return http.StatusOK, map[string]any{path[len("/v1/"):]: listLocked()}
	})
	handle("GET "+path+"/{id}", roleViewer, func(r *http.Request) (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, item := range listLocked() {
			if id(item) == r.PathValue("id") {
				return http.StatusOK, map[string]any{member: item}
			}
		}
		return notFound()
	})
}

// serveAPI answers a call for which the key needs a role; "" for none.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, role string, h handler) {
	var status int
	var body any
	if err := s.authenticate(r); err != nil {
		status, body = http.StatusUnauthorized, newErrorBody(http.StatusUnauthorized, "authentication_error", *err)
	} else {
		if status, body = http.StatusForbidden, missingRole(role); s.hasRole(r, role) {
			status, body = h(r)
		}
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

// authenticate returns the error of a request without a valid key, or nil.
func (s *Server) authenticate(r *http.Request) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := bearerKey(r)
	_, isKnown := s.keys[key]
	switch {
	case key == "":
		return &apiError{Code: "missing_authorization_material", Message: "No authorization material provided in request"}
	case !isKnown:
		return &apiError{Code: "access_token_invalid", Message: "Access token is not valid"}
	}
	return nil
}
