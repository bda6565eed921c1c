package bot

import (
	"encoding/json"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// An HTTPServer serves health, readiness, metrics and Port's webhook. It can serve before
// there is a bot, while the store is opened: /readyz says so then.
type HTTPServer struct {
	metrics *Metrics
	webhook *webhook // nil: no webhook is served
	bot     atomic.Pointer[Bot]
}

// NewHTTPServer makes an HTTPServer. With a secret it serves Port's webhook.
func NewHTTPServer(m *Metrics, webhookSecret string) *HTTPServer {
	s := &HTTPServer{metrics: m}
	if webhookSecret != "" {
		s.webhook = newWebhook(webhookSecret)
	}
	return s
}

// SetBot sets the bot whose state is served.
func (s *HTTPServer) SetBot(b *Bot) { s.bot.Store(b) }

// Handler serves /healthz, /readyz, /metrics and, with a secret, /port/runs.
func (s *HTTPServer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"ok": true})
	})
	mux.HandleFunc("GET /readyz", s.serveReadiness)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	if s.webhook != nil {
		mux.HandleFunc("POST /port/runs", s.serveWebhook)
	}
	return mux
}

func (s *HTTPServer) serveReadiness(w http.ResponseWriter, r *http.Request) {
	status, connections := http.StatusOK, 0
	problems, warnings := map[string]string{"store": "the store is not open yet"}, map[string]string{}
	if b := s.bot.Load(); b != nil {
		connections, problems = b.slack.Connections(), b.NotReady(r.Context())
		if err := b.checkPort(); err != nil {
			warnings["port"] = err.Error()
		}
	}
	if len(problems) > 0 {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]any{"ok": len(problems) == 0, "connections": connections, "errors": problems, "warnings": warnings})
}

func (s *HTTPServer) serveWebhook(w http.ResponseWriter, r *http.Request) {
	outcome, status := outcomeStoreError, http.StatusServiceUnavailable
	if b := s.bot.Load(); b != nil {
		outcome, status = s.webhook.handle(r, b.wakeForRun)
	}
	s.metrics.portWebhooks.WithLabelValues(outcome).Inc()
	writeJSON(w, status, map[string]any{"ok": status == http.StatusOK, "outcome": outcome})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}
