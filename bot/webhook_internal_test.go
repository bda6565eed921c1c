package bot

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestWebhook_BoundsReads sends bodies that do not end. Only some are read; the others are rejected at once.
func TestWebhook_BoundsReads(t *testing.T) {
	h := newWebhook("secret")
	done := make(chan string)
	var bodies []*io.PipeWriter
	handle := func(body io.Reader) (string, int) {
		return h.handle(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/port/runs", body), func(context.Context, string) (bool, error) { return true, nil })
	}
	for range maxWebhookReads {
		body, write := io.Pipe()
		bodies = append(bodies, write)
		go func() {
			outcome, _ := handle(body)
			done <- outcome
		}()
		if _, err := write.Write([]byte("x")); err != nil { // returns when it is read
			t.Fatal(err)
		}
	}
	for range 1000 {
		if outcome, status := handle(http.NoBody); outcome != outcomeBusy || status != http.StatusServiceUnavailable {
			t.Fatalf("one more gets %s, %d", outcome, status)
		}
	}
	for _, body := range bodies {
		if err := body.Close(); err != nil {
			t.Error(err)
		}
		if outcome := <-done; outcome != outcomeBadSignature {
			t.Errorf("a body without a signature gets %s", outcome)
		}
	}
	if outcome, _ := handle(http.NoBody); outcome != outcomeBadSignature {
		t.Errorf("afterwards a call gets %s", outcome)
	}
}
