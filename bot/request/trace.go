package request

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// A Trace is a place in a trace, as a W3C traceparent; empty: there is none. https://www.w3.org/TR/trace-context/
type Trace string

const traceHeader = "traceparent"

// TraceOf is the place of the context's span.
func TraceOf(ctx context.Context) Trace {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return Trace(carrier.Get(traceHeader))
}

// Context is the context with the place, at which spans continue. Text that is not a traceparent is ignored.
func (t Trace) Context(ctx context.Context) context.Context {
	if t == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceHeader: string(t)})
}

// SampledID is the id of the trace; empty if there is none, or if it is not recorded.
func (t Trace) SampledID() string { return SampledTraceID(t.Context(context.Background())) }

// SampledTraceID is the id of the context's trace; empty if there is none, or if it is not recorded.
func SampledTraceID(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.IsSampled() {
		return c.TraceID().String()
	}
	return ""
}
