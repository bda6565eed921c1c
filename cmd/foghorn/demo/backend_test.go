package demo

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"foghorn/integrations/port/porttest"
)

// TestWebhook_Play has a result and log lines for each of the demo's own actions that call the backend.
func TestWebhook_Play(t *testing.T) {
	for action, want := range map[string]string{
		"deploy_service": porttest.Success, "restart_service": porttest.Success, "grant_database_access": porttest.Success, "other": "",
	} {
		if p, ok := (webhook{Action: action}).play(); p.status != want || ok != (want != "") || ok && len(p.steps) == 0 {
			t.Errorf("%s: %+v", action, p)
		}
	}
	failing := webhook{Action: "deploy_service"}
	failing.Inputs.Result = "failure"
	p, _ := failing.play()
	if p.status != porttest.Failure || !slices.ContainsFunc(p.steps, func(s step) bool { return strings.HasPrefix(s.log, "error: ") }) {
		t.Errorf("the failure is %+v", p)
	}
}

// TestBackend_Answers has the same answer for each webhook, and nothing is reported about runs that Port does not have.
func TestBackend_Answers(t *testing.T) {
	port := porttest.New(t, porttest.Config{})
	b := newBackend(port)
	for _, body := range []string{
		``, `{`, `[]`, `{"action":"other"}`, `{"action":"restart_service","context":{"runId":"r_none"}}`, strings.Repeat("[", maxWebhookBytes+1),
	} {
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sink", strings.NewReader(body)))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ok":true`) {
			t.Errorf("%.20s: %d %s", body, w.Code, w.Body)
		}
	}
	b.Close()
}
