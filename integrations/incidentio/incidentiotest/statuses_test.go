package incidentiotest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
)

func TestSetStatus_EmitsEvent(t *testing.T) {
	s := newServer(t, incidentiotest.Config{})
	createIncident(t, s, `{"idempotency_key":"k1","visibility":"public","name":"Foghorn silent","severity_id":"`+majorID+`"}`)
	events := make(chan emulator.Event, 10)
	defer s.WatchAll(func(e emulator.Event) { events <- e })()
	if s.SetStatus("1", "Dancing") || s.SetStatus("2", "Fixing") || !s.SetStatus("1", "Fixing") {
		t.Error("a status or an incident that is not there was taken")
	}
	e := <-events
	body, err := json.Marshal(e.Body)
	if e.Kind != "incident" || e.Text != "INC-1 is Fixing" || err != nil || !strings.Contains(string(body), `"name":"Fixing"`) {
		t.Errorf("event %+v %s", e, body)
	}
	if got := s.Incidents()[0]; got.Status != "Fixing" || got.UpdatedAt.Before(got.CreatedAt) {
		t.Errorf("incident %+v", got)
	}
	callAPI(t, s, s.APIKey, http.MethodGet, "/v2/incidents/1", "")
	if e := <-events; e.Kind != emulator.KindCall || e.From != "foghorn" || e.To != "incident.io" || e.Text != "GET /v2/incidents/1" {
		t.Errorf("event %+v", e)
	}
}
