package incidentiotest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
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

func notFound() (int, any) {
	return http.StatusNotFound, newErrorBody(http.StatusNotFound, "not_found", apiError{Code: "not_found", Message: "Resource not found"})
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"POST /v2/incidents":           s.createIncident,
		"GET /v2/incidents":            s.listIncidents,
		"GET /v2/incidents/{id}":       s.getIncident,
		"GET /v1/severities":           s.listSeverities,
		"GET /v1/incident_statuses":    s.listStatuses,
		"GET /v1/incident_types":       s.listTypes,
		"GET /v2/incident_roles":       listRoles,
		"GET /v2/custom_fields":        s.listFields,
		"GET /v1/custom_field_options": s.listOptions,
		"GET /v1/identity":             s.getIdentity,
	} {
		role := roleViewer
		switch pattern {
		case "POST /v2/incidents":
			role = roleCreator
		case "GET /v1/identity":
			role = ""
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, role, h) })
	}
	// incident.io answers an unknown route with an empty body, before it checks the key.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serveAPI answers a call for which the key needs a role; "" for none.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, role string, h handler) {
	var status int
	var body any
	if err := s.authenticate(r); err != nil {
		status, body = http.StatusUnauthorized, newErrorBody(http.StatusUnauthorized, "authentication_error", *err)
	} else {
		if status, body = http.StatusForbidden, missingRole(role); s.hasRole(role) {
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
	key, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !isBearer || key == "":
		return &apiError{Code: "missing_authorization_material", Message: "No authorization material provided in request"}
	case key != s.APIKey:
		return &apiError{Code: "access_token_invalid", Message: "Access token is not valid"}
	}
	return nil
}
