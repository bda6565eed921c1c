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

	"foghorn/cmd/foghorn/demo/sandbox"
)

// TestServe_NamesUnusableStore starts serve with stores that cannot work.
func TestServe_NamesUnusableStore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		setUp func(t *testing.T, e *environment) (edit []string)
		want  string
	}{
		{"a directory below a file", func(t *testing.T, e *environment) []string {
			file := filepath.Join(e.stateDir, "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"STATE_DIR", filepath.Join(file, "state")}
		}, "STATE_DIR cannot be used"},
		{"a damaged file", damageStore, "STATE_DIR is damaged"},
		{"a directory in use", func(t *testing.T, e *environment) []string {
			stop, err := e.startBot(t.Context())
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
		{"a cluster with another password", func(t *testing.T, _ *environment) []string {
			return []string{"NATS_URL", strings.Replace(startNATS(t, &server.Options{Username: "u", Password: "other"}), "nats://", "nats://u:secret@", 1)}
		}, "NATS_URL cannot be used"},
		{"a cluster with little storage", func(t *testing.T, _ *environment) []string {
			return []string{"NATS_URL", startLimitedNATS(t, "max_bytes: true, max_file: 100MB", "")}
		}, "max_bytes_required 512 MiB"},
		{"a cluster without permission", func(t *testing.T, _ *environment) []string {
			return []string{"NATS_URL", startLimitedNATS(t, "", `publish: {deny: "foghorn.task.>"}`)}
		}, `Permissions Violation for Publish to "foghorn.task.accepted.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newGuideEnvironment(t)
			o := runCommand(t, e.botSettings(c.setUp(t, e)...), "serve")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || !strings.Contains(o.stderr, "hint:") {
				t.Errorf("exit %d: %s", o.code, o.stderr)
			}
			expectNoSecret(t, o)
		})
	}
}

// damageStore runs the bot for one incident and truncates the files of its store.
func damageStore(t *testing.T, e *environment) []string {
	stop, err := e.startBot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !e.tryDeclare(t.Context(), sandbox.UserID, sandbox.ChannelID, "before the crash") {
		t.Fatal("the submission was not accepted")
	}
	if _, err := e.Slack.WaitMessage(t.Context(), sandbox.ChannelID, nil); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(e.stateDir, "jetstream", "*", "streams", "KV_*", "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the store has no files: %v", err)
	}
	for _, path := range files {
		if err := os.Truncate(path, 10); err != nil {
			t.Fatal(err)
		}
	}
	return nil
}

// startNATS runs a NATS server until the test ends and returns its URL.
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
		t.Fatal("NATS did not start")
	}
	return s.ClientURL()
}

// startLimitedNATS starts a server with an account that has limits, and a user who has permissions.
func startLimitedNATS(t *testing.T, limits, permissions string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nats.conf")
	conf := fmt.Sprintf("jetstream { store_dir: %q }\naccounts { A { jetstream { %s }, users: [{user: u, password: p, permissions: { %s }}] } }\nno_auth_user: u\n",
		t.TempDir(), limits, permissions)
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return startNATS(t, opts)
}

// TestServe_WaitsForCluster starts serve before its cluster.
func TestServe_WaitsForCluster(t *testing.T) {
	e := newGuideEnvironment(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().(*net.TCPAddr)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	httpAddr := freeAddr(t)
	p := e.launchBot(t, "NATS_URL", "nats://"+addr.String(), "HTTP_ADDR", httpAddr)
	ready := ""
	for deadline := time.Now().Add(20 * time.Second); ready == ""; {
		select {
		case err := <-p.done:
			t.Fatalf("serve ended with %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if answer, err := http.Get("http://" + httpAddr + "/readyz"); err == nil {
			body, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			ready = fmt.Sprint(answer.StatusCode, " ", string(body))
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(ready, "503 ") || !strings.Contains(ready, `"store"`) {
		t.Errorf("/readyz returns %s", ready)
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: addr.Port, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { p.kill(); s.Shutdown(); s.WaitForShutdown() })
	e.waitConnections(t, 2)
}
