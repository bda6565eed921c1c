package bot_test

import (
	"testing"

	"foghorn/bot"
	"foghorn/bot/testenv"
)

// TestStart_StoreNotOpen uses a bot whose cluster does not answer yet: the form opens, and its submission is refused with
// the input kept. The Home tab has its buttons.
func TestStart_StoreNotOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the cluster first")
	}
	t.Parallel()
	e := testenv.New(t)
	e.EditConfig = func(cfg *bot.Config) { cfg.Cluster.URL = "nats://127.0.0.1:1" }
	e.StartWithoutStore()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "too early", "Severity", "Major", "Visibility", "public")
	e.ExpectNotSaved(form)
	if v, err := form.Value("Name"); err != nil || len(v) != 1 || v[0] != "too early" {
		t.Errorf("the input is %v, %v", v, err)
	}
	openHome(t, e, testenv.Alice, "Create incident.io Incident (Webhook) (/incident)", "Your requests can't be shown at the moment")
	base := e.ServeHTTP()
	if ok, problems, _ := e.Readiness(base); ok || problems["store"] == "" || problems["slack"] != "" {
		t.Errorf("/readyz says %v, %v", ok, problems)
	}
}
