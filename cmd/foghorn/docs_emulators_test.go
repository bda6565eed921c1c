package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

func TestDocs_Emulators(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# What is emulated?

Every method of Slack's Web API, and the routes of Port and incident.io, in the emulators that ` + "`" + `foghorn demo --no-bot` + "`" + `
starts. What is absent is refused with the vendor's own error and shown on the page ` + "`" + `/emulators` + "`" + ` of the demo. So is what
a partial method or route lacks. [demo.md](demo.md) says how to use the emulators.
`)
	for _, list := range [][]emulator.Coverage{slacktest.Coverage(), porttest.Coverage(), incidentiotest.Coverage()} {
		counts := map[string]int{}
		for _, c := range list {
			if counts[c.State]++; !slices.Contains([]string{"modeled", "partial", "absent"}, c.State) || (c.State == "partial") != (c.Note != "") && c.State != "absent" {
				t.Errorf("%+v", c)
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\n%d modeled, %d partial, %d absent.\n\n| method or route | state | note |\n|---|---|---|\n",
			list[0].Service, counts["modeled"], counts["partial"], counts["absent"])
		for _, c := range list {
			fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", c.Method, c.Route, c.State, strings.ReplaceAll(c.Note, "|", "\\|"))
		}
	}
	checkFile(t, "docs/emulators.md", b.String())
}
