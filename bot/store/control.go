package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// controlFile is a Unix socket in STATE_DIR. It leads to the embedded server, so that a command reads the store of a
	// running bot as it reads a cluster.
	controlFile = "control.sock"

	// maxControlConnections is how many commands are served at a time.
	maxControlConnections = 8

	// maxSocketPath is the longest path of a socket in bytes, with some reserve: Linux allows 107, macOS 103.
	maxSocketPath = 100

	// controlRetryDelay is the delay after a connection that could not be accepted.
	controlRetryDelay = 100 * time.Millisecond
)

// serveControl serves the control socket of an embedded store until ctx ends. Without the socket the bot works, and
// only commands cannot read its store.
func (s *Store) serveControl(ctx context.Context) {
	if s.server == nil {
		return
	}
	ln, err := listenControl(s.dir)
	if err != nil {
		s.cfg.Log.WithError(err).Warn("failed to open the control socket: foghorn requests works only while the bot is stopped")
		return
	}
	defer func() { _ = os.Remove(filepath.Join(s.dir, controlFile)) }()
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	var serving sync.WaitGroup
	defer serving.Wait()
	slots := make(chan struct{}, maxControlConnections)
	for ctx.Err() == nil {
		conn, err := ln.Accept()
		if err != nil {
			sleep(ctx, controlRetryDelay)
			continue
		}
		select {
		case slots <- struct{}{}:
			serving.Go(func() {
				defer func() { <-slots }()
				s.relay(ctx, conn)
			})
		default:
			_ = conn.Close()
		}
	}
}

// relay connects a command with the embedded server, which limits the size of what it reads and ends connections that
// do not answer its pings.
func (s *Store) relay(ctx context.Context, command net.Conn) {
	defer func() { _ = command.Close() }()
	srv, err := s.server.InProcessConn()
	if err != nil {
		return
	}
	closeBoth := func() { _, _ = command.Close(), srv.Close() }
	defer context.AfterFunc(ctx, closeBoth)()
	var copying sync.WaitGroup
	defer copying.Wait()
	copying.Go(func() {
		defer closeBoth()
		_, _ = io.Copy(srv, command)
	})
	_, _ = io.Copy(command, srv)
	closeBoth()
}

// listenControl creates the socket, with mode 0600 from the beginning: in a directory of its own, from which it is moved
// to its place. It replaces one that a killed process left. The caller has the lock of the directory.
func listenControl(dir string) (net.Listener, error) {
	private := filepath.Join(dir, ".control")
	if err := os.RemoveAll(private); err != nil {
		return nil, err
	}
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(private) }()
	path := filepath.Join(private, "s")
	var ln *net.UnixListener
	err := withShortPath(path, func(short string) (err error) {
		ln, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(path, 0o600), os.Rename(path, filepath.Join(dir, controlFile))); err != nil {
		_ = ln.Close()
		return nil, err
	}
	return ln, nil
}

// withShortPath calls use with a path to the same file that fits in the address of a socket.
func withShortPath(path string, use func(short string) error) error {
	if len(path) <= maxSocketPath {
		return use(path)
	}
	temp, err := os.MkdirTemp("", "foghorn-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	link := filepath.Join(temp, "d")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		return fmt.Errorf("shorten the path of STATE_DIR: %w", err)
	}
	return use(filepath.Join(link, filepath.Base(path)))
}

// A controlDialer connects to the control socket of a directory.
type controlDialer struct{ dir string }

// Dial implements nats.CustomDialer.
func (d controlDialer) Dial(string, string) (conn net.Conn, err error) {
	err = withShortPath(filepath.Join(d.dir, controlFile), func(short string) error {
		conn, err = net.DialTimeout("unix", short, attemptTimeout)
		return err
	})
	return conn, err
}

// dialControl connects to the store of a running bot.
func (s *Store) dialControl() (err error) {
	s.conn, err = nats.Connect("nats://127.0.0.1", nats.SetCustomDialer(controlDialer{s.cfg.Dir}), nats.NoReconnect(),
		nats.IgnoreDiscoveredServers(), nats.Timeout(attemptTimeout), nats.Name("foghorn requests"))
	return err
}
