package bot

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// HTTPHandler serves /healthz, /readyz, /metrics and, with a secret, Port's webhook /port/runs.
func (b *Bot) HTTPHandler(webhookSecret string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"ok": true})
	})
	mux.HandleFunc("GET /readyz", b.serveReadiness)
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.cfg.Metrics.registry, promhttp.HandlerOpts{}))
	if webhookSecret != "" {
		hook := newWebhook(webhookSecret)
		mux.HandleFunc("POST /port/runs", func(w http.ResponseWriter, r *http.Request) {
			outcome, status := hook.handle(r, b.wakeForRun)
			b.cfg.Metrics.portWebhooks.WithLabelValues(outcome).Inc()
			writeJSON(w, status, map[string]any{"ok": status == http.StatusOK, "outcome": outcome})
		})
	}
	return mux
}

func (b *Bot) serveReadiness(w http.ResponseWriter, r *http.Request) {
	status, problems, warnings := http.StatusOK, b.NotReady(r.Context()), map[string]string{}
	if err := b.checkPort(); err != nil {
		warnings["port"] = err.Error()
	}
	if err := b.checkIncidents(); err != nil {
		warnings["incident_io"] = err.Error()
	}
	if len(problems) > 0 {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]any{"ok": len(problems) == 0, "connections": b.cfg.Slack.Connections(), "errors": problems, "warnings": warnings})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}
