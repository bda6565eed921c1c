package manifests

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// guideSeverities are those that the guide's action knows.
func guideSeverities() []Severity {
	return []Severity{
		{ID: "01J53A3A1FNEEQKFGSDKETN6DJ", Name: "Minor", Rank: 0},
		{ID: "01J53A3A1F2RCGSQQQNA6NJ5CY", Name: "Major", Rank: 1},
		{ID: "01J53A3A1FGWNRNK1TMK9CWJJW", Name: "Critical", Rank: 2},
	}
}

// uniqueNames sorts severities, the least severe first, and makes their names differ: incident.io
// does not promise that they do, and a form that offers the same word twice cannot be answered.
func uniqueNames(list []Severity) (out []Severity, warnings []string) {
	out = slices.SortedStableFunc(slices.Values(list), func(a, b Severity) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	taken := map[string]bool{}
	for i := range out {
		plain := cmp.Or(strings.ToValidUTF8(out[i].Name, "\uFFFD"), out[i].ID)
		name := plain
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s (%d)", plain, n)
		}
		if name != out[i].Name {
			warnings = append(warnings, fmt.Sprintf("the severity %s is shown as %q: its name %q is empty, not text, or taken", out[i].ID, name, out[i].Name))
		}
		taken[name], out[i].Name = true, name
	}
	return out, warnings
}

func severityNames(list []Severity) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}

// severityColors give the most severe red and the least severe blue.
func severityColors(list []Severity) jsonObject {
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

// severityID is the template that makes an id of the name chosen. A name it does not know, as
// of a severity that came later, becomes an id that no severity has: incident.io then refuses
// the incident and says so. Null would not do, as the API does not require the field.
func severityID(list []Severity) string {
	entries := make([]string, len(list))
	for i, s := range list {
		entries[i] = literal(s.Name) + ": " + literal(s.ID)
	}
	return "{{ {" + strings.Join(entries, ", ") + `}[.inputs.severity // ""] // "unknown severity, run foghorn apply again" }}`
}

// literal is s as a string of jq that Port's template engine leaves alone. The engine looks for
// quotes, braces and backslashes and rewrites single quotes, so all but letters, digits, spaces
// and a few harmless signs are escaped.
// https://github.com/port-labs/jq-node-bindings
func literal(s string) string {
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
