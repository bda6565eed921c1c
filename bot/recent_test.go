package bot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

const recentHeading = "declared in the last hour"

// newRecentEnv is an environment whose bot shows recent incidents, which it reads with a key that sees private ones.
func newRecentEnv(t *testing.T, e *testenv.Env) (key string) {
	t.Helper()
	key = e.IncidentIO.AddKey("viewer", "global_access")
	client := incidentio.New(incidentio.Config{BaseURL: e.IncidentIO.URL(), APIKey: key})
	t.Cleanup(client.Close)
	edit := e.EditConfig
	e.EditConfig = func(c *bot.Config) { edit(c); c.Incidents = client }
	return key
}

// addIncident declares an incident in incident.io.
func addIncident(t *testing.T, e *testenv.Env, name string, members map[string]any) {
	t.Helper()
	in := map[string]any{"idempotency_key": name, "visibility": "public", "name": name, "severity_id": e.IncidentIO.Severities()[0].ID}
	for k, v := range members {
		in[k] = v
	}
	callIncidentIO(t, e, e.IncidentIO.APIKey, "/v2/incidents", in)
}

// callIncidentIO sends a request to incident.io.
func callIncidentIO(t *testing.T, e *testenv.Env, key, path string, body any) {
	t.Helper()
	data, _ := json.Marshal(body)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, e.IncidentIO.URL()+path, bytes.NewReader(data))
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %v, %v", path, res, err)
	}
	_ = res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}

// waitForm opens forms until one shows what is wanted.
func waitForm(t *testing.T, e *testenv.Env, who, what string, fits func(*slacktest.Modal) bool) *slacktest.Modal {
	t.Helper()
	for ctx := e.Context(); ; {
		form := e.OpenForm(who, testenv.General, "/incident")
		for until := time.Now().Add(500 * time.Millisecond); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
			if fits(form) {
				return form
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("no form shows %s: %s", what, form.Text())
		}
		if err := form.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func shows(texts ...string) func(*slacktest.Modal) bool {
	return func(m *slacktest.Modal) bool {
		for _, text := range texts {
			if !strings.Contains(m.Text(), text) {
				return false
			}
		}
		return true
	}
}

func hides(texts ...string) func(*slacktest.Modal) bool {
	return func(m *slacktest.Modal) bool {
		for _, text := range texts {
			if strings.Contains(m.Text(), text) {
				return false
			}
		}
		return true
	}
}

// TestRecent_Life declares an incident, which the form of the next person shows until it is private or closed.
func TestRecent_Life(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]incidentiotest.Edit{
		"becomes private": {Visibility: "private"}, "closed": {Status: "Closed"}, "declined": {Status: "Declined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			newRecentEnv(t, e)
			e.Start()
			if form := e.OpenForm(testenv.Alice, testenv.General, "/incident"); !hides(recentHeading)(form) {
				t.Errorf("without incidents the form shows %s", form.Text())
			}
			e.Declare(testenv.Alice, testenv.General, "API is slow", "Major", "public")
			e.Declare(testenv.Alice, testenv.General, "Breach", "Major", "private")
			e.WaitFor("both exist", func() bool { return len(e.IncidentIO.Incidents()) == 2 })
			form := waitForm(t, e, testenv.Bob, "the incident", shows(recentHeading, "INC-", "API is slow", "Major", "declared by", testenv.Alice, "just now"))
			if !hides("Breach")(form) {
				t.Errorf("the form shows a private incident: %s", form.Text())
			}
			for _, i := range e.IncidentIO.Incidents() {
				if i.Name == "API is slow" {
					if !strings.Contains(string(form.JSON()), i.Permalink) {
						t.Errorf("the form has no link: %s", form.JSON())
					}
					if err := e.IncidentIO.Edit(i.ID, change); err != nil {
						t.Fatal(err)
					}
				}
			}
			waitForm(t, e, testenv.Bob, "nothing", hides(recentHeading))
		})
	}
}

// TestRecent_OnlyReal shows at most five incidents, no tests, the newest first, and what is in them as text.
func TestRecent_OnlyReal(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	newRecentEnv(t, e)
	addIncident(t, e, "Rehearsal", map[string]any{"mode": "test"})
	addIncident(t, e, "Lesson", map[string]any{"mode": "tutorial"})
	for i := range 6 {
		addIncident(t, e, fmt.Sprintf("Number %d.", i), nil)
	}
	addIncident(t, e, "<!channel> *bold* <https://evil.example|x> \u202egnp", nil)
	e.Start()
	form := waitForm(t, e, testenv.Alice, "the incidents", shows("Number 5.", "Number 2.", "<!channel> *bold* <https://evil.example|x> gnp"))
	if !hides("Rehearsal", "Lesson", "Number 1.", "Number 0.")(form) {
		t.Errorf("the form shows %s", form.Text())
	}
	e.Fill(form, "Name", "Another one", "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	e.ExpectMessage(testenv.General, "Another one")
}

// TestRecent_TypedTextStays has the incidents appear in a form in which someone is typing.
func TestRecent_TypedTextStays(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	newRecentEnv(t, e)
	addIncident(t, e, "API is slow", nil)
	e.IncidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Method: http.MethodGet, Times: 1, Delay: time.Second})
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "typed")
	e.WaitForm(form, "the incidents", shows(recentHeading, "API is slow"))
	if value, err := form.Value("Name"); err != nil || len(value) != 1 || value[0] != "typed" {
		t.Errorf("%v, %v", value, err)
	}
	e.Fill(form, "Severity", "Minor", "Visibility", "public")
	e.Submit(form)
	e.ExpectMessage(testenv.General, "typed")
}

// TestRecent_NotPermitted shows no incidents to people who may not run the action, and to others without a call more.
func TestRecent_NotPermitted(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	newRecentEnv(t, e)
	addEve(e, func(u *slacktest.User) { u.Team = "T0OTHER" })
	if err := e.Port.SetExecutePermissions(manifests.ActionID, `{"users":["alice@example.com"]}`); err != nil {
		t.Fatal(err)
	}
	addIncident(t, e, "API is slow", nil)
	e.Start()
	waitForm(t, e, testenv.Alice, "the incidents", shows("API is slow"))
	for who, reason := range map[string]string{testenv.Gus: "email", eve: "another organization", testenv.Bob: "permission"} {
		form := e.OpenForm(who, testenv.General, "/incident") // not refused yet: nothing is known about this person
		e.WaitFor(who+" is refused", func() bool {
			return strings.Contains(e.AnswerTo(who, testenv.General, "/incident"), reason)
		})
		if !hides(recentHeading)(form) {
			t.Errorf("%s sees %s", who, form.Text())
		}
	}
	lists := func() int { return len(e.IncidentIO.Calls("/v2/incidents")) }
	waitForm(t, e, testenv.Alice, "the incidents", shows("API is slow")) // the list is fresh
	slackCalls, portCalls, incidentCalls := len(e.Slack.Calls("")), len(e.Port.Calls("")), lists()
	if form := e.OpenForm(testenv.Alice, testenv.General, "/incident"); !shows("API is slow")(form) {
		t.Errorf("the form opens with %s", form.Text())
	}
	if calls := e.Slack.Calls("")[slackCalls:]; len(calls) != 1 || len(e.Port.Calls("")) != portCalls || lists() != incidentCalls {
		t.Errorf("opening the form made %v, and %d calls of Port and %d of incident.io", calls, len(e.Port.Calls(""))-portCalls, lists()-incidentCalls)
	}
}

// TestRecent_Faults opens the form at once, without incidents, whatever incident.io does.
func TestRecent_Faults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, fault := range map[string]func(s *incidentiotest.Server, key string){
		"away":         func(s *incidentiotest.Server, _ string) { s.InjectFault(emulator.Fault{DropConnection: true}) },
		"hangs":        func(s *incidentiotest.Server, _ string) { s.InjectFault(emulator.Fault{Delay: time.Minute}) },
		"rate limited": func(s *incidentiotest.Server, _ string) { s.RateLimit(1000, time.Hour) },
		"revoked":      func(s *incidentiotest.Server, key string) { s.RevokeKey(key) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t)
			key := newRecentEnv(t, e)
			addIncident(t, e, "API is slow", nil)
			fault(e.IncidentIO, key)
			e.Start()
			for range 3 {
				start := time.Now()
				form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
				if took := time.Since(start); took > 2*time.Second || !hides(recentHeading)(form) {
					t.Errorf("after %v the form shows %s", took, form.Text())
				}
			}
			if calls := len(e.IncidentIO.Calls("/v2/incidents")); calls > 2 { // one of them is addIncident's
				t.Errorf("%d calls", calls)
			}
		})
	}
}

// TestRecent_Off makes no call if the setting is off.
func TestRecent_Off(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	newRecentEnv(t, e)
	edit := e.EditConfig
	e.EditConfig = func(c *bot.Config) { edit(c); c.HideRecent = true }
	addIncident(t, e, "API is slow", nil)
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "x", "Severity", "Minor", "Visibility", "private")
	e.Submit(form)
	e.WaitIdle()
	for _, c := range e.IncidentIO.Calls("/v2/incidents") {
		if c.Method == http.MethodGet {
			t.Errorf("a call %s %s", c.Path, c.Query)
		}
	}
}

// TestRecent_Pages shows the incidents on the first page only, and again when one goes back to it.
func TestRecent_Pages(t *testing.T) {
	t.Parallel()
	var fields, order []string
	for i := range 120 {
		fields, order = append(fields, fmt.Sprintf(`"f%d":{"type":"string"}`, i)), append(order, fmt.Sprintf(`"f%d"`, i))
	}
	e := newEnvWithAction(t, createAction(strings.Join(fields, ","), `,"order":[`+strings.Join(order, ",")+`]`))
	newRecentEnv(t, e)
	for i := range 5 {
		addIncident(t, e, fmt.Sprintf("%d %s", i, strings.Repeat("障", 250)), nil)
	}
	e.Start()
	form := waitForm(t, e, testenv.Alice, "the incidents", shows(recentHeading))
	e.Fill(form, "f0", "first")
	if r := submit(t, e, form); r.Closed || !hides(recentHeading)(form) {
		t.Fatalf("%+v; the second page shows %s", r, form.Text())
	}
	if _, err := form.ClickButton(e.Context(), "Back"); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(form, "the incidents again", shows(recentHeading, "1 of "))
	if value, err := form.Value("f0"); err != nil || len(value) != 1 || value[0] != "first" {
		t.Errorf("%v, %v", value, err)
	}
}

// TestRecent_FirstPageByAck shows the incidents also on a first page that is the answer to a submission.
func TestRecent_FirstPageByAck(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"c":{"type":"string"},"d":{"type":"string","visible":{"jqQuery":".form.c == \"on\""}}`, ``))
	newRecentEnv(t, e)
	addIncident(t, e, "API is slow", nil)
	e.Start()
	form := waitForm(t, e, testenv.Alice, "the incidents", shows(recentHeading))
	e.Slack.InjectFault(emulator.Fault{Path: "views.update", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}})
	e.ChangeField(form, "c", "on")
	if r := submit(t, e, form); r.Closed || !hasLabel("d")(form) || !shows(recentHeading, "API is slow")(form) {
		t.Errorf("the form shows %s", form.Text())
	}
}
