package bot

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"foghorn/bot/request"
)

// Metrics counts what the bot does. The values of its labels are few, whatever arrives.
// manifests/observability documents each metric.
type Metrics struct {
	registry *prometheus.Registry

	commands             *prometheus.CounterVec
	submissions          *prometheus.CounterVec
	conditionErrors      *prometheus.CounterVec
	ackDuration          *prometheus.HistogramVec
	commandDuration      prometheus.Histogram
	requests             *prometheus.CounterVec
	notificationDelay    prometheus.Histogram
	retries              *prometheus.CounterVec
	portWebhooks         *prometheus.CounterVec
	connectionErrors     *prometheus.CounterVec
	slackRequestDuration *prometheus.HistogramVec
	portRequestDuration  *prometheus.HistogramVec

	portOutage      outage
	incidentsOutage outage
}

// Buckets in seconds.
var (
	ackBuckets          = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3} // Slack waits 3 s
	requestBuckets      = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	notificationBuckets = []float64{.025, .05, .1, .25, .35, .5, 1, 2.5, 5, 15, 60, 300}
)

// NewMetrics makes the metrics of one bot.
func NewMetrics() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help, label string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "foghorn", Name: name, Help: help}, []string{label})
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "foghorn", Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(h)
		return h
	}
	m.commands = counter("commands_total", "Slash commands, by outcome.", "outcome")
	m.submissions = counter("submissions_total", "Submitted forms, by outcome.", "outcome")
	m.conditionErrors = counter("condition_errors_total", "Conditions of forms that could not be evaluated, by what they cost.", "cost")
	m.ackDuration = histogram("slack_ack_duration_seconds", "Time from receiving an envelope to its ack.", ackBuckets, "kind")
	m.commandDuration = histogram("slash_command_duration_seconds",
		"Time from receiving a slash command to the answer of views.open, where a form or its loading view was opened.", ackBuckets).WithLabelValues().(prometheus.Histogram)
	m.requests = counter("requests_total", "Requests that have ended or follow an incident, by outcome.", "outcome")
	m.notificationDelay = histogram("notification_delay_seconds",
		"Time from the end of a run, by this clock or Port's, to its message.", notificationBuckets).WithLabelValues().(prometheus.Histogram)
	m.retries = counter("retries_total", "Failed stages that are retried, by stage.", "stage")
	m.portWebhooks = counter("port_webhooks_total", "Calls of /port/runs, by outcome.", "outcome")
	m.connectionErrors = counter("slack_connection_errors_total", "Errors of the connections to Slack, by kind.", "kind")
	m.slackRequestDuration = histogram("slack_request_duration_seconds", "Calls of Slack's Web API.", requestBuckets, "method", "outcome")
	m.portRequestDuration = histogram("port_request_duration_seconds", "Calls of Port's API.", requestBuckets, "purpose", "code")
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe adds the gauges that read the state of a bot.
func (m *Metrics) observe(b *Bot) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "foghorn", Name: name, Help: help}, value))
	}
	gauge("slack_connections", "Open connections to Slack.", func() float64 { return float64(b.cfg.Slack.Connections()) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "foghorn", Name: "slack_connects_total", Help: "Connections to Slack that were opened: the first ones, and reconnects.",
	}, func() float64 { return float64(b.cfg.Slack.Connects()) }))
	gauge("port_up", "1 when Port answers and its definition of the action was read; 0 when that failed for a minute, or always.", func() float64 {
		if b.checkPort() != nil {
			return 0
		}
		return 1
	})
	gauge("runs_in_flight", "Runs that Port is working on.", func() float64 { return float64(len(b.inFlight())) })
	gauge("oldest_run_age_seconds", "Age of the oldest request whose run Port is working on.", func() float64 {
		return b.store.index().OldestAge(request.Running).Seconds()
	})
	gauge("requests_pending", "Requests that have not ended, without those that follow an incident.", func() float64 { return float64(b.Pending()) })
	gauge("oldest_pending_age_seconds", "Age of the oldest of the pending requests.", func() float64 {
		return b.store.index().OldestAge(request.OpenStages...).Seconds()
	})
	gauge("incidents_followed", "Requests whose messages follow an incident that is not closed.", func() float64 {
		return float64(b.Followed())
	})
	gauge("store_bytes", "Size of the store.", func() float64 { return float64(b.store.Size()) })
}

// CommandHandled counts a slash command: it opened a view, or was answered with a text.
func (m *Metrics) CommandHandled(openedView bool, took time.Duration) {
	outcome := "answered"
	if openedView {
		outcome = "opened"
		m.commandDuration.Observe(took.Seconds())
	}
	m.commands.WithLabelValues(outcome).Inc()
	m.ackDuration.WithLabelValues("command").Observe(took.Seconds())
}

// InteractionHandled counts an interaction of a known kind.
func (m *Metrics) InteractionHandled(kind string, took time.Duration) {
	m.ackDuration.WithLabelValues(kind).Observe(took.Seconds())
}

// SubmissionHandled counts a submitted form.
func (m *Metrics) SubmissionHandled(outcome string) { m.submissions.WithLabelValues(outcome).Inc() }

// ConditionFailed counts a jq program of a form that could not be evaluated.
func (m *Metrics) ConditionFailed(cost string) { m.conditionErrors.WithLabelValues(cost).Inc() }

// RequestEnded counts a request that has ended, or begins to follow an incident.
func (m *Metrics) RequestEnded(status string) { m.requests.WithLabelValues(status).Inc() }

// NotificationDelayed records the time from the end of a run to its message.
func (m *Metrics) NotificationDelayed(delay time.Duration) {
	m.notificationDelay.Observe(delay.Seconds())
}

// IncidentsPolled records whether the incidents that are followed could be read.
func (m *Metrics) IncidentsPolled(err error) { m.incidentsOutage.record(0, err == nil, err) }

// StageRetried counts a stage that failed and is retried. "" is a request that is not known
// yet; other stages are a later version's.
func (m *Metrics) StageRetried(stage request.Stage) {
	if stage == request.Tracking || slices.Contains(request.OpenStages, stage) {
		m.retries.WithLabelValues(string(stage)).Inc()
		return
	}
	m.retries.WithLabelValues("other").Inc()
}

// SlackCall counts a call of Slack's Web API. It fits slackapp.Config.OnCall.
func (m *Metrics) SlackCall(method, outcome string, took time.Duration) {
	m.slackRequestDuration.WithLabelValues(method, knownSlackCode(outcome)).Observe(took.Seconds())
}

// knownSlackCode maps unknown codes to "other", to bound the values of the label.
func knownSlackCode(code string) string {
	switch code {
	case "ok", "no_answer", "ratelimited", "internal_error", "fatal_error", "missing_scope", "invalid_auth",
		"not_in_channel", "channel_not_found", "is_archived", "hash_conflict", "expired_trigger_id",
		"exchanged_trigger_id", "invalid_arguments", "invalid_blocks":
		return code
	}
	return "other"
}

// PortCall counts a call of Port's API, and notices an outage of Port. It fits port.Config.OnCall. The status 0 is no
// answer; one that is not an HTTP status is counted as "other".
func (m *Metrics) PortCall(purpose string, status int, took time.Duration, err error) {
	m.portOutage.observe(took, err)
	code := "no_answer"
	switch {
	case status == 0:
	case http.StatusText(status) != "":
		code = strconv.Itoa(status)
	default:
		code = "other"
	}
	m.portRequestDuration.WithLabelValues(purpose, code).Observe(took.Seconds())
}

// ConnectionError counts an error of a connection to Slack, by slackapp.ConnectionError.Kind.
func (m *Metrics) ConnectionError(kind string) {
	switch kind {
	case "open", "read", "frame", "write", "panic":
	default:
		kind = "other"
	}
	m.connectionErrors.WithLabelValues(kind).Inc()
}
