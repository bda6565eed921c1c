package calltrace_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"foghorn/integrations/calltrace"
)

var call = calltrace.Call{Method: "GET", BaseURL: "https://example.com/base/", Template: "/things/{id}", Resends: 1}

func TestStart_NoTraceNoCost(t *testing.T) {
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		_, span := calltrace.Start(ctx, call)
		span.SetStatus(200)
		span.End("")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestStart_Attributes(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	ctx, parent := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test").Start(t.Context(), "parent")
	_, span := calltrace.Start(ctx, call)
	span.SetStatus(503)
	span.End(calltrace.FailureOf(503, nil))
	parent.End()
	got := recorder.Ended()[0]
	if got.Name() != "GET /things/{id}" || got.Parent().SpanID() != parent.SpanContext().SpanID() {
		t.Errorf("the span is %q", got.Name())
	}
	want := "map[error.type:503 http.request.method:GET http.request.resend_count:1 http.response.status_code:503 server.address:example.com " +
		"server.port:443 url.full:https://example.com/base/things/REDACTED url.template:/things/{id}]"
	attributes := map[string]string{}
	for _, a := range got.Attributes() {
		attributes[string(a.Key)] = a.Value.String()
	}
	if fmt.Sprint(attributes) != want {
		t.Errorf("got %v, want %s", attributes, want)
	}
}

func TestFailureOf_Kinds(t *testing.T) {
	failed := errors.New("it failed")
	for _, c := range []struct {
		status int
		err    error
		want   string
	}{
		{200, nil, ""}, {404, failed, "404"}, {200, failed, "invalid_response"}, {0, failed, "no_response"},
		{0, fmt.Errorf("no response: %w", context.DeadlineExceeded), "timeout"},
	} {
		if got := calltrace.FailureOf(c.status, c.err); got != c.want {
			t.Errorf("%d, %v: %q, want %q", c.status, c.err, got, c.want)
		}
	}
}
