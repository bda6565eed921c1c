package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// TestServe_NamesUnusableStore starts the bot on stores that no waiting mends.
func TestServe_NamesUnusableStore(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, w *environment) (edit []string)
		want  string
	}{
		{"a directory below a file", func(t *testing.T, w *environment) []string {
			file := filepath.Join(w.stateDir, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"STATE_DIR", filepath.Join(file, "state")}
		}, "STATE_DIR cannot be used"},
		{"a damaged file", func(t *testing.T, w *environment) []string {
			stop, err := w.startBot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !w.tryDeclare(t.Context(), demoUser, demoChannel, "before the damage") {
				t.Fatal("the incident was not taken")
			}
			if _, err := w.slack.WaitMessage(t.Context(), demoChannel, nil); err != nil {
				t.Fatal(err)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			blocks, err := filepath.Glob(filepath.Join(w.stateDir, "jetstream", "*", "streams", "KV_foghorn_requests", "msgs", "*.blk"))
			if err != nil || len(blocks) == 0 {
				t.Fatalf("no files of records: %v", err)
			}
			for _, path := range blocks {
				if err := os.Truncate(path, 10); err != nil {
					t.Fatal(err)
				}
			}
			return nil
		}, "STATE_DIR cannot be read"},
		{"a directory at work", func(t *testing.T, w *environment) []string {
			stop, err := w.startBot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
			return nil
		}, "STATE_DIR is in use"},
		{"a cluster that does not know the password", func(t *testing.T, _ *environment) []string {
			return []string{"NATS_URL", strings.Replace(startNATS(t, &server.Options{Username: "u", Password: "other"}), "nats://", "nats://u:secret@", 1)}
		}, "NATS_URL is of no use"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newGuideEnvironment(t)
			o := runCommand(t, w.botSettings(c.spoil(t, w)...), "serve")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || !strings.Contains(o.stderr, "hint:") {
				t.Errorf("exit %d: %s", o.code, o.stderr)
			}
			expectNoSecret(t, o)
		})
	}
}

// startNATS starts a NATS server on loopback until the test ends, and gives its address.
func startNATS(t *testing.T, opts *server.Options) string {
	t.Helper()
	opts.Host, opts.Port, opts.NoLog, opts.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS does not start")
	}
	return s.ClientURL()
}

// TestServe_WaitsForCluster starts the bot before its cluster.
func TestServe_WaitsForCluster(t *testing.T) {
	w := newGuideEnvironment(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().(*net.TCPAddr)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	front := freeAddr(t)
	p := w.launchBot(t, "NATS_URL", "nats://"+addr.String(), "HTTP_ADDR", front)
	said := ""
	for deadline := time.Now().Add(20 * time.Second); said == ""; {
		select {
		case err := <-p.done:
			t.Fatalf("it ended with %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if answer, err := http.Get("http://" + front + "/readyz"); err == nil {
			body, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			said = fmt.Sprint(answer.StatusCode, " ", string(body))
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(said, "503 ") || !strings.Contains(said, `"store"`) {
		t.Errorf("while it waits it says %s", said)
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: addr.Port, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { p.kill(); s.Shutdown(); s.WaitForShutdown() })
	w.waitConnections(t, 2)
}
