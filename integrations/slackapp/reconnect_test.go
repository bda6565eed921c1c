package slackapp

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
)

// httpFunc is an HTTP client of slack-go.
type httpFunc func() (*http.Response, error)

func (f httpFunc) Do(*http.Request) (*http.Response, error) { return f() }

func newResponse(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// TestKeepOpen_TokenRejected rejects the token, after connections were open, now and then and then for good.
func TestKeepOpen_TokenRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{})
		c.connects.Add(1)
		var calls []time.Time
		begun := time.Now()
		c.appClient = slack.New("", slack.OptionHTTPClient(httpFunc(func() (*http.Response, error) {
			calls = append(calls, time.Now())
			if time.Since(begun) < time.Hour && len(calls)%10 == 0 {
				return newResponse(http.StatusServiceUnavailable, ""), nil
			}
			return newResponse(http.StatusOK, `{"ok":false,"error":"invalid_auth"}`), nil
		})))
		err := newReceiver(c, nil).keepOpen(t.Context(), t.Context(), 0)
		took := time.Since(begun)
		if ErrorCode(err) != "invalid_auth" || took < time.Hour || took > time.Hour+rejectedTimeout+time.Minute {
			t.Errorf("ended after %v with %v", took, err)
		}
		for i := 1; i < len(calls); i++ {
			if wait := calls[i].Sub(calls[i-1]); wait > maxRetryDelay {
				t.Fatalf("a wait of %v", wait)
			}
		}
	})
}

// TestKeepOpen_RetryAfter waits as long as Slack says.
func TestKeepOpen_RetryAfter(t *testing.T) {
	if d := retryDelay(0, &Error{Code: "ratelimited", RetryAfter: time.Minute}); d != time.Minute {
		t.Errorf("waits %v", d)
	}
}

// TestReopens_TenAMinute opens connections that end at once for an hour.
func TestReopens_TenAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{})
		var opens []time.Time
		for begun := time.Now(); time.Since(begun) < time.Hour; {
			if err := c.reopens.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			opens = append(opens, time.Now())
		}
		for i := 10; i < len(opens); i++ {
			if d := opens[i].Sub(opens[i-10]); d < time.Minute {
				t.Fatalf("eleven connections in %v", d)
			}
		}
		if len(opens) < 300 {
			t.Errorf("%d connections in an hour", len(opens))
		}
	})
}
