package slackapp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
)

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
	for _, c := range []struct{ name, proxy, failure string }{
		{"http", strings.Replace(plain.URL, "//", "//user:secret@", 1), ""},
		{"https", strings.Replace(secure.URL, "//", "//user:secret@", 1), ""},
		{"wrong password", strings.Replace(secure.URL, "//", "//user:wrong@", 1), "refused the connection: 407"},
		{"unknown scheme", "gopher://user:secret@127.0.0.1:1", "not supported"},
		{"closed port", "http://user:secret@127.0.0.1:1", "proxyconnect"},
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
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}

// TestDialer_NoProxy does not use the proxy for hosts that are exempt.
func TestDialer_NoProxy(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil); err == nil {
			_ = conn.Close()
		}
	}))
	defer target.Close()
	var asked *url.URL
	d := dialer{proxy: func(r *http.Request) (*url.URL, error) {
		asked = r.URL
		return nil, nil
	}}
	conn, err := d.dialWebSocket(t.Context(), "ws"+strings.TrimPrefix(target.URL, "http")+"/link?ticket=secret")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if asked.String() != target.URL {
		t.Errorf("asked for the proxy of %s, want %s", asked, target.URL)
	}
}
