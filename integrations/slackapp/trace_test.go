package slackapp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"foghorn/integrations/slackapp"
)

// TestSpan_Outcome calls Slack, and proxies in its place that quote the request.
func TestSpan_Outcome(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   string // status and error.type
	}{
		{200, `{"ok":true}`, "200 "},
		{200, `{"ok":false,"error":"channel_not_found"}`, "200 channel_not_found"},
		{200, `{"ok":false,"error":"Bearer xoxb-1"}`, "200 unlisted_code"},
		{200, "<html>xoxb-1</html>", "200 invalid_response"},
		{429, "", "429 ratelimited"},
		{503, "", "503 503"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		recorder := tracetest.NewSpanRecorder()
		ctx, _ := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test").Start(t.Context(), "parent")
		app := slackapp.New(slackapp.Config{AppToken: "xapp-1", BotToken: "xoxb-1", APIURL: s.URL + "/api/"})
		_, _ = app.PostMessage(ctx, "C1", slackapp.Message{Text: "quagga"})
		s.Close()
		if len(recorder.Ended()) != 1 {
			t.Fatalf("%d spans", len(recorder.Ended()))
		}
		span, values := recorder.Ended()[0], map[string]string{}
		for _, a := range span.Attributes() {
			values[string(a.Key)] = a.Value.String()
		}
		if got := values["http.response.status_code"] + " " + values["error.type"]; got != c.want || span.Name() != "POST /chat.postMessage" {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
		if text := fmt.Sprint(values, span.Status()); strings.Contains(text, "xoxb") || strings.Contains(text, "quagga") {
			t.Errorf("the span quotes the request: %s", text)
		}
	}
}
