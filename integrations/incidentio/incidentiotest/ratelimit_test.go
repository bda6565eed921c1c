package incidentiotest_test

import (
	"net/http"
	"testing"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
)

func TestRateLimit_Headers(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	s.RateLimit(1, 2*time.Second)
	a := callAPI(t, s, s.APIKey, http.MethodGet, "/v1/severities", "")
	if wait := time.Until(a.body.RateLimit.RetryAfter); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "2" || a.body.Type != "too_many_requests" || wait > 2*time.Second {
		t.Errorf("%d %v %s", a.status, a.header, a.data)
	}
	s.RateLimitIncidents(1)
	if a := callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents", ""); a.status != http.StatusOK || a.header.Get("X-RateLimit-Limit") == "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	body := `{"idempotency_key":"k","visibility":"public","severity_id":"` + minorID + `"}`
	if a := createIncident(t, s, body); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "" || a.body.Type != "rate_limit_reached" {
		t.Errorf("%d %v %s", a.status, a.header, a.data)
	}
	if a := createIncident(t, s, body); a.status != http.StatusOK || len(s.Incidents()) != 1 {
		t.Errorf("after the limit: %d %s", a.status, a.data)
	}
}
