package slacktest_test

import (
	"context"
	"io"
	"log"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// BenchmarkCommand is a command through a slack-go app that acks at once: what the emulator
// and the client cost together.
func BenchmarkCommand(b *testing.B) {
	s := slacktest.New(b, slacktest.Config{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	alice := s.AddUser(slacktest.User{Name: "alice"})
	room := s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true})
	api := slack.New(s.BotToken, slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(s.AppToken))
	client := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	go func() { // ends with ctx
		for {
			select {
			case <-ctx.Done():
				return
			case evt := <-client.Events:
				if evt.Request != nil && evt.Request.EnvelopeID != "" {
					_ = client.AckCtx(ctx, evt.Request.EnvelopeID, nil)
				}
			}
		}
	}()
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		_ = client.RunContext(ctx)
	}()
	if err := s.WaitConnections(ctx, 1); err != nil {
		b.Fatal(err)
	}
	person := s.Person(alice.ID)
	for b.Loop() {
		if _, err := person.SlashCommand(ctx, room.ID, "/x"); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	<-ran
}

// BenchmarkValidateView is a modal of 100 selects of 30 options.
func BenchmarkValidateView(b *testing.B) {
	view := []byte(largeView())
	b.SetBytes(int64(len(view)))
	for b.Loop() {
		if p := slacktest.ValidateView(view); len(p) > 0 {
			b.Fatal(p[0])
		}
	}
}

func largeView() string {
	option := `{"text":{"type":"plain_text","text":"o"},"value":"o"}`
	block := `{"type":"input","label":{"type":"plain_text","text":"l"},"element":{"type":"static_select","options":[` +
		strings.Repeat(option+",", 29) + option + `]}}`
	return `{"type":"modal","title":{"type":"plain_text","text":"t"},"submit":{"type":"plain_text","text":"s"},"blocks":[` +
		strings.Repeat(block+",", 99) + block + `]}`
}
