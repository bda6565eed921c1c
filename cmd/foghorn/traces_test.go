package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
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

func newReceiver(t testing.TB) *receiver {
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
	r.add(&export, data, q.Header.Get("X-Key"))
	return nil
}

// add keeps the spans of an export.
func (r *receiver) add(export *coltracepb.ExportTraceServiceRequest, data []byte, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies.Write(data)
	r.headers = append(r.headers, key)
	for _, resource := range export.ResourceSpans {
		r.service[attributeOf(resource.Resource.Attributes, "service.name")] = true
		for _, scope := range resource.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
}

// grpcReceiver is a receiver that speaks gRPC.
type grpcReceiver struct {
	coltracepb.UnimplementedTraceServiceServer
	receiver
}

func (r *grpcReceiver) Export(ctx context.Context, export *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	headers, _ := metadata.FromIncomingContext(ctx)
	r.add(export, nil, strings.Join(headers["x-key"], ","))
	return &coltracepb.ExportTraceServiceResponse{}, nil
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
	r.waitSpan(ctx, t, "POST /v1/actions/{id}/runs")
	r.waitSpan(ctx, t, "started notice")
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
		"the incident's name": name, "an e-mail address": sandbox.UserEmail, "the receiver's key": secret,
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
		if s.Name == "attempt tracking" && (len(s.Links) != 1 || !bytes.Equal(s.Links[0].TraceId, submission.TraceId) || bytes.Equal(s.TraceId, submission.TraceId)) {
			t.Errorf("the edit is not a trace that is linked to the request's: %v", s)
		}
		if !bytes.Equal(s.TraceId, submission.TraceId) {
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

// exportSpans exports spans, and returns what is logged meanwhile.
func exportSpans(t *testing.T, endpoint, protocol string) string {
	t.Helper()
	variables := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
		"OTEL_EXPORTER_OTLP_HEADERS": "x-key=pass%20word,x-tenant=tenant-7", "OTEL_EXPORTER_OTLP_TIMEOUT": "60000",
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
	stderr := createFile(t, "stderr")
	provider, stop, err := startTraces(t.Context(), variables, Config{LogLevel: "debug"}.newLogger(stderr))
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for range 3 * 2048 { // more than the queue has place for
		_, span := provider.Tracer("test").Start(t.Context(), "test")
		span.End()
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the spans took %v", took)
	}
	begun = time.Now()
	stop()
	if took := time.Since(begun); took > 2*flushTimeout {
		t.Errorf("the stop took %v", took)
	}
	return fileContent(t, stderr)
}

// TestTraces_ReceiverFails exports to receivers that do not answer, quote what they were sent, or are not there: nothing
// waits for them, and one line of the log says why, without secrets.
func TestTraces_ReceiverFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc // nil: nothing listens
		want   string
	}{
		"hangs": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, "deadline exceeded"},
		"refuses": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, r.Header)
		}, "401"},
		"is down": {nil, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			s := httptest.NewServer(c.answer)
			if c.answer == nil {
				s.Close()
			}
			log := exportSpans(t, s.URL+"/ingest/abcdef", "http/protobuf")
			s.Close()
			goleak.VerifyNone(t, before)
			if !strings.Contains(log, c.want) || strings.Count(log, "failed to export traces") != 1 {
				t.Errorf("the log lacks %q:\n%s", c.want, log)
			}
			for _, secret := range []string{"pass", "tenant-7", "abcdef"} {
				if strings.Contains(log, secret) {
					t.Errorf("the log has %q:\n%s", secret, log)
				}
			}
		})
	}
}

func TestTraces_GRPC(t *testing.T) {
	before := goleak.IgnoreCurrent()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r, s := &grpcReceiver{receiver: receiver{service: map[string]bool{}}}, grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(s, r)
	go func() { _ = s.Serve(ln) }() // Stop ends it
	log := exportSpans(t, "http://"+ln.Addr().String(), "grpc")
	s.Stop()
	goleak.VerifyNone(t, before)
	if len(r.named("test")) == 0 || r.headers[0] != "pass word" || log != "" {
		t.Errorf("%d spans, headers %q, log %s", len(r.spans), r.headers, log)
	}
}

// TestTraces_Settings checks what is refused, by the name of the variable and without headers.
func TestTraces_Settings(t *testing.T) {
	e := newSettings()
	for name, wrong := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "ftp://host", "OTEL_EXPORTER_OTLP_PROTOCOL": "thrift",
		"OTEL_EXPORTER_OTLP_HEADERS": "secret-token", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization: secret-token", "OTEL_TRACES_EXPORTER": "zipkin",
		"OTEL_TRACES_SAMPLER": "sometimes", "OTEL_TRACES_SAMPLER_ARG": "NaN", "OTEL_EXPORTER_OTLP_CERTIFICATE": "missing.pem",
		"OTEL_EXPORTER_OTLP_TIMEOUT": "10s", "OTEL_RESOURCE_ATTRIBUTES": "team", "OTEL_SDK_DISABLED": "yes", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd",
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "missing.pem", "OTEL_BSP_MAX_QUEUE_SIZE": "-1",
	} {
		t.Run(name, func(t *testing.T) {
			env := maps.Clone(e)
			env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://localhost:4318"
			env[name] = wrong
			_, _, err := loadConfig(env, os.DevNull, "serve")
			if err == nil || !strings.Contains(err.Error(), name+" ") || strings.Contains(err.Error(), "secret-token") {
				t.Errorf("serve: %v", err)
			}
			if _, _, err := loadConfig(env, os.DevNull, "apply"); err != nil {
				t.Errorf("apply, which has no traces: %v", err)
			}
			for _, off := range []string{"OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none"} {
				variable, value, _ := strings.Cut(off, "=")
				env[variable] = value
				if cfg, _, err := loadConfig(env, os.DevNull, "serve"); err != nil || cfg.Traces != nil {
					t.Errorf("%s: %v, %v", off, cfg.Traces, err)
				}
			}
		})
	}
}

// TestTraces_Hints checks that hints name milliseconds only where they are meant, and that propagators are not ignored
// silently.
func TestTraces_Hints(t *testing.T) {
	env := newSettings()
	env["OTEL_EXPORTER_OTLP_ENDPOINT"], env["OTEL_PROPAGATORS"] = "http://localhost:4318", "b3"
	env["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"] = "-1"
	cfg, _, err := loadConfig(env, os.DevNull, "serve")
	if err != nil || !strings.Contains(fmt.Sprint(cfg.Warnings), "OTEL_PROPAGATORS has no effect") {
		t.Errorf("warnings %v, %v", cfg.Warnings, err)
	}
	for name, milliseconds := range map[string]bool{
		"OTEL_SPAN_EVENT_COUNT_LIMIT": false, "OTEL_BSP_MAX_QUEUE_SIZE": false, "OTEL_BSP_SCHEDULE_DELAY": true, "OTEL_EXPORTER_OTLP_TIMEOUT": true,
	} {
		if _, hint := traceChecks[name]("10s"); hint == "" || strings.Contains(hint, "milliseconds") != milliseconds {
			t.Errorf("%s: %q", name, hint)
		}
	}
}

// TestTraces_WrongLimitIsQuiet runs a command that has no traces with a wrong limit.
func TestTraces_WrongLimitIsQuiet(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binaryPath(t), "version")
	cmd.Env = []string{"OTEL_SPAN_EVENT_COUNT_LIMIT=many"}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "foghorn ") || strings.Contains(string(out), "OTEL") {
		t.Errorf("%s, %v", out, err)
	}
}

// newSettings returns settings that are right.
func newSettings() map[string]string {
	return map[string]string{
		"SLACK_APP_TOKEN": "xapp-1", "SLACK_BOT_TOKEN": "xoxb-1", "PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "secret",
	}
}
