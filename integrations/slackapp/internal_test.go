package slackapp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
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

// TestDialer_Proxy opens a websocket through proxies. Slack is a TLS server that only they can reach by name.
func TestDialer_Proxy(t *testing.T) {
	target := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err == nil {
			_ = conn.WriteMessage(websocket.TextMessage, []byte("hello"))
			_ = conn.Close()
		}
	}))
	defer target.Close()
	roots := x509.NewCertPool()
	roots.AddCert(target.Certificate())
	d := dialer{tls: &tls.Config{RootCAs: roots}}
	var tunnels atomic.Int32
	tunnel := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:secret"))
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != want {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		tunnels.Add(1)
		proxyTo(w, target.Listener.Addr().String())
	})
	plain, secure := httptest.NewServer(tunnel), httptest.NewTLSServer(tunnel)
	defer plain.Close()
	defer secure.Close()
	for _, c := range []struct {
		name, proxy, failure string
	}{
		{"http", strings.Replace(plain.URL, "//", "//user:secret@", 1), ""},
		{"https", strings.Replace(secure.URL, "//", "//user:secret@", 1), ""},
		{"wrong password", strings.Replace(secure.URL, "//", "//user:wrong@", 1), "HTTP status 407"},
		{"unknown scheme", "gopher://user:secret@127.0.0.1:1", "not supported"},
		{"closed port", "http://user:secret@127.0.0.1:1", "connect to proxy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			through, err := url.Parse(c.proxy)
			if err != nil {
				t.Fatal(err)
			}
			d.proxy = http.ProxyURL(through)
			conn, err := d.dialWebSocket(t.Context(), "wss://example.com/link?ticket=secret")
			if c.failure != "" {
				if err == nil || !strings.Contains(err.Error(), c.failure) || strings.Contains(err.Error(), "secret") {
					t.Errorf("error %v, want %q", err, c.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, frame, err := conn.ReadMessage(); err != nil || string(frame) != "hello" {
				t.Errorf("read %q, %v", frame, err)
			}
			_ = conn.Close()
		})
	}
	if n := tunnels.Load(); n != 2 {
		t.Errorf("%d tunnels, want 2", n)
	}
}

// proxyTo connects the connection of a request with another server.
func proxyTo(w http.ResponseWriter, addr string) {
	far, err := net.Dial("tcp", addr)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		_ = far.Close()
		return
	}
	_, err = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, copyErr := io.Copy(far, near)
		err = errors.Join(err, copyErr)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}
