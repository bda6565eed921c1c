package manifests

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"foghorn/integrations/incidentio"
)

// guideSeverities returns the severities in the action of the guide.
func guideSeverities() []incidentio.Severity {
	return []incidentio.Severity{
		{ID: "01J53A3A1FNEEQKFGSDKETN6DJ", Name: "Minor", Rank: 0},
		{ID: "01J53A3A1F2RCGSQQQNA6NJ5CY", Name: "Major", Rank: 1},
		{ID: "01J53A3A1FGWNRNK1TMK9CWJJW", Name: "Critical", Rank: 2},
	}
}

// sortSeverities sorts severities by rank, the least severe first, and makes their names unique.
func sortSeverities(list []incidentio.Severity) (out []incidentio.Severity, warnings []string) {
	out = slices.SortedStableFunc(slices.Values(list), func(a, b incidentio.Severity) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	choices := make([]choice, len(out))
	for i, s := range out {
		choices[i] = choice{s.ID, s.Name}
	}
	choices, warnings = uniqueNames("severity", choices)
	for i, c := range choices {
		out[i].Name = c.name
	}
	return out, warnings
}

// choice is a value that a form offers by its name and that the API of incident.io expects by its id.
type choice struct{ id, name string }

// uniqueNames numbers equal names: incident.io does not document all names as unique, and a form cannot offer the same
// name twice. The warnings say which names differ from those of incident.io; kind is what they name.
func uniqueNames(kind string, list []choice) (out []choice, warnings []string) {
	taken := map[string]bool{}
	for _, c := range list {
		plain := cmp.Or(strings.ToValidUTF8(c.name, "\uFFFD"), c.id)
		name := plain
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s (%d)", plain, n)
		}
		if name != c.name {
			warnings = append(warnings, fmt.Sprintf("the %s %s is shown as %q, because its name %q is empty, not valid UTF-8, or used by another %s", kind, c.id, name, c.name, kind))
		}
		taken[name] = true
		out = append(out, choice{c.id, name})
	}
	return out, warnings
}

func severityNames(list []incidentio.Severity) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}

// severityColors assigns red to the most severe and blue to the least severe.
func severityColors(list []incidentio.Severity) jsonObject {
	fromTop := []string{"red", "orange", "yellow", "turquoise"}
	out := jsonObject{}
	for i, s := range list {
		top := len(list) - 1 - i
		switch {
		case top == 0:
			out[s.Name] = fromTop[0]
		case i == 0:
			out[s.Name] = "blue"
		default:
			out[s.Name] = fromTop[min(top, len(fromTop)-1)]
		}
	}
	return out
}

// severityID returns a template that maps the chosen name to its id. An unknown name, such as that of a severity added
// after the last apply, becomes an id that no severity has, so that incident.io rejects the incident with a message.
// Null would create an incident without a severity, because the API does not require the field.
func severityID(list []incidentio.Severity) string {
	choices := make([]choice, len(list))
	for i, s := range list {
		choices[i] = choice{s.ID, s.Name}
	}
	return "{{ " + idByName(choices) + `[.inputs.severity // ""] // "unknown severity, run foghorn apply again" }}`
}

// idByName returns a jq object with the ids of choices by name.
func idByName(list []choice) string {
	entries := make([]string, len(list))
	for i, c := range list {
		entries[i] = jqLiteral(c.name) + ": " + jqLiteral(c.id)
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// jqLiteral returns s as a jq string that Port's template engine does not change. The engine searches for quotes,
// braces and backslashes and rewrites single quotes, so all characters except letters, digits, spaces and a few
// punctuation marks are escaped.
// https://github.com/port-labs/jq-node-bindings
func jqLiteral(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" -_.", r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	b.WriteByte('"')
	return b.String()
}
