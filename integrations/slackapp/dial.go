package slackapp

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"
	"golang.org/x/net/proxy"
)

// writeBufferSize holds the largest ack in one frame. Slack does not reassemble fragmented frames.
// https://github.com/slack-go/slack/issues/1196
const writeBufferSize = 32 << 10

// dialer opens websockets, also through proxies. gorilla/websocket 1.5 has no support for https:// proxies,
// so the tunnel is made here.
type dialer struct {
	proxy func(*http.Request) (*url.URL, error) // http.ProxyFromEnvironment
	tls   *tls.Config                           // nil: the system's certificate authorities
}

// dialWebSocket opens the websocket at a ws:// or wss:// address. Its errors do not contain the address.
func (d dialer) dialWebSocket(ctx context.Context, address string) (*websocket.Conn, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, errors.New("invalid websocket address")
	}
	ws := websocket.Dialer{
		WriteBufferSize: writeBufferSize,
		TLSClientConfig: d.tls,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			through, err := d.proxyFor(u)
			if err != nil || through == nil {
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			}
			return d.dialProxy(ctx, through, addr)
		},
	}
	conn, res, err := ws.DialContext(ctx, address, nil)
	if err != nil && res != nil {
		return nil, fmt.Errorf("open websocket to %s: HTTP status %d", u.Host, res.StatusCode)
	}
	if err != nil {
		return nil, fmt.Errorf("open websocket to %s: %w", u.Host, redactError(err))
	}
	return conn, nil
}

// ProxyError reports that a proxy refused to open a connection.
type ProxyError struct {
	Proxy   string   // its host and port
	Status  int      // HTTP status of its answer
	Schemes []string // of authentication, with status 407; nil: it named none
}

// CheckTunnel returns a *ProxyError if the response of a proxy to CONNECT is not 200. It is the OnProxyConnectResponse
// of an http.Transport.
func CheckTunnel(_ context.Context, through *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	e := &ProxyError{Proxy: through.Host, Status: res.StatusCode}
	for _, challenge := range res.Header.Values("Proxy-Authenticate") {
		scheme, _, _ := strings.Cut(challenge, " ")
		e.Schemes = append(e.Schemes, sanitize(scheme))
	}
	return e
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s refused the connection: %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
}

// proxyFor returns the proxy for a websocket address, or nil. HTTPS_PROXY is for wss, HTTP_PROXY for ws.
func (d dialer) proxyFor(u *url.URL) (*url.URL, error) {
	target := url.URL{Scheme: "https", Host: u.Host}
	if u.Scheme == "ws" {
		target.Scheme = "http"
	}
	return d.proxy(&http.Request{URL: &target})
}

// dialProxy opens a connection to addr through an http://, https:// or socks5:// proxy.
func (d dialer) dialProxy(ctx context.Context, through *url.URL, addr string) (net.Conn, error) {
	port := "80"
	switch through.Scheme {
	case "https":
		port = "443"
	case "http":
	default:
		socks, err := proxy.FromURL(through, proxy.Direct)
		if err != nil {
			return nil, fmt.Errorf("proxy scheme %q is not supported", through.Scheme)
		}
		return socks.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
	}
	if through.Port() != "" {
		port = through.Port()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(through.Hostname(), port))
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err} // as net/http does
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	tunnel, err := d.openTunnel(ctx, conn, through, addr)
	if !stop() {
		err = errors.Join(err, context.Cause(ctx))
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("connect through proxy: %w", err)
	}
	return tunnel, nil
}

// openTunnel asks a proxy for a tunnel to addr.
func (d dialer) openTunnel(ctx context.Context, conn net.Conn, through *url.URL, addr string) (net.Conn, error) {
	if through.Scheme == "https" {
		cfg := &tls.Config{}
		if d.tls != nil {
			cfg = d.tls.Clone()
		}
		cfg.ServerName = through.Hostname()
		secure := tls.Client(conn, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secure
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if user := through.User; user != nil {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	if err := req.Write(conn); err != nil {
		return nil, err
	}
	in := bufio.NewReader(conn) // holds nothing afterwards: behind a proxy the client speaks first
	res, err := http.ReadResponse(in, req)
	if err != nil {
		return nil, err
	}
	// The body is not closed: it is the tunnel.
	if err := CheckTunnel(ctx, through, req, res); err != nil {
		return nil, err
	}
	return conn, nil
}
