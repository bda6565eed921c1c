package bot_test

import (
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// TestTraces_EveryOrigin submits forms that were opened in each way: the submission is in the trace of what opened it.
func TestTraces_EveryOrigin(t *testing.T) {
	t.Parallel()
	e, spans := newChooserEnv(t), tracetest.NewSpanRecorder()
	edit := e.EditConfig
	e.EditConfig = func(c *bot.Config) {
		edit(c)
		c.Traces = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	}
	e.Start()
	chooser := openChooser(t, e, testenv.Alice, "/run")
	chooseAction(t, e, chooser, "Deploy a service")
	e.Submit(chooser)
	form, _ := openOnMessage(t, e, testenv.General, `{"text":"disk full"}`)
	e.Fill(form, "Severity", "Major", "Visibility", "public")
	e.Submit(form)
	p := e.Slack.Person(testenv.Alice)
	openHome(t, e, testenv.Alice, "Restart a service (/restart)")
	if _, err := p.ClickHomeButton(e.Context(), "Restart a service (/restart)"); err != nil {
		t.Fatal(err)
	}
	form, err := p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	e.Fill(form, "Service", "checkout")
	e.Submit(form)

	origins, submissions := map[trace.TraceID]string{}, map[trace.TraceID]int{}
	for _, s := range spans.Ended() {
		if id := s.SpanContext().TraceID(); !s.Parent().IsValid() {
			origins[id] = s.Name()
		} else if s.Name() == "view_submission" {
			submissions[id]++
		}
	}
	found := map[string]int{}
	for id, n := range submissions {
		found[origins[id]] += n
	}
	if found["command"] == 0 || found["message_action"] != 1 || found["block_actions"] != 1 || len(submissions) != 3 {
		t.Errorf("submissions by what opened their form: %v", found)
	}
}
