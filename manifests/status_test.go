package manifests_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/incidentio"
	"foghorn/manifests"
)

// statusProperty is the status property of the rendered blueprint.
type statusProperty struct {
	Enum       []string
	EnumColors map[string]string
}

func renderStatus(t *testing.T, org manifests.Organization) (s statusProperty) {
	t.Helper()
	set, _ := manifests.Render(org, manifests.Options{})
	raw, err := json.Marshal(valueAt(t, set.Blueprint, "schema", "properties", "status"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRender_Statuses(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []incidentio.Status
		want     statusProperty
	}{
		"a new organization": {
			[]incidentio.Status{
				{Name: "Documenting", Category: "learning", Rank: 4}, {Name: "Triage", Category: "triage"}, {Name: "Investigating", Category: "live", Rank: 1},
				{Name: "Canceled", Category: "canceled", Rank: -3}, {Name: "Fixing", Category: "live", Rank: 2}, {Name: "Merged", Category: "merged", Rank: -2},
				{Name: "Closed", Category: "closed", Rank: 6}, {Name: "Paused", Category: "paused", Rank: 7}, {Name: "Declined", Category: "declined", Rank: -1},
			},
			statusProperty{
				[]string{"Triage", "Investigating", "Fixing", "Documenting", "Closed", "Paused", "Declined", "Merged", "Canceled"},
				map[string]string{
					"Triage": "lightGray", "Investigating": "red", "Fixing": "yellow", "Documenting": "blue", "Closed": "green", "Paused": "darkGray",
					"Declined": "darkGray", "Merged": "green", "Canceled": "darkGray",
				},
			},
		},
		"odd names": {
			[]incidentio.Status{{Name: "", Category: "live"}, {Name: "Twice", Category: "live", Rank: 1}, {Name: "Twice", Category: "closed", Rank: 2}, {Name: `"{{`, Category: "unknown category", Rank: 3}},
			statusProperty{[]string{"Twice", `"{{`}, map[string]string{"Twice": "red", `"{{`: "darkGray"}},
		},
		"none": {[]incidentio.Status{}, statusProperty{}},
		"unknown": {nil, statusProperty{
			[]string{"Triage", "Investigating", "Fixing", "Monitoring", "Closed", "Resolved", "Merged"},
			map[string]string{
				"Triage": "lightGray", "Investigating": "red", "Fixing": "yellow", "Monitoring": "purple", "Closed": "darkGray", "Resolved": "green", "Merged": "green",
			},
		}},
	} {
		if d := cmp.Diff(c.want, renderStatus(t, manifests.Organization{Statuses: c.statuses})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
