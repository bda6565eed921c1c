package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
)

// receiver is an OTLP receiver.
type receiver struct {
	url string

	mu      sync.Mutex
	spans   []*tracepb.Span
	bodies  bytes.Buffer // all that was exported
	headers []string     // x-key of each export
	service map[string]bool
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{service: map[string]bool{}}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		if err := r.receive(q); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *receiver) receive(q *http.Request) error {
	body := io.Reader(q.Body)
	if q.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(q.Body); err != nil {
			return err
		}
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var export coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(data, &export); err != nil || q.URL.Path != "/v1/traces" {
		return fmt.Errorf("%s: %w", q.URL.Path, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies.Write(data)
	r.headers = append(r.headers, q.Header.Get("X-Key"))
	for _, resource := range export.ResourceSpans {
		r.service[attributeOf(resource.Resource.Attributes, "service.name")] = true
		for _, scope := range resource.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
	return nil
}

// waitSpan waits until a span with this name was exported.
func (r *receiver) waitSpan(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	for ctx.Err() == nil {
		if len(r.named(name)) > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no span %q", name)
}

// named returns the spans with a name.
func (r *receiver) named(name string) (spans []*tracepb.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if s.Name == name {
			spans = append(spans, s)
		}
	}
	return spans
}

func attributeOf(attributes []*commonpb.KeyValue, key string) string {
	for _, a := range attributes {
		if a.Key == key {
			switch v := a.Value.Value.(type) {
			case *commonpb.AnyValue_StringValue:
				return v.StringValue
			case *commonpb.AnyValue_IntValue:
				return fmt.Sprint(v.IntValue)
			}
		}
	}
	return ""
}

// TestTraces_OneIncident follows one incident while Port does not answer, through two processes, of which the first is
// killed: all spans are in one trace, which shows the wait, and every line of the log about the request has its id.
func TestTraces_OneIncident(t *testing.T) {
	t.Parallel()
	const name, secret = "zebra-crossing", "key-of-the-receiver"
	e, r := newGuideEnvironment(t), newReceiver(t)
	settings := []string{
		"INCIDENT_IO_API_KEY", e.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL", e.IncidentIO.URL(), "LOG_FORMAT", "json", "LOG_LEVEL", "debug",
		"OTEL_EXPORTER_OTLP_ENDPOINT", r.url, "OTEL_EXPORTER_OTLP_HEADERS", "x-key=" + secret, "OTEL_BSP_SCHEDULE_DELAY", "10",
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p := e.startBotProcess(t, settings...)
	e.Port.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/runs", Status: 429, Body: `{"ok":false,"error":"rate_limit"}`, Times: 1})
	e.IncidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Method: http.MethodPost, Delay: time.Second, Times: 1})
	if !e.tryDeclare(ctx, sandbox.UserID, sandbox.ChannelID, name) {
		t.Fatal("not accepted")
	}
	r.waitSpan(ctx, t, "stage accepted")
	r.waitSpan(ctx, t, "view_submission")
	p.kill()
	p = e.startBotProcess(t, settings...)
	if _, err := e.Slack.WaitMessage(ctx, sandbox.ChannelID, nil); err != nil {
		t.Fatal(err)
	}
	r.waitSpan(ctx, t, "stage awaiting_channel")
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	r.expectOneTrace(t, e)
	for what, text := range map[string]string{
		"a token": "xoxb", "the app token": "xapp", "Port's secret": e.Port.ClientSecret, "incident.io's key": e.IncidentIO.APIKey,
		"the incident's name": name, "an e-mail address": sandbox.UserEmail, "a bearer": "Bearer", "a ticket": "ticket=", "the receiver's key": secret,
	} {
		if bytes.Contains(r.bodies.Bytes(), []byte(text)) {
			t.Errorf("the spans have %s", what)
		}
	}
	if len(r.headers) == 0 || r.headers[0] != secret || !r.service["foghorn"] {
		t.Errorf("headers %q, services %v", r.headers, r.service)
	}
}

// expectOneTrace checks the spans of TestTraces_OneIncident.
func (r *receiver) expectOneTrace(t *testing.T, e *environment) {
	t.Helper()
	r.mu.Lock()
	spans := slices.Clone(r.spans)
	r.mu.Unlock()
	submission := r.named("view_submission")[0]
	slices.SortFunc(spans, func(a, b *tracepb.Span) int { return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano)) })
	names := map[string]int{}
	for _, s := range spans {
		took := time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano)
		t.Logf("%s %8v %-9s %s %v", hex.EncodeToString(s.TraceId[:3]), took.Round(time.Millisecond), hex.EncodeToString(s.ParentSpanId), s.Name, s.Attributes)
		if strings.HasPrefix(s.Name, "attempt tracking") || len(s.Links) > 0 || !bytes.Equal(s.TraceId, submission.TraceId) {
			continue
		}
		names[s.Name]++
		if s.Kind == tracepb.Span_SPAN_KIND_CLIENT && (attributeOf(s.Attributes, "server.address") != "127.0.0.1" || attributeOf(s.Attributes, "http.request.method") == "") {
			t.Errorf("%s lacks attributes: %v", s.Name, s.Attributes)
		}
	}
	for _, want := range []string{
		"command", "view_submission", "stage accepted", "stage creating_run", "stage running", "stage notifying", "stage awaiting_channel",
		"attempt accepted", "attempt running", "attempt notifying", "attempt awaiting_channel", "started notice",
		"POST /views.open", "POST /chat.postMessage", "POST /chat.postEphemeral", "POST /v1/actions/{id}/runs", "GET /v1/actions/runs/{id}",
		"GET /v2/incidents/{id}",
	} {
		if names[want] == 0 {
			t.Errorf("the trace has no %q: %v", want, names)
		}
	}
	if names["command"] != 1 {
		t.Errorf("%d commands", names["command"])
	}
	refused := slices.ContainsFunc(r.named("POST /v1/actions/{id}/runs"), func(s *tracepb.Span) bool {
		return attributeOf(s.Attributes, "http.response.status_code") == "429" && attributeOf(s.Attributes, "error.type") == "429"
	})
	if !refused {
		t.Error("no span has Port's refusal")
	}
}
