package workflow

import (
	"context"
	"regexp"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
)

// traceScope names what makes the spans.
const traceScope = "foghorn/bot/workflow"

// The spans of a request. Each time that it is worked on is one, an attempt; its calls are below it. The time in each
// stage is another one, made when the stage ends: it shows the waits, also those of a process that was killed. From
// Tracking on, an attempt begins a trace of its own, which is linked to that of the request: a trace that is 30 days long
// could not be read.

// startSpan begins a span of a request in its trace.
func (w *Workflow) startSpan(ctx context.Context, r *request.Request, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if w.tracer == nil || r.Trace == "" {
		return ctx, noop.Span{}
	}
	options = append(options, trace.WithAttributes(attribute.String("foghorn.request.id", r.ID), attribute.String("foghorn.action", r.Action)))
	return w.tracer.Start(r.Trace.Context(ctx), name, options...)
}

// traceAttempt begins the span of an attempt, and returns the function that ends it.
func (w *Workflow) traceAttempt(ctx context.Context, j *job) (context.Context, func(next, error)) {
	if w.tracer == nil {
		return ctx, func(next, error) {}
	}
	var options []trace.SpanStartOption
	if j.Tracked != nil {
		options = append(options, trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(j.Trace.Context(ctx))))
	}
	ctx, span := w.startSpan(ctx, j.Request, "attempt "+string(j.Stage), options...)
	if !span.IsRecording() {
		return ctx, func(next, error) {}
	}
	span.SetAttributes(attribute.Float64("foghorn.stage.age", time.Since(j.StageEnteredAt).Seconds()))
	return ctx, func(n next, err error) {
		if j.RunID != "" {
			span.SetAttributes(attribute.String("foghorn.run.id", j.RunID))
		}
		switch {
		case n.event:
			span.AddEvent("waits to be woken")
		case n.delay > 0:
			span.AddEvent("waits", trace.WithAttributes(attribute.Float64("foghorn.delay", n.delay.Seconds())))
		}
		if err != nil {
			span.SetStatus(codes.Error, spanText(err))
		}
		span.End()
	}
}

// namePattern matches names in errors, which the clients quote, and e-mail addresses.
var namePattern = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?|\S+@\S+`)

// maxSpanText is the longest text of an error in a span, in characters.
const maxSpanText = 300

// spanText is the text of an error without names: more people can read traces than the log.
func spanText(err error) string {
	return slacktext.Truncate(namePattern.ReplaceAllString(err.Error(), "[...]"), maxSpanText)
}

// traceStage records the stage that a request has left.
func (w *Workflow) traceStage(ctx context.Context, j *job, left request.Stage, entered time.Time) {
	if w.tracer == nil || left == request.Tracking {
		return
	}
	_, span := w.startSpan(ctx, j.Request, "stage "+string(left), trace.WithTimestamp(entered))
	span.End(trace.WithTimestamp(j.StageEnteredAt))
}
