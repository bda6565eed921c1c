package port_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/port"
)

// BenchmarkListRuns lists 1,000 active runs, as the bot does a few times a second under load.
func BenchmarkListRuns(b *testing.B) {
	var runs []string
	for n := range port.MaxRuns {
		runs = append(runs, fmt.Sprintf(`{"id":"r_%016d","action":{"identifier":"create_incident_io_incident_webhook","title":"Create an incident","icon":"incident","deleted":false},
			"requiredApproval":false,"source":"API","status":"IN_PROGRESS","statusLabel":null,"link":[],"summary":"","approval":null,
			"createdBy":"auth0|650000000000000000000000","updatedBy":"auth0|650000000000000000000000","createdAt":"2026-05-01T10:11:12.345Z","updatedAt":"2026-05-01T10:11:12.345Z"}`, n))
	}
	body := []byte(`{"ok":true,"runs":[` + strings.Join(runs, ",") + `]}`)
	c := port.New(port.Config{BaseURL: "http://h", ClientID: "id", ClientSecret: "secret", HTTP: &http.Client{Transport: fixedResponse{body, 200}}})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := c.ListRuns(b.Context(), port.RunsQuery{Active: true, Limit: port.MaxRuns}); err != nil || len(got) != port.MaxRuns {
			b.Fatal(len(got), err)
		}
	}
}

// BenchmarkCreateRun measures the client itself, without the network.
func BenchmarkCreateRun(b *testing.B) {
	c := port.New(port.Config{BaseURL: "http://h", ClientID: "id", ClientSecret: "secret", HTTP: &http.Client{Transport: fixedResponse{[]byte(runJSON), 202}}})
	run := port.RunRequest{Action: "x", RunAs: "a@b", Properties: map[string]any{"title": "Checkout errors", "severity": "Major"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.CreateRun(b.Context(), run); err != nil {
			b.Fatal(err)
		}
	}
}
