package dialog

import (
	"context"

	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"foghorn/bot/modal"
	"foghorn/bot/request"
)

// traceScope names what makes the spans.
const traceScope = "foghorn/bot/dialog"

// startSpan begins the span of something that arrived from Slack; the span ends with the ack. Without a place to continue
// at, it begins a trace. Views and requests keep the place.
func (d *Dialog) startSpan(ctx context.Context, name string, at request.Trace) (context.Context, trace.Span) {
	if d.cfg.Traces == nil {
		return ctx, noop.Span{}
	}
	return d.cfg.Traces.Tracer(traceScope).Start(at.Context(ctx), name, trace.WithSpanKind(trace.SpanKindServer))
}

// startInteraction is startSpan for an interaction. Its type is one of Slack's, or "other".
func (d *Dialog) startInteraction(ctx context.Context, cb slack.InteractionCallback) (context.Context, trace.Span) {
	if d.cfg.Traces == nil {
		return ctx, noop.Span{}
	}
	name := "other interaction"
	switch cb.Type {
	case slack.InteractionTypeViewSubmission, slack.InteractionTypeBlockActions, slack.InteractionTypeBlockSuggestion,
		slack.InteractionTypeShortcut, slack.InteractionTypeMessageAction:
		name = string(cb.Type)
	}
	return d.startSpan(ctx, name, traceOfView(cb.View))
}

// traceOfView is where the view was opened.
func traceOfView(v slack.View) request.Trace {
	if page, err := decodePage(v); err == nil {
		return request.Trace(page.Trace)
	}
	if v.CallbackID == modal.ChooserID {
		if c, err := modal.DecodeChooser(v.PrivateMetadata); err == nil {
			return request.Trace(c.Trace)
		}
	}
	return ""
}

// traceRequest has the request continue the trace of its submission.
func (d *Dialog) traceRequest(ctx context.Context, r *request.Request) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.String("foghorn.request.id", r.ID), attribute.String("foghorn.action", r.Action))
	}
	r.Trace = request.TraceOf(ctx)
}

// log is the log, with the id of the trace.
func (d *Dialog) log(ctx context.Context) *logrus.Entry {
	if id := request.SampledTraceID(ctx); id != "" {
		return d.cfg.Log.WithField("trace_id", id)
	}
	return d.cfg.Log
}

// commandAttribute names the command, if it is one of those that are configured.
func (d *Dialog) commandAttribute(command string) attribute.KeyValue {
	if _, known := d.action(command); !known && command != d.cfg.RunCommand {
		command = "unknown"
	}
	return attribute.String("foghorn.command", command)
}
