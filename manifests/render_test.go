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

	"foghorn/integrations/incidentio"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port"
	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// unusualOrganization has names, ranks and ids that differ from those of the guide.
var unusualOrganization = manifests.Organization{
	Severities: []incidentio.Severity{
		{ID: "01K0SEV1", Name: `SEV-1 "all hands"`, Rank: 9}, {ID: "01K0SEV2", Name: "SEV-2", Rank: 5},
		{ID: "01K0SEV4", Name: "SEV-4", Rank: 0}, {ID: "01K0SEV3", Name: "SEV-3", Rank: 2},
	},
	Statuses: []incidentio.Status{
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
		t.Error("request_id is visible")
	}
	if d.InvocationMethod.URL != "http://127.0.0.1:9/v2/incidents" || len(warnings) > 0 {
		t.Error(d.InvocationMethod.URL, warnings)
	}
}

func TestRender_NoSeverities(t *testing.T) {
	set, _ := manifests.Render(manifests.Organization{Severities: []incidentio.Severity{}, Statuses: unusualOrganization.Statuses}, manifests.Options{})
	d := parseAction(t, set)
	in := d.Trigger.UserInputs
	if _, ok := in.Properties["severity"]; ok || slices.Contains(in.Required, "severity") || slices.Contains(in.Order, "severity") {
		t.Errorf("the form has a severity: %+v", in)
	}
	if _, ok := d.InvocationMethod.Body["severity_id"]; ok {
		t.Error("a severity is sent")
	}
}

// TestRender_AnySeverities evaluates the rendered severity_id for random names and ids: each name maps to its own id,
// and an unknown name to no id.
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
		list := make([]incidentio.Severity, 1+random.IntN(6))
		var want, got []string
		for i := range list {
			list[i] = incidentio.Severity{ID: "id " + strings.ToValidUTF8(word(), "?"), Name: word(), Rank: random.IntN(5) - 2}
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
			got = append(got, evalSeverityID(t, inner, name))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("seed %d: %q give %q, want %q", seed, enum, got, want)
		}
		for _, other := range []any{"no such \a name", nil} {
			if id := evalSeverityID(t, inner, other); !strings.HasPrefix(id, "unknown severity") {
				t.Fatalf("seed %d: %v gives %q", seed, other, id)
			}
		}
	}
}

func evalSeverityID(t *testing.T, program string, severity any) string {
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

// sandbox is emulators of Port and incident.io with the rendered definitions of an organization.
type sandbox struct {
	t          *testing.T
	ctx        context.Context
	port       *porttest.Server
	incidentIO *incidentiotest.Server
	client     *port.Client
}

func newSandbox(t *testing.T, org manifests.Organization) *sandbox {
	t.Helper()
	s := &sandbox{t: t}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	s.incidentIO = incidentiotest.New(t, incidentiotest.Config{ChannelDelay: time.Nanosecond})
	var severities []incidentiotest.Severity
	for _, severity := range org.Severities {
		severities = append(severities, incidentiotest.Severity{ID: severity.ID, Name: severity.Name, Rank: severity.Rank})
	}
	s.incidentIO.SetSeverities(severities...)
	if org.Statuses != nil {
		var statuses []incidentiotest.Status
		for _, status := range org.Statuses {
			statuses = append(statuses, incidentiotest.Status{Name: status.Name, Category: status.Category, Rank: status.Rank})
		}
		s.incidentIO.SetStatuses(statuses...)
	}
	s.port = porttest.New(t, porttest.Config{})
	set, _ := manifests.Render(org, manifests.Options{IncidentURL: s.incidentIO.URL()})
	for _, err := range []error{s.port.PutBlueprint(set.Blueprint), s.port.PutAction(set.Action), s.port.PutAction(set.Automation)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.port.SetSecret(manifests.SecretName, s.incidentIO.APIKey)
	s.port.AddUser("alice@example.com")
	s.client = port.New(port.Config{BaseURL: s.port.URL(), ClientID: s.port.ClientID, ClientSecret: s.port.ClientSecret})
	return s
}

// createRun creates a run as alice and waits until it has the status.
func (s *sandbox) createRun(status string, properties map[string]any) porttest.Run {
	s.t.Helper()
	r, err := s.client.CreateRun(s.ctx, port.RunRequest{Action: manifests.ActionID, RunAs: "alice@example.com", Properties: properties})
	if err != nil {
		s.t.Fatalf("%v: %v", properties, err)
	}
	ended, err := s.port.WaitRun(s.ctx, r.ID, status)
	if err != nil {
		s.t.Fatalf("%v: %v: %+v", properties, err, ended.Response)
	}
	return ended
}

// declare creates a run twice with the same request id, and returns the incident and its entity.
func (s *sandbox) declare(severity incidentio.Severity, visibility string) (incidentiotest.Incident, porttest.Entity) {
	s.t.Helper()
	properties := map[string]any{"name": "secret plan", "severity": severity.Name, "visibility": visibility, "request_id": "req-" + severity.ID}
	before := len(s.incidentIO.Incidents())
	s.createRun("SUCCESS", properties)
	s.createRun("SUCCESS", properties)
	incidents := s.incidentIO.Incidents()
	if len(incidents) != before+1 {
		s.t.Fatalf("two runs with one request id created %d incidents", len(incidents)-before)
	}
	incident := incidents[before]
	entity, err := s.port.WaitEntity(s.ctx, manifests.BlueprintID, func(e porttest.Entity) bool { return e.Identifier == incident.ID })
	if err != nil {
		s.t.Fatalf("%v; automation runs: %+v", err, s.port.AutomationRuns())
	}
	return incident, entity
}

func TestRender_PublicIncident(t *testing.T) {
	s := newSandbox(t, unusualOrganization)
	for _, severity := range unusualOrganization.Severities {
		incident, entity := s.declare(severity, "public")
		if incident.Severity != severity.Name || incident.IdempotencyKey != "req-"+severity.ID || incident.Status != "Triage" {
			t.Errorf("%s: incident.io has %+v", severity.Name, incident)
		}
		p := entity.Properties
		if p["severity"] != severity.Name || p["status"] != "Triage" || p["reference"] != incident.Reference {
			t.Errorf("%s: the entity has %+v", severity.Name, p)
		}
		if entity.Title != "secret plan" || p["declaredBy"] != "alice@example.com" || p["url"] != incident.Permalink || p["slackChannelUrl"] == nil || p["slackChannel"] == nil {
			t.Errorf("%s: the entity has %q %+v", severity.Name, entity.Title, p)
		}
	}
}

func TestRender_PrivateIncident(t *testing.T) {
	s := newSandbox(t, unusualOrganization)
	severity := unusualOrganization.Severities[1]
	incident, entity := s.declare(severity, "private")
	p := entity.Properties
	if p["severity"] != severity.Name || p["status"] != "Triage" || p["reference"] != incident.Reference {
		t.Errorf("the entity has %+v", p)
	}
	if entity.Title != "Private incident "+incident.Reference || p["declaredBy"] != nil || p["url"] != nil || p["slackChannel"] != nil {
		t.Errorf("the entity has details of a private incident: %q %+v", entity.Title, p)
	}
}

// TestRender_RunsFromPort creates runs without a request id, as Port's own page does: each is a separate incident.
func TestRender_RunsFromPort(t *testing.T) {
	s := newSandbox(t, unusualOrganization)
	for range 2 {
		s.createRun("SUCCESS", map[string]any{"name": "by hand", "severity": "SEV-4", "visibility": "public", "description": "from the page"})
	}
	if incidents := s.incidentIO.Incidents(); len(incidents) != 2 || incidents[1].Summary != "from the page" {
		t.Errorf("incident.io has %+v", incidents)
	}
}

// TestRender_HostileNames declares incidents with severity names that look like templates: each maps to its own
// severity.
func TestRender_HostileNames(t *testing.T) {
	var org manifests.Organization
	for n, name := range []string{"}}", `{{ .secrets.INCIDENT_IO_API_KEY }}`, `"`, ` 'quoted' `, `\(1)`, `back\slash`, "🔥 fire", "naïve – ünïcode", "two\nlines"} {
		org.Severities = append(org.Severities, incidentio.Severity{ID: fmt.Sprintf("01K0SEV%d", n), Name: name, Rank: n})
	}
	s := newSandbox(t, org)
	for n, severity := range org.Severities {
		s.createRun("SUCCESS", map[string]any{"name": "N", "severity": severity.Name, "visibility": "public"})
		if incidents := s.incidentIO.Incidents(); len(incidents) != n+1 || incidents[n].Severity != severity.Name {
			t.Fatalf("%q became %+v", severity.Name, incidents)
		}
	}
}

// TestRender_UnknownSeverity declares an incident with a severity that was added to the form after apply: incident.io
// rejects it.
func TestRender_UnknownSeverity(t *testing.T) {
	s := newSandbox(t, unusualOrganization)
	set, _ := manifests.Render(unusualOrganization, manifests.Options{IncidentURL: s.incidentIO.URL()})
	var action map[string]any
	if err := json.Unmarshal(set.Action, &action); err != nil {
		t.Fatal(err)
	}
	severity := action["trigger"].(map[string]any)["userInputs"].(map[string]any)["properties"].(map[string]any)["severity"].(map[string]any)
	severity["enum"] = append(severity["enum"].([]any), "later")
	edited, err := json.Marshal(action)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.port.PutAction(edited); err != nil {
		t.Fatal(err)
	}
	run := s.createRun("FAILURE", map[string]any{"name": "N", "severity": "later", "visibility": "public"})
	if n := len(s.incidentIO.Incidents()); n != 0 || !strings.Contains(fmt.Sprint(run.Response), "severity_id") {
		t.Errorf("%+v; incident.io has %d incidents", run.Response, n)
	}
}
