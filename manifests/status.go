package manifests

import (
	"cmp"
	"slices"
)

// liveColors are given in turn to the statuses of an incident that goes on.
var liveColors = []string{"red", "yellow", "purple", "orange", "pink"}

// categoryColors are those of the other statuses.
var categoryColors = map[string]string{
	"triage": "lightGray", "learning": "blue", "closed": "green", "merged": "green",
}

// statusEnum is the enum of an incident's status in the catalog, in the order of an incident's
// life, with its colours. A category that is not known is grey.
func statusEnum(list []Status) (enum []any, colors jsonObject) {
	// Ranks below zero are those of the ways out: declined, merged, canceled.
	sorted := slices.SortedStableFunc(slices.Values(list), func(a, b Status) int {
		if out := (a.Rank < 0) != (b.Rank < 0); out {
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
		if _, again := colors[s.Name]; again || s.Name == "" {
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
