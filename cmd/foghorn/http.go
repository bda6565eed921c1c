package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// shutdownTimeout bounds the wait for requests in progress when an HTTP server stops.
const shutdownTimeout = time.Second

// serveHTTP serves on ln until ctx ends, and then waits for requests in progress. serve and the demo use it.
func serveHTTP(ctx context.Context, ln net.Listener, srv *http.Server) error {
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		_ = srv.Shutdown(ctx)
		_ = srv.Close()
	})
	err := srv.Serve(ln)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
