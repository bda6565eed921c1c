package bot_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

const webhookSecret = "a secret that Port shares"

func TestWebhook_RunEnded(t *testing.T) {
	e := testenv.New(t)
	e.RequireApproval()
	e.Start()
	base := e.ServeHTTP()
	e.Declare(testenv.Alice, testenv.General, "pushed", "Minor", "public")
	e.ExpectMessage(testenv.Alice, "approv")
	run := e.Port.Runs()[0].ID
	if err := e.Port.Approve(e.Context(), run); err != nil {
		t.Fatal(err)
	}
	if status := e.SendWebhook(base, `{"runId":"`+run+`"}`, webhookSecret, time.Now()); status != http.StatusOK {
		t.Errorf("the webhook got %d", status)
	}
	e.ExpectMessage(testenv.General, "pushed")
	if _, metrics := e.Get(base + "/metrics"); !strings.Contains(metrics, `foghorn_port_webhooks_total{outcome="accepted"} 1`) {
		t.Error("the webhook was not counted as accepted")
	}
}

// TestWebhook_WithoutPolling has a Port whose list never shows that a run has ended. The webhook
// of the automation that apply creates wakes the request.
func TestWebhook_WithoutPolling(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.KeepRunsInProgress()
	e.Start()
	set, _ := manifests.Render(manifests.Organization{}, manifests.Options{BotURL: e.ServeHTTPWithSecret(e.Port.ClientSecret)})
	if err := e.Port.PutAction(set.Webhook); err != nil {
		t.Fatal(err)
	}
	e.OpenForm(testenv.Alice, testenv.General, "/incident") // the definition is known now
	stale := func(runs string) {
		e.Port.ClearFaults()
		e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/runs", Method: http.MethodGet, Status: http.StatusOK, Body: `{"ok":true,"runs":[` + runs + `]}`})
	}
	e.Declare(testenv.Alice, testenv.General, "pushed", "Minor", "public")
	e.WaitFor("Port has the run", func() bool { return len(e.Port.Runs()) == 1 })
	run := e.Port.Runs()[0].ID
	stale(`{"id":"` + run + `","status":"IN_PROGRESS"}`)
	reads := func() (n int) {
		for _, c := range e.Port.Calls("/v1/actions/runs/" + run) {
			if c.Method == http.MethodGet {
				n++
			}
		}
		return n
	}
	lists := func() int { return len(e.Port.Calls("/v1/actions/runs")) }
	before := lists()
	e.WaitFor("a stale list was read", func() bool { return lists() >= before+2 })
	looked := reads()
	if err := e.Port.EndRun(run, porttest.Success, ""); err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage(testenv.General, "")
	if n := reads() - looked; n != 1 {
		t.Errorf("the run was read %d times after its end", n)
	}
}

func TestWebhook_Rejected(t *testing.T) {
	e := testenv.New(t).Start()
	base := e.ServeHTTP()
	now, body := time.Now(), `{"runId":"r_unknown"}`
	for _, push := range []struct {
		name, body, secret string
		at                 time.Time
		want               int
	}{
		{"of another's run", body, webhookSecret, now, http.StatusOK},
		{"replayed", body, webhookSecret, now, http.StatusConflict},
		{"forged", body, "guessed", now, http.StatusUnauthorized},
		{"old", body, webhookSecret, now.Add(-6 * time.Minute), http.StatusUnauthorized},
		{"early", body, webhookSecret, now.Add(6 * time.Minute), http.StatusUnauthorized},
		{"unreadable", "[]", webhookSecret, now, http.StatusBadRequest},
		{"too large", strings.Repeat(" ", 1<<20+1), webhookSecret, now, http.StatusRequestEntityTooLarge},
	} {
		if got := e.SendWebhook(base, push.body, push.secret, push.at); got != push.want {
			t.Errorf("%s: %d, want %d", push.name, got, push.want)
		}
	}
	_, metrics := e.Get(base + "/metrics")
	for outcome, n := range map[string]string{"unknown_run": "1", "replayed": "1", "bad_signature": "1", "stale": "2", "invalid": "1", "too_large": "1"} {
		if line := `foghorn_port_webhooks_total{outcome="` + outcome + `"} ` + n + "\n"; !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}

func TestHTTP_HealthReadinessMetrics(t *testing.T) {
	e := testenv.New(t).Start()
	base := e.ServeHTTP()
	if status, _ := e.Get(base + "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	e.Declare(testenv.Alice, testenv.General, "measured", "Minor", "public")
	e.ExpectMessage(testenv.General, "measured")
	e.WaitIdle()
	if status, body := e.Get(base + "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d %s", status, body)
	}
	_, metrics := e.Get(base + "/metrics")
	for _, name := range []string{
		"commands_total", "submissions_total", "slack_ack_duration_seconds", "requests_total", "notification_delay_seconds",
		"slack_connections", "runs_in_flight", "requests_pending", "oldest_pending_age_seconds", "store_bytes",
	} {
		if !strings.Contains(metrics, "# TYPE foghorn_"+name+" ") {
			t.Errorf("/metrics lacks foghorn_%s", name)
		}
	}
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	status, body := e.Get(base + "/readyz")
	var answer struct {
		OK     bool
		Errors map[string]string
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if status != http.StatusServiceUnavailable || answer.OK || answer.Errors["slack"] == "" || answer.Errors["store"] == "" {
		t.Errorf("/readyz of a stopped bot: %d %s", status, body)
	}
}
