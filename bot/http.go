package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/patrickmn/go-cache"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// maxPush is the largest webhook body, in bytes, that is read.
	maxPush = 1 << 20

	// pushTolerance is how old, or how early, a webhook may be.
	pushTolerance = 5 * time.Minute

	// portQuiet is how long Port may fail before the bot is not ready.
	portQuiet = time.Minute
)

// A Front is what a bot shows over HTTP. It can be served before there is a bot, while the
// store is waited for: then it says so on /readyz.
type Front struct {
	metrics *Metrics
	secret  string // of Port's webhook; "": none is taken
	bot     atomic.Pointer[Bot]
}

// NewFront makes a front that shows the metrics. With a secret it takes Port's webhook.
func NewFront(m *Metrics, pushSecret string) *Front { return &Front{metrics: m, secret: pushSecret} }

// Opened tells the front of its bot.
func (f *Front) Opened(b *Bot) { f.bot.Store(b) }

// Serve serves /healthz, /readyz, /metrics and, with a secret, /port/runs on ln until ctx ends.
func (f *Front) Serve(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"ok": true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		status, links, wrong := http.StatusOK, 0, map[string]string{"store": "it is not open yet"}
		if b := f.bot.Load(); b != nil {
			links, wrong = b.slack.Links(), b.Unready()
		}
		if len(wrong) > 0 {
			status = http.StatusServiceUnavailable
		}
		reply(w, status, map[string]any{"ok": len(wrong) == 0, "links": links, "wrong": wrong})
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(f.metrics.registry, promhttp.HandlerOpts{}))
	if f.secret != "" {
		seen := cache.New(2*pushTolerance, 0)
		mux.HandleFunc("POST /port/runs", func(w http.ResponseWriter, r *http.Request) {
			outcome, status := "not_kept", http.StatusServiceUnavailable
			if b := f.bot.Load(); b != nil {
				outcome, status = b.pushed(r, f.secret, seen)
			}
			f.metrics.pushes.WithLabelValues(outcome).Inc()
			reply(w, status, map[string]any{"ok": status == http.StatusOK, "outcome": outcome})
		})
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	err := srv.Serve(ln)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Unready says what keeps the bot from its work, by what it is: slack, store, port. Nothing: it is ready.
func (b *Bot) Unready() map[string]string {
	wrong := map[string]string{}
	if b.slack.Links() == 0 {
		wrong["slack"] = "no link to Slack is alive"
	}
	if status := b.journal.conn.Status(); status != nats.CONNECTED {
		wrong["store"] = "the store is " + status.String()
	} else if err := b.journal.writable(); err != nil {
		wrong["store"] = err.Error()
	}
	if err := b.defs.trouble(portQuiet); err != nil {
		wrong["port"] = err.Error()
	}
	return wrong
}

// pushed wakes the request of the run that Port's webhook names.
func (b *Bot) pushed(r *http.Request, secret string, seen *cache.Cache) (outcome string, status int) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxPush))
	if err != nil {
		return "too_large", http.StatusRequestEntityTooLarge
	}
	stamp, signature := r.Header.Get("X-Port-Timestamp"), r.Header.Get("X-Port-Signature")
	if !hmac.Equal([]byte(signature), []byte(sign(secret, stamp, body))) {
		return "forged", http.StatusUnauthorized
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if off := time.Since(time.Unix(seconds, 0)); err != nil || off > pushTolerance || off < -pushTolerance {
		return "old", http.StatusUnauthorized
	}
	seen.DeleteExpired()
	if seen.Add(signature, true, cache.DefaultExpiration) != nil {
		return "replayed", http.StatusConflict
	}
	var push struct {
		RunID string `json:"runId"`
	}
	if json.Unmarshal(body, &push) != nil || push.RunID == "" {
		return "unreadable", http.StatusBadRequest
	}
	id, ok := b.index.of(push.RunID)
	if !ok {
		return "unknown_run", http.StatusOK // not one of this bot's
	}
	if err := b.journal.wake(r.Context(), id); err != nil {
		seen.Delete(signature)
		return "not_kept", http.StatusServiceUnavailable
	}
	return "woke", http.StatusOK
}

// sign is the signature that Port puts on a webhook.
// https://docs.port.io/create-self-service-experiences/setup-backend/webhook/signature-verification
func sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
