package incidentiotest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"foghorn/integrations/emulator"
)

// RateLimit refuses the next requests with the general limit of a key: a 429 that says when to come
// back, in the header in whole seconds and in the body as a time.
// https://docs.incident.io/api-reference/introduction#rate-limits
func (s *Server) RateLimit(times int, after time.Duration) {
	seconds := max(1, int(after.Round(time.Second)/time.Second))
	body := errorBody(http.StatusTooManyRequests, "too_many_requests", apiError{
		Code:    "too_many_requests",
		Message: "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests.",
	})
	body["rate_limit"] = map[string]any{
		"name": "api_key_name", "limit": 1200, "remaining": 0,
		"retry_after": time.Now().Add(time.Duration(seconds) * time.Second).UTC().Format(time.RFC3339),
	}
	s.Plan(rateLimitFault("", times, body, http.Header{"Retry-After": {strconv.Itoa(seconds)}}))
}

// RateLimitIncidents refuses the next new incidents with their own hourly limit, which does not
// say when to come back. The vendor's words for it are not known.
func (s *Server) RateLimitIncidents(times int) {
	s.Plan(rateLimitFault("/v2/incidents", times, errorBody(http.StatusTooManyRequests, "rate_limit_reached", apiError{
		Code: "rate_limit_reached", Message: "Too many incidents were created in the last hour.",
	}), http.Header{}))
}

// rateLimitFault is a 429 with body, where the path ends in path.
func rateLimitFault(path string, times int, body map[string]any, header http.Header) emulator.Fault {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // only JSON values are in it
	}
	header.Set("Content-Type", "application/json")
	f := emulator.Fault{Path: path, Times: times, Status: http.StatusTooManyRequests, Header: header, Body: string(data)}
	if path != "" {
		f.Method = http.MethodPost
	}
	return f
}
