package bot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logrustest "github.com/sirupsen/logrus/hooks/test"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// newCatalogEnv is an environment whose bot updates the catalog. The log gets what the bot logs.
func newCatalogEnv(t *testing.T, roles ...string) (e *testenv.Env, log *logrustest.Hook) {
	t.Helper()
	e, _ = newTrackingEnv(t, roles...)
	installManifests(t, e)
	follow, hook := e.EditConfig, new(logrustest.Hook)
	e.EditConfig = func(c *bot.Config) {
		follow(c)
		c.CatalogBlueprint = manifests.BlueprintID
		c.Log.Logger.AddHook(hook)
	}
	return e, hook
}

// installManifests writes to Port what foghorn apply does.
func installManifests(t *testing.T, e *testenv.Env) {
	t.Helper()
	client := incidentio.New(incidentio.Config{BaseURL: e.IncidentIO.URL(), APIKey: e.IncidentIO.APIKey})
	defer client.Close()
	severities, err := client.ListSeverities(t.Context())
	statuses, statusesErr := client.ListStatuses(t.Context())
	set, _ := manifests.Render(manifests.Organization{Severities: severities, Statuses: statuses}, manifests.Options{IncidentURL: e.IncidentIO.URL()})
	if err := errors.Join(err, statusesErr, e.Port.PutBlueprint(set.Blueprint), e.Port.PutAction(set.Action), e.Port.PutAction(set.Automation)); err != nil {
		t.Fatal(err)
	}
}

// declareFollowed declares an incident and waits until the bot follows it.
func declareFollowed(t *testing.T, e *testenv.Env) {
	t.Helper()
	e.Declare(testenv.Alice, testenv.General, "API is slow", "Minor", "public")
	waitShows(t, e, testenv.General, "API is slow", "<#C")
	e.WaitFollowed(1)
	waitEntity(t, e, "API is slow", nil)
}

// waitEntity waits until the entity of the incident has a title and properties.
func waitEntity(t *testing.T, e *testenv.Env, title string, properties map[string]any) porttest.Entity {
	t.Helper()
	entity, err := e.Port.WaitEntity(e.Context(), manifests.BlueprintID, func(entity porttest.Entity) bool {
		for name, want := range properties {
			if entity.Properties[name] != want {
				return false
			}
		}
		return entity.Title == title
	})
	if err != nil {
		t.Fatalf("no entity %q with %v; there are %+v", title, properties, e.Port.Entities(manifests.BlueprintID))
	}
	return entity
}

// updates are the calls that change entities.
func updates(e *testenv.Env) (calls []emulator.Call) {
	for _, c := range e.Port.Calls("") {
		if c.Method == http.MethodPatch && strings.Contains(c.Path, "/entities/") {
			calls = append(calls, c)
		}
	}
	return calls
}

func editBlueprint(t *testing.T, e *testenv.Env, edit func(schema map[string]any)) {
	t.Helper()
	raw, _ := e.Port.Blueprint(manifests.BlueprintID)
	var b map[string]any
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	edit(b["schema"].(map[string]any))
	raw, _ = json.Marshal(b)
	if err := e.Port.PutBlueprint(raw); err != nil {
		t.Fatal(err)
	}
}

// warnings are the log lines about the catalog.
func warnings(log *logrustest.Hook) (lines []string) {
	for _, entry := range log.AllEntries() {
		if entry.Level <= logrus.WarnLevel && strings.Contains(entry.Message, "Port's catalog") {
			line := entry.Message
			for _, field := range []string{"property", "value", "hint"} {
				if v, ok := entry.Data[field].(string); ok {
					line += "; " + field + ": " + v
				}
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// TestCatalog_LifeOfAnIncident raises the severity of an incident, renames and closes it. What other people change in
// Port stays, and nothing is written without a change.
func TestCatalog_LifeOfAnIncident(t *testing.T) {
	t.Parallel()
	e, log := newCatalogEnv(t)
	e.Start()
	declareFollowed(t, e)
	id := e.IncidentIO.Incidents()[0].ID
	if n := len(updates(e)); n > 0 {
		t.Errorf("%d updates without a change", n)
	}
	other := `{"identifier":"` + id + `","title":"API is slow","properties":{"description":"by bob","createdBy":"bob","status":"Triage","severity":"Minor"}}`
	if err := e.Port.PutEntity(manifests.BlueprintID, json.RawMessage(other)); err != nil {
		t.Fatal(err)
	}
	edit(t, e, incidentiotest.Edit{Severity: "Critical", Lead: incidentiotest.Person{Name: "Bob", SlackUserID: testenv.Bob}})
	entity := waitEntity(t, e, "API is slow", map[string]any{"severity": "Critical", "status": "Triage", "lead": "Bob", "description": "by bob", "createdBy": "bob"})
	if url, _ := entity.Properties["slackChannelUrl"].(string); !strings.HasPrefix(url, "https://slack.com/app_redirect?channel=C") {
		t.Errorf("the channel's URL is %q", url)
	}
	edit(t, e, incidentiotest.Edit{Status: "Fixing", Name: "API is down"})
	waitEntity(t, e, "API is down", map[string]any{"severity": "Critical", "status": "Fixing"})
	edit(t, e, incidentiotest.Edit{Summary: "no property that is followed"})
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	entity = waitEntity(t, e, "API is down", map[string]any{"status": "Closed", "createdBy": "bob"})
	e.WaitFollowed(0)
	if n := len(updates(e)); n > 4 { // an edit can be read in two parts
		t.Errorf("%d updates", n)
	}
	if w := warnings(log); len(w) > 0 {
		t.Errorf("logged %q", w)
	}
	if entity.Identifier != id {
		t.Errorf("the entity is %s", entity.Identifier)
	}
}

// TestCatalog_BecomesPrivate makes an incident private: the entity keeps what a private incident shows.
func TestCatalog_BecomesPrivate(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string][]string{"not visible to the key": nil, "visible to the key": {"global_access"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _ := newCatalogEnv(t, roles...)
			e.Start()
			declareFollowed(t, e)
			incident := e.IncidentIO.Incidents()[0]
			edit(t, e, incidentiotest.Edit{Status: "Fixing", Lead: incidentiotest.Person{Name: "Bob", SlackUserID: testenv.Bob}})
			waitEntity(t, e, "API is slow", map[string]any{"status": "Fixing", "lead": "Bob"})
			edit(t, e, incidentiotest.Edit{Visibility: "private"})
			entity := waitEntity(t, e, "Private incident "+incident.Reference, map[string]any{"visibility": "private", "status": "Fixing", "severity": "Minor", "reference": incident.Reference})
			shown := slices.Sorted(maps.Keys(entity.Properties))
			for _, name := range shown {
				if v := entity.Properties[name]; v != nil && !slices.Contains([]string{"visibility", "status", "severity", "reference", "createdAt", "createdBy"}, name) {
					t.Errorf("%s is %v", name, v)
				}
			}
			edit(t, e, incidentiotest.Edit{Visibility: "public", Name: "public again", Status: "Monitoring"})
			if len(roles) > 0 { // the others end with what cannot be read
				waitEntity(t, e, "Private incident "+incident.Reference, map[string]any{"status": "Monitoring"})
			}
		})
	}
}

// TestCatalog_Private follows an incident that was declared as private.
func TestCatalog_Private(t *testing.T) {
	t.Parallel()
	e, _ := newCatalogEnv(t, "global_access")
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "secret plan", "Minor", "private")
	e.WaitFollowed(1)
	title := "Private incident " + e.IncidentIO.Incidents()[0].Reference
	waitEntity(t, e, title, nil)
	edit(t, e, incidentiotest.Edit{Status: "Fixing", Name: "another secret", Summary: "secret", Lead: incidentiotest.Person{Name: "Bob", SlackUserID: testenv.Bob}})
	waitEntity(t, e, title, map[string]any{"status": "Fixing"})
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	entity := waitEntity(t, e, title, map[string]any{"status": "Closed"})
	if data, _ := json.Marshal(entity); strings.Contains(string(data), "secret") || strings.Contains(string(data), "Bob") {
		t.Errorf("the entity shows %s", data)
	}
}

// TestCatalog_BlueprintOfAnotherShape has a blueprint that lacks properties and a status.
func TestCatalog_BlueprintOfAnotherShape(t *testing.T) {
	t.Parallel()
	e, log := newCatalogEnv(t)
	editBlueprint(t, e, func(schema map[string]any) {
		properties := schema["properties"].(map[string]any)
		delete(properties, "lead")
		delete(properties, "slackChannelUrl")
		status := properties["status"].(map[string]any)
		status["enum"] = slices.DeleteFunc(status["enum"].([]any), func(v any) bool { return v == "Fixing" })
		properties["severity"] = map[string]any{"type": "number"}
	})
	if err := e.Port.PutAction(automationWithout(t, "severity", "slackChannelUrl")); err != nil {
		t.Fatal(err)
	}
	e.Start()
	declareFollowed(t, e)
	lead := incidentiotest.Person{Name: "Bob", SlackUserID: testenv.Bob}
	edit(t, e, incidentiotest.Edit{Severity: "Critical", Status: "Fixing", Name: "API is down", Lead: lead})
	waitEntity(t, e, "API is down", map[string]any{"status": "Triage"})
	edit(t, e, incidentiotest.Edit{Status: "Monitoring"})
	waitEntity(t, e, "API is down", map[string]any{"status": "Monitoring"})
	edit(t, e, incidentiotest.Edit{Status: "Fixing"})
	waitShows(t, e, testenv.General, "Fixing")
	want := "the blueprint does not allow the value; property: status; value: Fixing; hint: run foghorn apply"
	if w := warnings(log); len(w) != 1 || !strings.Contains(w[0], want) {
		t.Errorf("logged %q", w)
	}
}

// automationWithout is the automation as apply writes it, without properties.
func automationWithout(t *testing.T, properties ...string) json.RawMessage {
	t.Helper()
	set, _ := manifests.Render(manifests.Organization{}, manifests.Options{})
	var a map[string]any
	if err := json.Unmarshal(set.Automation, &a); err != nil {
		t.Fatal(err)
	}
	for _, name := range properties {
		delete(a["invocationMethod"].(map[string]any)["mapping"].(map[string]any)["properties"].(map[string]any), name)
	}
	raw, _ := json.Marshal(a)
	return raw
}

// TestCatalog_EntityDeleted deletes the entity: it is not created again, and this is logged once.
func TestCatalog_EntityDeleted(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e, log := newCatalogEnv(t)
	e.Start()
	declareFollowed(t, e)
	if err := e.Port.DeleteEntity(manifests.BlueprintID, e.IncidentIO.Incidents()[0].ID); err != nil {
		t.Fatal(err)
	}
	edit(t, e, incidentiotest.Edit{Status: "Fixing"})
	waitShows(t, e, testenv.General, "Fixing")
	e.WaitFor("the updates end", func() bool { return len(warnings(log)) == 2 })
	if w := warnings(log); !strings.Contains(w[1], "not updated any more; hint: someone deleted the entity") {
		t.Errorf("logged %q", w)
	}
	n := len(updates(e))
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	e.WaitFollowed(0)
	if entities := e.Port.Entities(manifests.BlueprintID); len(entities) > 0 || len(updates(e)) != n {
		t.Errorf("%d more updates; there are %+v", len(updates(e))-n, entities)
	}
}

// TestCatalog_Refused has credentials that may not change entities. This is logged once, and ends the updates; the
// details of an incident that becomes private are removed once they can be.
func TestCatalog_Refused(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	e, log := newCatalogEnv(t)
	e.Start()
	declareFollowed(t, e)
	e.Port.InjectFault(emulator.Fault{Method: http.MethodPatch, Status: 403, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	edit(t, e, incidentiotest.Edit{Status: "Fixing"})
	e.WaitFor("the updates end", func() bool { return len(warnings(log)) == 2 })
	if w := warnings(log); !strings.Contains(w[1], "hint: give the credentials in PORT_CLIENT_ID a role that may update entities") {
		t.Errorf("logged %q", w)
	}
	n := len(updates(e))
	edit(t, e, incidentiotest.Edit{Status: "Monitoring"})
	waitShows(t, e, testenv.General, "Monitoring")
	if len(updates(e)) != n {
		t.Errorf("%d more updates", len(updates(e))-n)
	}
	edit(t, e, incidentiotest.Edit{Visibility: "private"})
	e.WaitFor("the removal is tried", func() bool { return len(updates(e)) > n+1 })
	e.Port.ClearFaults()
	waitEntity(t, e, "Private incident "+e.IncidentIO.Incidents()[0].Reference, map[string]any{"url": nil, "status": "Triage"})
}

// TestCatalog_PortAway has Port fail while an incident is closed. The message does not wait for it, and the entity
// follows later, also after a restart.
func TestCatalog_PortAway(t *testing.T) {
	t.Parallel()
	e, log := newCatalogEnv(t)
	e.Start()
	declareFollowed(t, e)
	e.Port.InjectFault(emulator.Fault{Status: 503})
	edit(t, e, incidentiotest.Edit{Severity: "Critical", Status: "Closed"})
	waitShows(t, e, testenv.General, "Closed after")
	e.WaitFor("the failure is logged", func() bool { return len(warnings(log)) == 1 })
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	e.Port.ClearFaults()
	e.Start()
	waitEntity(t, e, "API is slow", map[string]any{"severity": "Critical", "status": "Closed"})
	e.WaitFollowed(0)
}

// TestCatalog_Crashes ends the process before and after the update of the entity.
func TestCatalog_Crashes(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before updating the entity", "after updating the entity"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			e, _ := newCatalogEnv(t)
			e.Start()
			declareFollowed(t, e)
			if err := e.Stop(); err != nil {
				t.Fatal(err)
			}
			follow, crashed := e.EditConfig, make(chan struct{})
			e.EditConfig = func(c *bot.Config) {
				follow(c)
				c.CrashPoint = stopAt(point, crashed)
			}
			e.Start()
			edit(t, e, incidentiotest.Edit{Status: "Fixing"})
			<-crashed
			_ = e.Stop()
			e.EditConfig = follow
			e.Start()
			waitEntity(t, e, "API is slow", map[string]any{"status": "Fixing"})
			edit(t, e, incidentiotest.Edit{Status: "Closed"})
			waitEntity(t, e, "API is slow", map[string]any{"status": "Closed"})
			e.WaitFollowed(0)
			if n := len(updates(e)); n > 3 {
				t.Errorf("%d updates", n)
			}
		})
	}
}

// stopAt stops the process at a crash point, and closes crashed.
func stopAt(point string, crashed chan struct{}) func(where string) {
	stop := sync.OnceFunc(func() { close(crashed) })
	return func(where string) {
		if where == point {
			stop()
		}
		select {
		case <-crashed:
			runtime.Goexit()
		default:
		}
	}
}

// TestCatalog_Off follows an incident without updating the catalog.
func TestCatalog_Off(t *testing.T) {
	t.Parallel()
	e, _ := newTrackingEnv(t)
	installManifests(t, e)
	e.Start()
	declareFollowed(t, e)
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	e.WaitFollowed(0)
	time.Sleep(2 * followInterval)
	if n := len(updates(e)); n > 0 {
		t.Errorf("%d updates", n)
	}
}

// TestCatalog_Drift starts a bot where Port lacks a severity and a status of incident.io. It is logged, once.
func TestCatalog_Drift(t *testing.T) {
	t.Parallel()
	e, log := newCatalogEnv(t)
	e.IncidentIO.SetSeverities(incidentiotest.Severity{Name: "Minor"}, incidentiotest.Severity{Name: "SEV-0", Rank: 9})
	e.IncidentIO.SetStatuses(incidentiotest.Status{Name: "Triage", Category: "triage"}, incidentiotest.Status{Name: "Fishing", Category: "live", Rank: 1})
	e.Start()
	lacks := func() (lines []string) {
		for _, entry := range log.AllEntries() {
			if strings.Contains(entry.Message, "lacks") {
				lines = append(lines, fmt.Sprint(entry.Data["severities"], " ", entry.Data["statuses"], " ", entry.Data["hint"]))
			}
		}
		return lines
	}
	e.WaitFor("it is logged", func() bool { return len(lacks()) == 2 })
	if got := lacks(); got[0] != "[SEV-0] <nil> run foghorn apply" || got[1] != "<nil> [Fishing] run foghorn apply" {
		t.Errorf("logged %q", got)
	}
}
