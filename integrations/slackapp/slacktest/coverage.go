package slacktest

import (
	_ "embed"
	"strings"

	"foghorn/integrations/emulator"
)

// methodNames are the methods of Slack's Web API, one a line.
// https://docs.slack.dev/reference/methods
//
//go:embed methods.txt
var methodNames string

// Coverage returns every method of the Web API as modeled, partial or absent, sorted by name. The arguments that a
// partial method lacks are refused with invalid_arguments, and an absent method is refused with unknown_method.
func Coverage() []emulator.Coverage {
	var out []emulator.Coverage
	for name := range strings.FieldsSeq(methodNames) {
		c := emulator.Coverage{Service: "Slack", Method: "POST", Route: "/api/" + name, State: "absent"}
		if m, ok := methods[name]; ok {
			c.State = "modeled"
			var lacks []string
			for part := range strings.FieldsSeq(m.args) {
				if name, _, ok := strings.Cut(part, "="); ok {
					lacks = append(lacks, name)
				}
			}
			if len(lacks) > 0 {
				c.State, c.Note = "partial", "without the arguments "+strings.Join(lacks, ", ")
			}
		}
		out = append(out, c)
	}
	return out
}
