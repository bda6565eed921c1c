package manifests_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/itchyny/gojq"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// unusualOrganization is an organisation that looks like nobody else's.
var unusualOrganization = manifests.Organization{
	Severities: []manifests.Severity{
		{ID: "01K0SEV1", Name: `SEV-1 "all hands"`, Rank: 9}, {ID: "01K0SEV2", Name: "SEV-2", Rank: 5},
		{ID: "01K0SEV4", Name: "SEV-4", Rank: 0}, {ID: "01K0SEV3", Name: "SEV-3", Rank: 2},
	},
	Statuses: []manifests.Status{
		{Name: "Canceled", Category: "canceled", Rank: -3}, {Name: "Hunting", Category: "live", Rank: 1},
		{Name: "Triage", Category: "triage", Rank: 0}, {Name: "Closed", Category: "closed", Rank: 6},
	},
	ReporterRole: "01K0REPORTER",
}

type actionDefinition struct {
	Trigger struct {
		UserInputs struct {
			Properties map[string]struct {
				Enum       []string
				EnumColors map[string]string
				Visible    *bool
			}
			Required, Order []string
		}
	}
	InvocationMethod struct {
		URL  string
		Body map[string]any
	}
}

func parseAction(t *testing.T, set manifests.Set) (d actionDefinition) {
	if err := json.Unmarshal(set.Action, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRender_Severities(t *testing.T) {
	set, warnings := manifests.Render(unusualOrganization, manifests.Options{IncidentURL: "http://127.0.0.1:9/"})
	d := parseAction(t, set)
	severity := d.Trigger.UserInputs.Properties["severity"]
	if got := fmt.Sprint(severity.Enum); got != `[SEV-4 SEV-3 SEV-2 SEV-1 "all hands"]` {
		t.Error("enum is", got)
	}
	want := map[string]string{`SEV-1 "all hands"`: "red", "SEV-2": "orange", "SEV-3": "yellow", "SEV-4": "blue"}
	if diff := cmp.Diff(want, severity.EnumColors); diff != "" {
		t.Error(diff)
	}
	if v := d.Trigger.UserInputs.Properties["request_id"].Visible; v == nil || *v {
		t.Error("request_id is shown")
	}
	if d.InvocationMethod.URL != "http://127.0.0.1:9/v2/incidents" || len(warnings) > 0 {
		t.Error(d.InvocationMethod.URL, warnings)
	}
}

func TestRender_NoSeverities(t *testing.T) {
	set, _ := manifests.Render(manifests.Organization{Severities: []manifests.Severity{}, Statuses: unusualOrganization.Statuses}, manifests.Options{})
	d := parseAction(t, set)
	in := d.Trigger.UserInputs
	if _, ok := in.Properties["severity"]; ok || slices.Contains(in.Required, "severity") || slices.Contains(in.Order, "severity") {
		t.Errorf("a severity is asked for: %+v", in)
	}
	if _, ok := d.InvocationMethod.Body["severity_id"]; ok {
		t.Error("a severity is sent")
	}
}

// TestRender_AnySeverities runs the rendered program for names and ids of any shape: every name gives its own
// id, and no other name gives any.
func TestRender_AnySeverities(t *testing.T) {
	hostile := []string{"}}", "{{", `\(1)`, `"`, "'", " 'x' ", "🔥", "\u2028", "\x00", `\u0041`, "}}{{.secrets.K}}", "\xff", "a", " ", "É", "#", "$ENV", "//"}
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		word := func() (w string) {
			for range random.IntN(5) {
				if w += hostile[random.IntN(len(hostile))]; random.IntN(4) == 0 {
					w += string(rune(random.IntN(0x20000)))
				}
			}
			return w
		}
		list := make([]manifests.Severity, 1+random.IntN(6))
		var want, got []string
		for i := range list {
			list[i] = manifests.Severity{ID: "id " + strings.ToValidUTF8(word(), "?"), Name: word(), Rank: random.IntN(5) - 2}
			want = append(want, list[i].ID)
		}
		set, _ := manifests.Render(manifests.Organization{Severities: list}, manifests.Options{})
		d := parseAction(t, set)
		enum := d.Trigger.UserInputs.Properties["severity"].Enum
		template := d.InvocationMethod.Body["severity_id"].(string)
		inner, ok := strings.CutPrefix(template, "{{")
		inner, also := strings.CutSuffix(inner, "}}")
		if !ok || !also || strings.Contains(inner, "{{") || strings.Contains(inner, "}}") || strings.Contains(inner, "'") {
			t.Fatalf("seed %d: not one template: %s", seed, template)
		}
		for _, name := range enum {
			got = append(got, run(t, inner, name))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("seed %d: %q give %q, want %q", seed, enum, got, want)
		}
		for _, other := range []any{"no such \a name", nil} {
			if id := run(t, inner, other); !strings.HasPrefix(id, "unknown severity") {
				t.Fatalf("seed %d: %v gives %q", seed, other, id)
			}
		}
	}
}

func run(t *testing.T, program string, severity any) string {
	t.Helper()
	q, err := gojq.Parse(program)
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	v, _ := q.Run(map[string]any{"inputs": map[string]any{"severity": severity}}).Next()
	id, ok := v.(string)
	if !ok {
		t.Fatalf("%s: %v", program, v)
	}
	return id
}

// TestRender_DeclaresIncidents plays the rendered definitions in an emulated Port and incident.io.
func TestRender_DeclaresIncidents(t *testing.T) {
	incident, err := incidentiotest.Start(incidentiotest.Config{ChannelDelay: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(incident.Close)
	var severities []incidentiotest.Severity
	for _, s := range unusualOrganization.Severities {
		severities = append(severities, incidentiotest.Severity{ID: s.ID, Name: s.Name, Rank: s.Rank})
	}
	incident.SetSeverities(severities...)
	var statuses []incidentiotest.Status
	for _, s := range unusualOrganization.Statuses {
		statuses = append(statuses, incidentiotest.Status{Name: s.Name, Category: s.Category, Rank: s.Rank})
	}
	incident.SetStatuses(statuses...)
	world, err := porttest.Start(porttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	set, _ := manifests.Render(unusualOrganization, manifests.Options{IncidentURL: incident.URL()})
	for _, err := range []error{world.PutBlueprint(set.Blueprint), world.PutAction(set.Action), world.PutAction(set.Automation)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	world.SetSecret(manifests.SecretName, incident.APIKey)
	world.AddUser("alice@example.com")
	client := port.New(port.Config{BaseURL: world.URL(), ClientID: world.ClientID, ClientSecret: world.ClientSecret})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	declare := func(properties map[string]any) porttest.Run {
		t.Helper()
		r, err := client.CreateRun(ctx, port.RunRequest{Action: manifests.ActionID, RunAs: "alice@example.com", Properties: properties})
		if err != nil {
			t.Fatal(err)
		}
		done, err := world.WaitRun(ctx, r.ID, "SUCCESS")
		if err != nil {
			t.Fatalf("%v: %+v", err, done.Response)
		}
		return done
	}

	for n, s := range unusualOrganization.Severities {
		visibility := "public"
		if s.Name == "SEV-2" {
			visibility = "private"
		}
		properties := map[string]any{"name": "secret plan", "severity": s.Name, "visibility": visibility, "request_id": "req-" + s.ID}
		declare(properties)
		declare(properties) // a repeat is the same incident
		made := incident.Incidents()
		if len(made) != n+1 || made[n].Severity != s.Name || made[n].IdempotencyKey != "req-"+s.ID || made[n].Status != "Triage" {
			t.Fatalf("%s: incident.io has %+v", s.Name, made)
		}
		e, err := world.WaitEntity(ctx, manifests.BlueprintID, func(e porttest.Entity) bool { return e.Identifier == made[n].ID })
		if err != nil {
			t.Fatalf("%v; automation runs: %+v", err, world.AutomationRuns())
		}
		p := e.Properties
		if p["severity"] != s.Name || p["status"] != "Triage" || p["reference"] != made[n].Reference {
			t.Errorf("%s: %+v", s.Name, p)
		}
		if visibility == "public" {
			if e.Title != "secret plan" || p["declaredBy"] != "alice@example.com" || p["url"] != made[n].Permalink || p["slackChannelUrl"] == nil || p["slackChannel"] == nil {
				t.Errorf("%s: %q %+v", s.Name, e.Title, p)
			}
			continue
		}
		if e.Title != "Private incident "+made[n].Reference || p["declaredBy"] != nil || p["url"] != nil || p["slackChannel"] != nil {
			t.Errorf("a private incident leaks: %q %+v", e.Title, p)
		}
	}
	// From Port's own page there is no request_id, and each run is an incident of its own.
	for range 2 {
		declare(map[string]any{"name": "by hand", "severity": "SEV-4", "visibility": "public", "description": "from the page"})
	}
	if made := incident.Incidents(); len(made) != len(unusualOrganization.Severities)+2 || made[len(made)-1].Summary != "from the page" {
		t.Errorf("incident.io has %+v", made)
	}
}

// TestRender_HostileNames sends names that look like templates through Port's whole path: each is its own severity,
// and a name that came after apply is refused, never filed as another.
func TestRender_HostileNames(t *testing.T) {
	incident, err := incidentiotest.Start(incidentiotest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(incident.Close)
	world, err := porttest.Start(porttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	var org manifests.Organization
	var severities []incidentiotest.Severity
	for n, name := range []string{"}}", `{{ .secrets.INCIDENT_IO_API_KEY }}`, `"`, ` 'quoted' `, `\(1)`, `back\slash`, "🔥 fire", "naïve – ünïcode", "two\nlines"} {
		id := fmt.Sprintf("01K0SEV%d", n)
		org.Severities = append(org.Severities, manifests.Severity{ID: id, Name: name, Rank: n})
		severities = append(severities, incidentiotest.Severity{ID: id, Name: name, Rank: n})
	}
	incident.SetSeverities(severities...)
	set, _ := manifests.Render(org, manifests.Options{IncidentURL: incident.URL()})
	var later map[string]any // Port's enum knows a severity that the mapping does not
	if err := json.Unmarshal(set.Action, &later); err != nil {
		t.Fatal(err)
	}
	severity := later["trigger"].(map[string]any)["userInputs"].(map[string]any)["properties"].(map[string]any)["severity"].(map[string]any)
	severity["enum"] = append(severity["enum"].([]any), "later")
	edited, err := json.Marshal(later)
	if err != nil {
		t.Fatal(err)
	}
	if err := world.PutAction(edited); err != nil {
		t.Fatal(err)
	}
	world.SetSecret(manifests.SecretName, incident.APIKey)
	client := port.New(port.Config{BaseURL: world.URL(), ClientID: world.ClientID, ClientSecret: world.ClientSecret})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	declare := func(name, status string) porttest.Run {
		t.Helper()
		r, err := client.CreateRun(ctx, port.RunRequest{Action: manifests.ActionID, Properties: map[string]any{"name": "N", "severity": name, "visibility": "public"}})
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		done, err := world.WaitRun(ctx, r.ID, status)
		if err != nil {
			t.Fatalf("%q: %v: %+v", name, err, done.Response)
		}
		return done
	}
	for n, s := range org.Severities {
		declare(s.Name, "SUCCESS")
		if made := incident.Incidents(); len(made) != n+1 || made[n].Severity != s.Name {
			t.Fatalf("%q became %+v", s.Name, made)
		}
	}
	refused := declare("later", "FAILURE")
	if made := incident.Incidents(); len(made) != len(severities) || !strings.Contains(fmt.Sprint(refused.Response), "severity_id") {
		t.Errorf("%+v; incident.io has %d incidents", refused.Response, len(made))
	}
}
