// Package calltrace records calls to other services as spans, by OpenTelemetry's conventions for HTTP clients. A call
// has a span only if its context has one that is recorded: calls in the background, and all calls without a tracer,
// cost nothing. The trace context is not sent along: the services called do not continue traces.
//
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client
package calltrace

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// scope names what makes the spans.
const scope = "foghorn/integrations"

// A Call describes an HTTP request.
type Call struct {
	Method   string
	BaseURL  string // of the service
	Template string // the path below it, with {id} in place of names: a path can contain an e-mail address
	Resends  int    // how often the request was sent before
}

// A Span is a call that is recorded. The methods of nil do nothing.
type Span struct{ span trace.Span }

// Start begins the span of a call; nil if the context has no span that is recorded.
func Start(ctx context.Context, c Call) (context.Context, *Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, nil
	}
	attributes := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(c.Method), semconv.URLTemplate(c.Template)}
	if base, err := url.Parse(c.BaseURL); err == nil {
		path := strings.ReplaceAll(c.Template, "{id}", "REDACTED")
		attributes = append(attributes, semconv.ServerAddress(base.Hostname()), semconv.ServerPort(portOf(base)),
			semconv.URLFull(base.Scheme+"://"+base.Host+strings.TrimSuffix(base.Path, "/")+path))
	}
	if c.Resends > 0 {
		attributes = append(attributes, semconv.HTTPRequestResendCount(c.Resends))
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, c.Method+" "+c.Template,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	return ctx, &Span{span}
}

// SetStatus records the status of the response.
func (s *Span) SetStatus(status int) {
	if s != nil && status != 0 {
		s.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
}

// End ends the span. failure is a short name for what went wrong, never a text of the service; empty: nothing.
func (s *Span) End(failure string) {
	if s == nil {
		return
	}
	if failure != "" {
		s.span.SetAttributes(semconv.ErrorTypeKey.String(failure))
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// FailureOf returns what End takes for a response with a status; 0 means that there was none.
func FailureOf(status int, err error) string {
	switch {
	case status >= http.StatusBadRequest:
		return strconv.Itoa(status)
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case status != 0:
		return "invalid_response"
	}
	return "no_response"
}
