package bot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// contextPrograms are defaults that read all that Port documents of .user and .entity, with their values for Alice and
// the service api.
var contextPrograms = []struct{ program, want string }{
	{`.user.picture`, "https://example.com/alice.png"},
	{`.user.userId | type`, "string"},
	{`.user.email`, "alice@example.com"},
	{`.user.name`, "Alice"},
	{`.user.mainRole`, "Admin"},
	{`[.user.roles[].name] | join(",")`, "Member,Admin"},
	{`[.user.teams[] | .name + "/" + .provider] | join(",")`, "Site Reliability/port"},
	{`[.user.teamsIdentifiers[]] | join(",")`, "site_reliability"},
	{`.user.team | join(",")`, "site_reliability"},
	{`[.user.relations.teams[].identifier] | join(",")`, "site_reliability"},
	{`.user.relations.manager.identifier`, "bob@example.com"},
	{`.user.properties.site`, "Berlin"},
	{`.trigger.by.user.email`, "alice@example.com"},
	{`.entity.identifier`, "api"},
	{`.entity.title`, "API"},
	{`.entity.icon`, "Service"},
	{`.entity.blueprint`, "service"},
	{`.entity.team | join(",")`, "site_reliability"},
	{`.entity.properties.tier`, "gold"},
	{`.entity.relations.part_of`, "web"},
	{`.entity.relations.uses | join(",")`, "web"},
	{`.entity.scorecards.Ownership.level`, "Gold"},
	{`[.entity.scorecards.Ownership.rules[] | select(.status == "FAILURE").identifier] | join(",")`, "hasRunbook"},
	{`.entity.createdAt[:2]`, "20"},
	{`.entity.updatedAt | length | tostring`, "24"},
	{`.entity.createdBy | endswith("@clients") | tostring`, "true"},
	{`.entity.updatedBy | endswith("@clients") | tostring`, "true"},
}

// putContextCatalog fills the catalog with what contextPrograms read.
func putContextCatalog(t *testing.T, e *testenv.Env) {
	t.Helper()
	e.Port.AddUser("alice@example.com", "Site Reliability")
	e.Port.SetRoles("alice@example.com", "Member", "Admin")
	for _, blueprint := range []string{
		`{"identifier":"service","title":"Service","schema":{"properties":{"tier":{"type":"string"}},"required":[]},"relations":{
			"part_of":{"target":"service","many":false,"required":false},"uses":{"target":"service","many":true,"required":false}}}`,
		`{"identifier":"_user","title":"User","schema":{"properties":{"site":{"type":"string"}},"required":[]},
			"relations":{"manager":{"target":"_user","many":false,"required":false}}}`,
	} {
		if err := e.Port.PutBlueprint(json.RawMessage(blueprint)); err != nil {
			t.Fatal(err)
		}
	}
	for _, put := range [][2]string{
		{"service", `{"identifier":"web","title":"Web"}`},
		{"service", `{"identifier":"api","title":"API","icon":"Service","team":["site_reliability"],"properties":{"tier":"gold"},"relations":{"part_of":"web","uses":["web"]}}`},
		{"_user", `{"identifier":"bob@example.com"}`},
		{"_user", `{"identifier":"alice@example.com","properties":{"site":"Berlin"},"relations":{"manager":"bob@example.com"}}`},
	} {
		if err := e.Port.PutEntity(put[0], json.RawMessage(put[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Port.SetScorecards("service", "api", json.RawMessage(`{"Ownership":{"level":"Gold","rules":[
		{"identifier":"hasOwner","status":"SUCCESS","level":"Gold"},{"identifier":"hasRunbook","status":"FAILURE","level":"Silver"}]}}`)); err != nil {
		t.Fatal(err)
	}
}

func TestForm_ConditionsReadAllThatPortDocuments(t *testing.T) {
	properties, want := map[string]any{}, map[string]any{}
	for i, c := range contextPrograms {
		id := fmt.Sprintf("d%02d", i)
		properties[id], want[id] = map[string]any{"type": "string", "default": map[string]any{"jqQuery": c.program}}, c.want
	}
	inputs, err := json.Marshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	e := newEnvWithAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{"properties":`+string(inputs)+`,"required":[]}}`)
	putContextCatalog(t, e)
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	chooseEntity(t, e, form, "Entity", "API")
	e.WaitForm(form, "the entity's tier", func(m *slacktest.Modal) bool {
		v, err := m.Value("d18")
		return err == nil && slices.Equal(v, []string{"gold"})
	})
	e.Submit(form)
	received, _ := e.WaitRun()
	for i, c := range contextPrograms {
		id := fmt.Sprintf("d%02d", i)
		if received[id] != want[id] {
			t.Errorf("%s is %v, want %s", c.program, received[id], c.want)
		}
	}
}

// TestForm_DatasetReadsTeams checks the spellings with which definitions name the teams of the user.
func TestForm_DatasetReadsTeams(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"list":        `{"jqQuery":".user.team"}`,
		"nested list": `{"jqQuery":"[.user.team]"}`,
		"identifiers": `{"jqQuery":"[.user.teamsIdentifiers[]]"}`,
		"relation":    `{"jqQuery":".user.relations.teams[].identifier"}`,
		"context":     `{"context":"userTeams","property":"$identifier"}`,
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
				"service":{"type":"string","title":"Service","format":"entity","blueprint":"service",
					"dataset":{"combinator":"and","rules":[{"property":"$team","operator":"containsAny","value":`+value+`}]}}},"required":[]}}`)
			putContextCatalog(t, e)
			e.Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			options, err := form.SearchOptions(e.Context(), "Service", "")
			var got []string
			for _, o := range options {
				got = append(got, o.Text)
			}
			if diff := cmp.Diff([]string{"API"}, got); diff != "" || err != nil {
				t.Errorf("offered (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

// TestForm_OptionsFromEntity chooses options that the conditions make from the entity, and from an entity that was chosen
// for an input.
func TestForm_OptionsFromEntity(t *testing.T) {
	e := newEnvWithAction(t, `{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","userInputs":{"properties":{
		"zone":{"type":"string","title":"Zone","enum":{"jqQuery":".entity.properties.zones // []"}},
		"other":{"type":"string","title":"Other","format":"entity","blueprint":"service"},
		"backup":{"type":"string","title":"Backup zone","enum":{"jqQuery":".form.other.properties.zones // []"}},
		"note":{"type":"string","title":"Note","visible":{"jqQuery":".form.other.team[0] == \"sre\""}}},
		"required":[],"order":["zone","other","backup","note"]}}`)
	if err := e.Port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"zones":{"type":"array"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	for _, entity := range []string{
		`{"identifier":"api","title":"API","properties":{"zones":["a1","a2"]}}`, `{"identifier":"web","title":"Web","team":["sre"],"properties":{"zones":["w1","w2"]}}`,
	} {
		if err := e.Port.PutEntity("service", json.RawMessage(entity)); err != nil {
			t.Fatal(err)
		}
	}
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	offers := func(label, option string) func(*slacktest.Modal) bool {
		return func(m *slacktest.Modal) bool {
			options, err := m.Options(label)
			return err == nil && slices.ContainsFunc(options, func(o slacktest.Option) bool { return o.Text == option })
		}
	}
	chooseEntity(t, e, form, "Entity", "API")
	e.WaitForm(form, "the zones of API", offers("Zone", "a2"))
	e.Fill(form, "Zone", "a2")
	chooseEntity(t, e, form, "Other", "Web")
	e.WaitForm(form, "the zones of Web", offers("Backup zone", "w1"))
	e.Fill(form, "Backup zone", "w1", "Note", "n")
	e.Submit(form)
	received, entity := e.WaitRun()
	if diff := cmp.Diff(map[string]any{"zone": "a2", "other": "web", "backup": "w1", "note": "n"}, received); diff != "" || entity != "api" {
		t.Errorf("Port received for %q (-want +got):\n%s", entity, diff)
	}
}
