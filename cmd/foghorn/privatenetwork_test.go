package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/cmd/foghorn/demo/sandbox"
)

// privateNetwork is a network in which Slack, Port and incident.io have the names slack.test, port.test and
// incident.test, and certificates of a private authority. Only its proxies know the names. They require a password.
type privateNetwork struct {
	authority                         string // path of a PEM file
	httpProxy, httpsProxy, socksProxy string

	front net.Addr // all services

	mu      sync.Mutex
	refused string   // a host that the proxies refuse
	hosts   []string // that were connected
}

const proxyUser = "user:hunter2"

func newPrivateNetwork(t *testing.T, s *sandbox.Sandbox) *privateNetwork {
	t.Helper()
	n := &privateNetwork{authority: filepath.Join(t.TempDir(), "ca.pem")}
	cert := n.newCertificate(t)
	front := httptest.NewUnstartedServer(newFront(t, s))
	front.TLS, front.Config.ErrorLog = &tls.Config{Certificates: []tls.Certificate{cert}}, log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	n.front = front.Listener.Addr()

	plain, secure := httptest.NewServer(http.HandlerFunc(n.serveConnect)), httptest.NewUnstartedServer(http.HandlerFunc(n.serveConnect))
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	n.httpProxy, n.httpsProxy = "http://"+proxyUser+"@"+plain.Listener.Addr().String(), "https://"+proxyUser+"@"+secure.Listener.Addr().String()

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	n.socksProxy = "socks5://" + proxyUser + "@" + ln.Addr().String()
	go func() { // ends with ln
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go n.serveSOCKS(conn)
		}
	}()
	return n
}

// newCertificate writes the authority and returns a certificate of it for all names.
func (n *privateNetwork) newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, DNSNames: []string{"*.test", "*.slack.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// newFront returns a handler that passes requests to the emulators, by host.
func newFront(t *testing.T, s *sandbox.Sandbox) http.Handler {
	t.Helper()
	slack := strings.TrimSuffix(s.Slack.URL(), "/api/")
	services := map[string]http.Handler{}
	for host, address := range map[string]string{"slack.test": slack, "wss.slack.test": slack, "port.test": s.Port.URL(), "incident.test": s.IncidentIO.URL()} {
		target, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		services[host] = &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
			ModifyResponse: func(res *http.Response) error {
				if !strings.HasSuffix(res.Request.URL.Path, "apps.connections.open") {
					return nil
				}
				body, err := io.ReadAll(res.Body)
				body = bytes.Replace(body, []byte("ws"+strings.TrimPrefix(slack, "http")), []byte("wss://wss.slack.test"), 1)
				res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
				res.Header.Set("Content-Length", fmt.Sprint(len(body)))
				return err
			},
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { services[r.Host].ServeHTTP(w, r) })
}

// env returns the settings with the names of the network.
func (n *privateNetwork) env(e *environment) []string {
	env := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range e.applySettings() {
		env = append(env, name+"="+value)
	}
	return append(env, "SLACK_API_URL=https://slack.test/api/", "PORT_BASE_URL=https://port.test", "INCIDENT_IO_BASE_URL=https://incident.test")
}

func (n *privateNetwork) reset(refused string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused, n.hosts = refused, nil
}

// tunnels returns the hosts to which connections were opened.
func (n *privateNetwork) tunnels() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	hosts := slices.Clone(n.hosts)
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// connect opens a connection to a host of the network.
func (n *privateNetwork) connect(host string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if host == n.refused {
		return nil, fmt.Errorf("%s is refused", host)
	}
	n.hosts = append(n.hosts, host)
	return net.Dial("tcp", n.front.String())
}

// serveConnect is an HTTP proxy.
func (n *privateNetwork) serveConnect(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(proxyUser)) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	far, err := n.connect(r.Host)
	if r.Method != http.MethodConnect || err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	near, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = far.Close()
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	joinConns(near, far)
}

// serveSOCKS is a SOCKS5 proxy for names, with user and password.
// https://www.rfc-editor.org/rfc/rfc1928
func (n *privateNetwork) serveSOCKS(near net.Conn) {
	defer func() { _ = near.Close() }()
	in := bufio.NewReader(near)
	read := func(size int) []byte {
		b := make([]byte, size)
		_, _ = io.ReadFull(in, b)
		return b
	}
	read(int(read(2)[1])) // the methods
	_, _ = near.Write([]byte{5, 2})
	user := string(read(int(read(2)[1])))
	password := string(read(int(read(1)[0])))
	if user+":"+password != proxyUser {
		_, _ = near.Write([]byte{1, 1})
		return
	}
	_, _ = near.Write([]byte{1, 0})
	name := string(read(int(read(5)[4])))
	port := read(2)
	far, err := n.connect(fmt.Sprintf("%s:%d", name, int(port[0])<<8|int(port[1])))
	if err != nil {
		_, _ = near.Write([]byte{5, 2, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	_, _ = near.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	joinConns(near, far)
}

// joinConns copies between two connections until one of them ends.
func joinConns(near, far net.Conn) {
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}
