package incidentio

import (
	"encoding/json"
	"net/http"
	"strings"

	"foghorn/integrations/rest"
)

// refusals are the statuses with which incident.io says that it did nothing, and that the same request gets the same
// answer. What other statuses mean is said in package rest.
// https://docs.incident.io/api-reference/introduction#errors
var refusals = []int{
	http.StatusBadRequest,
	http.StatusUnauthorized, // the key
	http.StatusForbidden,    // the key's roles
	http.StatusNotFound,     // or the key cannot see it
	http.StatusMethodNotAllowed,
	http.StatusNotAcceptable,
	http.StatusConflict,
	http.StatusPreconditionFailed,
	http.StatusRequestEntityTooLarge,
	http.StatusUnprocessableEntity, // a field; a missing custom field too
}

// parseError reads incident.io's error body. A body without a type and errors is not incident.io's.
// https://docs.incident.io/api-reference/introduction#errors
func parseError(_ int, h http.Header, body []byte) *rest.Error {
	var res struct {
		Type      string `json:"type"`
		RequestID string `json:"request_id"`
		Errors    []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Source  struct {
				Field string `json:"field"`
			} `json:"source"`
		} `json:"errors"`
		RateLimit struct {
			RetryAfter string `json:"retry_after"`
		} `json:"rate_limit"`
	}
	_ = json.Unmarshal(body, &res) // skips members of an unexpected type and decodes the others
	if res.Type == "" || res.Errors == nil {
		return nil
	}
	e := &rest.Error{Code: res.Type, RequestID: res.RequestID}
	e.RetryAfter = rest.ParseRetryAfter(res.RateLimit.RetryAfter, rest.ServerTime(h))
	var messages []string
	for _, d := range res.Errors {
		e.Details = append(e.Details, rest.Detail{Field: d.Source.Field, Code: d.Code, Message: d.Message})
		if d.Message != "" {
			messages = append(messages, d.Message)
		}
	}
	e.Message = strings.Join(messages, "; ")
	return e
}
