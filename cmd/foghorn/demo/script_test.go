package demo

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
)

func TestRunScript_BotEnds(t *testing.T) {
	failed := errors.New("no such action")
	cfg := Config{RunBot: func(context.Context, map[string]string) error { return failed }}
	if err := RunScript(t.Context(), cfg, io.Discard); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}

func TestEventLog_NamesMissingStep(t *testing.T) {
	var out strings.Builder
	log := &eventLog{out: &out, startedAt: time.Now(), kinds: map[string]bool{}, changed: make(chan struct{})}
	log.record(emulator.Event{Kind: "command", From: "person", To: "slack", Text: "two\nlines"})
	if err := log.waitFor(t.Context(), "command"); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := log.waitFor(ctx, "command", "incident", "entity"); err == nil || err.Error() != "step incident did not happen" {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(out.String(), "two lines") {
		t.Errorf("got %q", out.String())
	}
}
