package bot

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics counts what the bot does. Its labels have few values, whatever arrives.
type Metrics struct {
	registry *prometheus.Registry

	commands    *prometheus.CounterVec
	submissions *prometheus.CounterVec
	handled     *prometheus.HistogramVec
	modal       prometheus.Histogram
	ended       *prometheus.CounterVec
	told        prometheus.Histogram
	retries     *prometheus.CounterVec
	pushes      *prometheus.CounterVec
	troubles    *prometheus.CounterVec
	slackCalls  *prometheus.HistogramVec
	portCalls   *prometheus.HistogramVec
}

// NewMetrics makes the metrics of one bot.
func NewMetrics() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "foghorn", Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	seconds := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "foghorn", Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(h)
		return h
	}
	ack := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3} // Slack's limit is 3 s
	call := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m.commands = counter("commands_total", "Slash commands, by what they got.", "outcome")
	m.submissions = counter("submissions_total", "Submitted forms, by what became of them.", "outcome")
	m.handled = seconds("ack_seconds", "Time from an envelope to its ack.", ack, "kind")
	m.modal = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "foghorn", Name: "modal_seconds", Buckets: ack,
		Help: "Time from a command's envelope to the answer of views.open, where a form or its loading view was opened.",
	})
	m.registry.MustRegister(m.modal)
	m.ended = counter("requests_total", "Requests that have ended, by outcome.", "outcome")
	m.told = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "foghorn", Name: "told_seconds", Help: "Time from the end of a run, by this clock or Port's, to the message.",
		Buckets: []float64{.025, .05, .1, .25, .35, .5, 1, 2.5, 5, 15, 60, 300},
	})
	m.registry.MustRegister(m.told)
	m.retries = counter("retries_total", "Steps that did not succeed and are tried again, by stage.", "stage")
	m.pushes = counter("pushes_total", "Calls of Port's webhook, by what became of them.", "outcome")
	m.troubles = counter("link_troubles_total", "What went wrong on the links to Slack.", "kind")
	m.slackCalls = seconds("slack_call_seconds", "Calls of Slack's Web API.", call, "method", "outcome")
	m.portCalls = seconds("port_call_seconds", "Calls of Port's API.", call, "purpose", "code")
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds the gauges that look into a bot.
func (m *Metrics) watch(b *Bot) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "foghorn", Name: name, Help: help}, value))
	}
	gauge("links", "Links to Slack that are alive.", func() float64 { return float64(b.slack.Links()) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "foghorn", Name: "links_opened_total", Help: "Links to Slack that came up: the first ones, and reconnects.",
	}, func() float64 { return float64(b.slack.Opened()) }))
	gauge("runs_in_flight", "Runs that Port is at work on.", func() float64 { return float64(len(b.index.at(Running))) })
	gauge("oldest_run_seconds", "Age of the oldest request whose run Port is at work on.", func() float64 { return b.index.oldest(Running).Seconds() })
	gauge("requests_open", "Requests that are not told yet.", func() float64 { return float64(b.index.count()) })
	gauge("oldest_open_seconds", "Age of the oldest request that is not told yet.", func() float64 {
		return b.index.oldest(Accepted, Asking, Running, Telling, Linking).Seconds()
	})
	gauge("store_bytes", "Size of the store.", func() float64 { return float64(b.journal.size()) })
}

// command counts a slash command: a form was opened, or the person got an answer instead.
func (m *Metrics) command(opened bool, took time.Duration) {
	outcome := "answered"
	if opened {
		outcome = "opened"
		m.modal.Observe(took.Seconds())
	}
	m.commands.WithLabelValues(outcome).Inc()
	m.handled.WithLabelValues("command").Observe(took.Seconds())
}

// SlackCall counts a call of Slack's Web API. It fits slackapp.Config.OnCall.
func (m *Metrics) SlackCall(method, outcome string, took time.Duration) {
	m.slackCalls.WithLabelValues(method, few(outcome)).Observe(took.Seconds())
}

// few keeps a vendor's code from becoming one more time series each time.
func few(code string) string {
	switch code {
	case "ok", "no_answer", "ratelimited", "internal_error", "fatal_error", "missing_scope", "invalid_auth",
		"not_in_channel", "channel_not_found", "is_archived", "hash_conflict", "expired_trigger_id",
		"exchanged_trigger_id", "invalid_arguments", "invalid_blocks":
		return code
	}
	return "other"
}

// retry counts a step that did not succeed, by the stage of its request. "" is a request
// that is not known yet; other stages are a later version's.
func (m *Metrics) retry(stage Stage) {
	switch stage {
	case Accepted, Asking, Running, Telling, Linking:
		m.retries.WithLabelValues(string(stage)).Inc()
	default:
		m.retries.WithLabelValues("other").Inc()
	}
}

// PortCall counts a call of Port's API. It fits port.Config.OnCall. A status of 0 is no answer,
// and one that HTTP has no name for is "other".
func (m *Metrics) PortCall(purpose string, status int, took time.Duration) {
	code := "no_answer"
	switch {
	case status == 0:
	case http.StatusText(status) != "":
		code = strconv.Itoa(status)
	default:
		code = "other"
	}
	m.portCalls.WithLabelValues(purpose, code).Observe(took.Seconds())
}

// LinkTrouble counts what went wrong on a link to Slack, by slackapp.Trouble.Kind.
func (m *Metrics) LinkTrouble(kind string) {
	switch kind {
	case "open", "frame", "write", "panic":
	default:
		kind = "other"
	}
	m.troubles.WithLabelValues(kind).Inc()
}
