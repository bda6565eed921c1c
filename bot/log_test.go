package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
)

// TestLog_OneLinePerStage reads the log of an incident that Port refuses for a moment: one Info line
// for each change of stage, and in every line that is about it the ids of the request and of its trace.
func TestLog_OneLinePerStage(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	log, lines := test.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	e.EditConfig = func(c *bot.Config) { c.Log, c.Traces = logrus.NewEntry(log), sdktrace.NewTracerProvider() }
	e.Start()
	e.Port.InjectFault(emulator.Fault{Method: "POST", Path: "/runs", Status: 429, Body: `{"ok":false,"error":"rate_limit"}`, Times: 1})
	e.Declare(testenv.Alice, testenv.Ops, "Checkout is down", "Major", "public")
	e.ExpectMessage(testenv.Ops, "Checkout is down")
	e.WaitIdle()

	var stages []string
	ids, traces, warned := map[any]int{}, map[any]int{}, 0
	for _, line := range lines.AllEntries() {
		id := line.Data["request_id"]
		if id == nil {
			t.Errorf("%s %q is about no request", line.Level, line.Message)
			continue
		}
		ids[id]++
		traces[line.Data["trace_id"]]++
		switch line.Level {
		case logrus.InfoLevel:
			stages = append(stages, fmt.Sprint(line.Data["stage"]))
		case logrus.WarnLevel:
			warned++
		}
	}
	// What Port refused for now is accepted again.
	if want := []string{"accepted", "creating_run", "accepted", "creating_run", "running", "notifying", "done"}; !slices.Equal(stages, want) {
		t.Errorf("the stages are %v, want %v", stages, want)
	}
	if len(ids) != 1 || len(traces) != 1 || traces[nil] > 0 || warned == 0 {
		t.Errorf("%d lines warn, of requests %v and traces %v", warned, ids, traces)
	}
}

// TestLog_RequiredCustomField reads the log of an incident that incident.io rejects because of a field that the form
// lacks: the line says how the operator adds it, as the message to the reporter does.
func TestLog_RequiredCustomField(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	log, lines := test.NewNullLogger()
	e.EditConfig = func(c *bot.Config) { c.Log = logrus.NewEntry(log) }
	e.IncidentIO.SetCustomFields(incidentiotest.CustomField{Name: "Affected team", Type: "text", Required: true})
	e.Start()
	e.Declare(testenv.Alice, testenv.Ops, "Checkout is down", "Major", "public")
	const option = "foghorn apply --custom-field \"Affected team\""
	e.ExpectMessage(testenv.Alice, option)
	e.WaitIdle()
	if !slices.ContainsFunc(lines.AllEntries(), func(l *logrus.Entry) bool { return strings.Contains(fmt.Sprint(l.Data["hint"]), option) }) {
		t.Errorf("no line names the option: %v", lines.AllEntries())
	}
}
