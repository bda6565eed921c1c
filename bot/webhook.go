package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	// maxWebhookBody is the largest body of a webhook, in bytes.
	maxWebhookBody = 1 << 20

	// maxWebhookReads is how many bodies are read at a time: before its signature is checked, a call can be anyone's.
	maxWebhookReads = 8

	// maxWebhookSkew is how far the timestamp of a webhook may differ from this clock.
	maxWebhookSkew = 5 * time.Minute
)

// Outcomes of a webhook, as a label of foghorn_port_webhooks_total.
const (
	outcomeAccepted     = "accepted"
	outcomeUnknownRun   = "unknown_run" // of another caller of the action
	outcomeBadSignature = "bad_signature"
	outcomeStale        = "stale"
	outcomeReplayed     = "replayed"
	outcomeTooLarge     = "too_large"
	outcomeInvalid      = "invalid"
	outcomeBusy         = "busy" // maxWebhookReads are being read; the poller finds the end of the run as well
	outcomeStoreError   = "store_error"
)

// A webhook checks Port's calls of /port/runs.
type webhook struct {
	secret  string
	seen    *cache.Cache  // signatures, against replays
	reading chan struct{} // holds a token for each body that is being read
}

func newWebhook(secret string) *webhook {
	return &webhook{secret: secret, seen: cache.New(2*maxWebhookSkew, 0), reading: make(chan struct{}, maxWebhookReads)}
}

// handle checks a call and wakes the request of the run that it names.
func (h *webhook) handle(r *http.Request, wake func(ctx context.Context, runID string) (bool, error)) (outcome string, status int) {
	select {
	case h.reading <- struct{}{}:
		defer func() { <-h.reading }()
	default:
		return outcomeBusy, http.StatusServiceUnavailable
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxWebhookBody))
	if err != nil {
		return outcomeTooLarge, http.StatusRequestEntityTooLarge
	}
	timestamp, signature := r.Header.Get("X-Port-Timestamp"), r.Header.Get("X-Port-Signature")
	if !hmac.Equal([]byte(signature), []byte(signWebhook(h.secret, timestamp, body))) {
		return outcomeBadSignature, http.StatusUnauthorized
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if skew := time.Since(time.Unix(seconds, 0)); err != nil || skew > maxWebhookSkew || skew < -maxWebhookSkew {
		return outcomeStale, http.StatusUnauthorized
	}
	h.seen.DeleteExpired()
	if h.seen.Add(signature, true, cache.DefaultExpiration) != nil {
		return outcomeReplayed, http.StatusConflict
	}
	var call struct {
		RunID string `json:"runId"`
	}
	if json.Unmarshal(body, &call) != nil || call.RunID == "" {
		return outcomeInvalid, http.StatusBadRequest
	}
	found, err := wake(r.Context(), call.RunID)
	switch {
	case err != nil:
		h.seen.Delete(signature) // Port may send it again
		return outcomeStoreError, http.StatusServiceUnavailable
	case !found:
		return outcomeUnknownRun, http.StatusOK
	}
	return outcomeAccepted, http.StatusOK
}

// signWebhook is the signature that Port puts on a webhook.
// https://docs.port.io/create-self-service-experiences/setup-backend/webhook/signature-verification
func signWebhook(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
