package bot

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// FuzzWebhook sends bodies and headers, and then the same body with a correct signature. No
// call without the secret is accepted.
func FuzzWebhook(f *testing.F) {
	const secret = "a secret that Port shares"
	f.Add([]byte(`{"runId":"r_1"}`), "v1,c2lnbmF0dXJl", "1700000000")
	f.Add([]byte(`{"runId":{}}`), "", "-9223372036854775808")
	f.Add([]byte(`[`), "v1,", "now")
	f.Add(bytes.Repeat([]byte(" "), maxWebhookBody+1), "v2", "")
	f.Fuzz(func(t *testing.T, body []byte, signature, timestamp string) {
		h := newWebhook(secret)
		send := func(signature, timestamp string) (string, int) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/port/runs", bytes.NewReader(body))
			r.Header["X-Port-Signature"], r.Header["X-Port-Timestamp"] = []string{signature}, []string{timestamp}
			return h.handle(r, func(context.Context, string) (bool, error) { return false, nil })
		}
		if outcome, status := send(signature, timestamp); outcome != outcomeBadSignature && outcome != outcomeTooLarge || status < 400 {
			t.Errorf("without the secret: %s, %d", outcome, status)
		}
		timestamp = strconv.FormatInt(time.Now().Unix(), 10)
		outcome, status := send(signWebhook(secret, timestamp, body), timestamp)
		if len(body) > maxWebhookBody {
			if outcome != outcomeTooLarge {
				t.Errorf("%d bytes: %s", len(body), outcome)
			}
			return
		}
		if outcome != outcomeInvalid && outcome != outcomeUnknownRun || status >= 500 {
			t.Errorf("with the secret: %s, %d", outcome, status)
		}
		if outcome, _ := send(signWebhook(secret, timestamp, body), timestamp); outcome != outcomeReplayed {
			t.Errorf("sent again: %s", outcome)
		}
	})
}
