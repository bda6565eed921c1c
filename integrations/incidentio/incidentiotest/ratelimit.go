package incidentiotest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"foghorn/integrations/emulator"
)

// RateLimit answers the next calls with the general rate limit of a key: a 429 that has the time
// to wait in the header Retry-After, in whole seconds, and the time of the end in the body.
// https://docs.incident.io/api-reference/introduction#rate-limits
func (s *Server) RateLimit(times int, after time.Duration) {
	seconds := max(1, int(after.Round(time.Second)/time.Second))
	body := newErrorBody(http.StatusTooManyRequests, "too_many_requests", apiError{
		Code:    "too_many_requests",
		Message: "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests.",
	})
	body.RateLimit = map[string]any{
		"name": "api_key_name", "limit": 1200, "remaining": 0,
		"retry_after": time.Now().Add(time.Duration(seconds) * time.Second).UTC().Format(time.RFC3339),
	}
	f := rateLimitFault(times, body)
	f.Header.Set("Retry-After", strconv.Itoa(seconds))
	s.Plan(f)
}

// RateLimitIncidents answers the next new incidents with the hourly limit of incidents: a 429
// without a time to wait. The vendor does not document its text.
func (s *Server) RateLimitIncidents(times int) {
	f := rateLimitFault(times, newErrorBody(http.StatusTooManyRequests, "rate_limit_reached", apiError{
		Code: "rate_limit_reached", Message: "Too many incidents were created in the last hour.",
	}))
	f.Method, f.Path = http.MethodPost, "/v2/incidents"
	s.Plan(f)
}

// rateLimitFault is a 429 to every call.
func rateLimitFault(times int, body errorBody) emulator.Fault {
	data, err := json.Marshal(body)
	if err != nil {
		panic("incidentiotest: encode rate limit: " + err.Error())
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return emulator.Fault{Times: times, Status: http.StatusTooManyRequests, Header: header, Body: string(data)}
}
