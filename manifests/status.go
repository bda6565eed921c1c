package manifests

import (
	"cmp"
	"slices"

	"foghorn/integrations/incidentio"
)

// liveColors are the colors of statuses of the category live, in turn.
var liveColors = []string{"red", "yellow", "purple", "orange", "pink"}

// categoryColors are the colors of statuses of the other categories; the default is darkGray.
var categoryColors = map[string]string{
	"triage": "lightGray", "learning": "blue", "closed": "green", "merged": "green",
}

// statusEnum returns the enum of an incident's status in the catalog, in the order of an incident's life cycle, and its
// colors. Empty and repeated names are left out.
func statusEnum(list []incidentio.Status) (enum []any, colors jsonObject) {
	// Statuses that end an incident early (declined, merged, canceled) have ranks below zero and come last.
	sorted := slices.SortedStableFunc(slices.Values(list), func(a, b incidentio.Status) int {
		if early := (a.Rank < 0) != (b.Rank < 0); early {
			return cmp.Compare(b.Rank, a.Rank)
		}
		if a.Rank < 0 {
			return cmp.Or(cmp.Compare(b.Rank, a.Rank), cmp.Compare(a.Name, b.Name))
		}
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
	colors = jsonObject{}
	live := 0
	for _, s := range sorted {
		if _, repeated := colors[s.Name]; repeated || s.Name == "" {
			continue
		}
		color := cmp.Or(categoryColors[s.Category], "darkGray")
		if s.Category == "live" {
			color = liveColors[live%len(liveColors)]
			live++
		}
		enum = append(enum, s.Name)
		colors[s.Name] = color
	}
	return enum, colors
}
