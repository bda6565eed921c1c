// Package stopsignal receives the signals that stop the process as early as a Go program can. It imports little, so the
// runtime initializes it before the large packages, whose initialization takes most of the time until main. A signal
// before this ends the process with the signal.
package stopsignal

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Context ends at the first signal. A second one ends the process at once.
var Context = notify()

func notify() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}
