package slackapp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestAWireIsLeftByHalf reads what the far side sends when it has seen the end of a link, in
// plain and in TLS, as Slack's links are.
func TestAWireIsLeftByHalf(t *testing.T) {
	t.Parallel()
	cert := httptest.NewTLSServer(http.NotFoundHandler())
	defer cert.Close()
	for name, secret := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = ln.Close() }()
			far := make(chan error, 1)
			go func() {
				raw, err := ln.Accept()
				if err != nil {
					far <- err
					return
				}
				conn := raw
				if secret {
					conn = tls.Server(raw, &tls.Config{Certificates: cert.TLS.Certificates})
				}
				if _, err = conn.Write([]byte("hello")); err == nil {
					_, err = conn.Read(make([]byte, 1)) // until the near side writes no more
				}
				if err == nil || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					far <- errors.Join(errors.New("no end was seen"), err)
					return
				}
				_, err = conn.Write([]byte("crossed"))
				far <- errors.Join(err, conn.Close())
			}()

			w := newWire()
			conn, err := w.dial(t.Context(), "tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if secret {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // it is the test's own
			}
			if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, make([]byte, len("hello"))); err != nil {
				t.Fatal(err)
			}
			read := make(chan string, 1)
			go func() {
				all, _ := io.ReadAll(conn) // it ends with an error of TLS, or with the end
				read <- string(all)
			}()
			w.leave(t.Context())
			if !secret { // TLS has its own way to say it
				select {
				case all := <-read:
					t.Fatalf("the end was told before the link was closed here, behind %q", all)
				default:
				}
			}
			if err := <-far; err != nil {
				t.Fatal(err)
			}
			_ = conn.Close() // TLS complains that it cannot say goodbye
			if all := <-read; all != "crossed" {
				t.Errorf("read %q", all)
			}
			if _, err := w.dial(t.Context(), "tcp", ln.Addr().String()); err == nil {
				t.Error("there is a new connection behind the one that was left")
			}
		})
	}
}
