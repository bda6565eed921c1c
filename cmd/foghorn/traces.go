package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const (
	// flushTimeout bounds the export of the last spans when serve stops.
	flushTimeout = 1500 * time.Millisecond

	// traceErrorInterval is how often a failed export is logged at most.
	traceErrorInterval = time.Minute
)

// tracePrefix begins the names of OpenTelemetry's variables.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
const tracePrefix = "OTEL_"

// propagators says in which headers the context of a trace goes to other services. Foghorn sends none: Slack, Port and
// incident.io do not continue it.
const propagators = "OTEL_PROPAGATORS"

// traceChecks are the checks of the variables that the SDK and the exporter read. The SDK ignores a wrong value.
var traceChecks = func() map[string]func(string) (string, string) {
	checks := map[string]func(string) (string, string){
		"OTEL_SDK_DISABLED":        checkOneOf("true", "false"),
		"OTEL_TRACES_EXPORTER":     checkOneOf("otlp", "none"),
		"OTEL_SERVICE_NAME":        nil,
		"OTEL_RESOURCE_ATTRIBUTES": checkPairs,
		"OTEL_TRACES_SAMPLER": checkOneOf("always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off",
			"parentbased_traceidratio"),
		"OTEL_TRACES_SAMPLER_ARG": checkRatio,
		propagators:               nil,
	}
	for name, check := range map[string]func(string) (string, string){
		"ENDPOINT": checkURL, "PROTOCOL": checkOneOf("http/protobuf", "http/json", "grpc"), "HEADERS": checkPairs, "TIMEOUT": checkMilliseconds, "COMPRESSION": checkOneOf("gzip", "none"),
		"INSECURE": checkOneOf("true", "false"), "CERTIFICATE": checkAuthorityFile, "CLIENT_CERTIFICATE": checkReadable, "CLIENT_KEY": checkReadable,
	} {
		checks["OTEL_EXPORTER_OTLP_"+name], checks["OTEL_EXPORTER_OTLP_TRACES_"+name] = check, check
	}
	for name, check := range map[string]func(string) (string, string){
		"BSP_SCHEDULE_DELAY": checkMilliseconds, "BSP_EXPORT_TIMEOUT": checkMilliseconds, "BSP_MAX_QUEUE_SIZE": checkCount, "BSP_MAX_EXPORT_BATCH_SIZE": checkCount,
		"ATTRIBUTE_VALUE_LENGTH_LIMIT": checkLimit, "ATTRIBUTE_COUNT_LIMIT": checkLimit, "SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": checkLimit,
		"SPAN_ATTRIBUTE_COUNT_LIMIT": checkLimit, "SPAN_EVENT_COUNT_LIMIT": checkLimit, "SPAN_LINK_COUNT_LIMIT": checkLimit,
		"EVENT_ATTRIBUTE_COUNT_LIMIT": checkLimit, "LINK_ATTRIBUTE_COUNT_LIMIT": checkLimit,
	} {
		checks[tracePrefix+name] = check
	}
	return checks
}()

// checkPairs checks a list of key=value. It shows nothing of it: headers are secrets.
func checkPairs(v string) (string, string) {
	for pair := range strings.SplitSeq(v, ",") {
		name, value, found := strings.Cut(pair, "=")
		if _, err := url.PathUnescape(value); !found || strings.TrimSpace(name) == "" || strings.ContainsAny(strings.TrimSpace(name), " \t\":") || err != nil {
			return "is not a list of pairs", "use name=value,name=value; percent-encode commas and other special characters of the values"
		}
	}
	return "", ""
}

func checkMilliseconds(v string) (string, string) {
	return checkNumber(v, 0, "use a number of milliseconds without a unit, such as 5000")
}

func checkCount(v string) (string, string) {
	return checkNumber(v, 1, "use a number from 1 on, such as 512")
}

func checkLimit(v string) (string, string) {
	return checkNumber(v, -1, "use a number from 0 on, such as 128, or -1 for no limit")
}

func checkNumber(v string, least int, hint string) (string, string) {
	n, err := strconv.Atoi(v)
	switch {
	case err != nil:
		return fmt.Sprintf("is %q, which is not a whole number", v), hint
	case n < least:
		return fmt.Sprintf("is %d, which is too small", n), hint
	}
	return "", ""
}

func checkRatio(v string) (string, string) {
	if f, err := strconv.ParseFloat(v, 64); err != nil || !(f >= 0 && f <= 1) {
		return fmt.Sprintf("is %q, which is not a ratio", v), "use a number from 0 to 1, such as 0.1"
	}
	return "", ""
}

// readTraceVariables reads the variables with which traces are exported; nil: they are not. The SDK reads them from the
// environment, so that exported gets them as they are meant. A command without traces ignores them: they can be meant
// for other programs.
func (e *SettingError) readTraceVariables(env map[string]string, file *dotenvFile, exported map[string]string) map[string]string {
	values := map[string]string{}
	for name := range traceChecks {
		if value := e.readValue(name, env, file); value != "" {
			values[name] = value
		}
	}
	off := values["OTEL_SDK_DISABLED"] == "true" || values["OTEL_TRACES_EXPORTER"] == "none"
	if off || values["OTEL_EXPORTER_OTLP_ENDPOINT"] == "" && values["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] == "" {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		check := traceChecks[name]
		if check == nil {
			continue
		}
		if problem, hint := check(values[name]); problem != "" {
			e.add(name, problem, hint)
		}
	}
	e.checkTraceCertificate(values, "OTEL_EXPORTER_OTLP_")
	e.checkTraceCertificate(values, "OTEL_EXPORTER_OTLP_TRACES_")
	if v := values[propagators]; v != "" && v != "none" && v != "tracecontext" && v != "tracecontext,baggage" {
		e.addWarning(propagators, "has no effect", "remove it: no headers of a trace are sent to Slack, Port and incident.io, and requests are stored with a W3C traceparent")
	}
	maps.Copy(exported, values)
	return values
}

// checkTraceCertificate checks that a client certificate has its key.
func (e *SettingError) checkTraceCertificate(values map[string]string, prefix string) {
	cert, key := values[prefix+"CLIENT_CERTIFICATE"], values[prefix+"CLIENT_KEY"]
	if cert == "" && key == "" {
		return
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		e.add(prefix+"CLIENT_CERTIFICATE", "and "+prefix+"CLIENT_KEY are not a certificate and its key", "set both, to files in PEM form")
	}
}

// startTraces exports traces if the settings say so, until stop is called. Without, the provider is nil.
func startTraces(ctx context.Context, variables map[string]string, log *logrus.Entry) (provider trace.TracerProvider, stop func(), err error) {
	if variables == nil {
		return nil, func() {}, nil
	}
	otel.SetLogger(logr.Discard()) // its lines can contain a header
	otel.SetErrorHandler(newTraceErrors(variables, log))
	exporter, err := newExporter(ctx, variables)
	if err != nil {
		return nil, nil, settingError("OTEL_EXPORTER_OTLP_ENDPOINT", "cannot be used: "+err.Error(), "begin it with https:// if a certificate is set")
	}
	service, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		semconv.ServiceName("foghorn"), semconv.ServiceVersion(versionText()), semconv.ServiceInstanceID(uuid.NewString()),
	), resource.WithFromEnv())
	if err != nil {
		return nil, nil, settingError("OTEL_RESOURCE_ATTRIBUTES", "cannot be used: "+err.Error(), "use name=value,name=value")
	}
	sdk := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(service), sdktrace.WithoutPanicRecording())
	return sdk, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := sdk.Shutdown(ctx); err != nil {
			otel.Handle(err)
		}
		_ = exporter.Shutdown(ctx) // interrupts an export that is still waiting
	}, nil
}

// newExporter returns the exporter for the protocol.
func newExporter(ctx context.Context, variables map[string]string) (*otlptrace.Exporter, error) {
	if cmp.Or(variables["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"], variables["OTEL_EXPORTER_OTLP_PROTOCOL"]) == "grpc" {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// traceErrors logs the errors of the exporter, without secrets, at most one in traceErrorInterval.
type traceErrors struct {
	log     *logrus.Entry
	secrets *strings.Replacer

	mu   sync.Mutex
	next time.Time
}

func newTraceErrors(variables map[string]string, log *logrus.Entry) *traceErrors {
	var secrets []string
	for name, value := range variables {
		switch {
		case strings.HasSuffix(name, "HEADERS"):
			for pair := range strings.SplitSeq(value, ",") {
				_, raw, _ := strings.Cut(pair, "=")
				clear, _ := url.PathUnescape(raw)
				secrets = append(secrets, strings.TrimSpace(raw), strings.TrimSpace(clear))
			}
		case strings.HasSuffix(name, "ENDPOINT"): // some receivers have a key in the path
			if u, err := url.Parse(value); err == nil {
				secrets = append(secrets, strings.Trim(u.Path, "/"))
			}
		}
	}
	var replacements []string
	for _, s := range secrets {
		if s != "" {
			replacements = append(replacements, s, "[...]")
		}
	}
	return &traceErrors{log: log, secrets: strings.NewReplacer(replacements...)}
}

// Handle implements otel.ErrorHandler.
func (h *traceErrors) Handle(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil || time.Now().Before(h.next) {
		return
	}
	h.next = time.Now().Add(traceErrorInterval)
	text, _, _ := strings.Cut(err.Error(), "body: ")   // what the receiver answers can quote the request
	if !strings.Contains(text, "code = Unavailable") { // in which case gRPC says why
		text, _, _ = strings.Cut(text, " desc = ")
	}
	h.log.WithField("error", h.secrets.Replace(strings.TrimRight(text, " ("))).Warn("failed to export traces")
}
