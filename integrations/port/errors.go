package port

import (
	"cmp"
	"encoding/json"
	"net/http"

	"foghorn/integrations/rest"
)

// refusals are the statuses with which Port says that it did nothing, and that the same request gets the same answer.
// What other statuses mean is said in package rest: 429 did nothing and is accepted later; all others, such as 408 and
// 5xx, leave open whether the request was carried out.
// https://docs.port.io/api-reference/port-api
var refusals = []int{
	http.StatusBadRequest,
	http.StatusUnauthorized, // with a new token too: the credentials; see ErrCredentials. No request of the process succeeds
	http.StatusForbidden,    // the role or the permissions, or the address is not on the organization's list
	http.StatusNotFound,
	http.StatusMethodNotAllowed,
	http.StatusConflict, // it exists already
	http.StatusGone,
	http.StatusRequestEntityTooLarge, // more than 1 MiB
	http.StatusUnprocessableEntity,   // the route's schema, or the action's inputs
}

// refusesCredentials reports that e says that the client id or secret is wrong. A 404 of Port means an unknown client.
func refusesCredentials(e *rest.Error) bool {
	return rest.IsUnauthorized(e) || rest.IsNotFound(e) || rest.IsRejected(e) && e.Status == http.StatusUnprocessableEntity
}

// parseError reads Port's error body: {ok: false, error, message, details}. Newer routes send an object with the same
// members as error. A body without "ok": false is not Port's. https://docs.port.io/api-reference/port-api
func parseError(_ int, h http.Header, body []byte) *rest.Error {
	var outer struct {
		OK      *bool           `json:"ok"`
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	_ = json.Unmarshal(body, &outer)
	if outer.OK == nil || *outer.OK {
		return nil
	}
	var inner struct {
		Name    string          `json:"name"`
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	_ = json.Unmarshal(outer.Error, &inner)
	e := &rest.Error{
		Code:      cmp.Or(parseString(outer.Error), inner.Name, inner.Code),
		Message:   cmp.Or(outer.Message, inner.Message),
		RequestID: h.Get("X-Trace-Id"),
		Details:   parseDetails(outer.Details),
	}
	if e.Details == nil {
		e.Details = parseDetails(inner.Details)
	}
	return e
}
