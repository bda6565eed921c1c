package slackapp_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

// FuzzRun_Frames sends frames that Slack would not send. The next command is answered, and no handler panics.
func FuzzRun_Frames(f *testing.F) {
	for _, frame := range []string{
		``, `{`, `null`, `{"type":"hello","num_connections":-1}`, `{"type":"slash_commands","envelope_id":"1","payload":7}`,
		`{"type":"slash_commands","envelope_id":"2","payload":{"command":"/echo","text":"x"},"accepts_response_payload":true}`,
		`{"type":"interactive","envelope_id":"3","payload":{"type":"view_submission","view":{"state":{"values":{"b":{"a":null}}}}}}`,
		`{"type":"interactive","envelope_id":"4","payload":{"type":"block_actions","actions":[{"type":"users_select"}]}}`,
		`{"type":"events_api","envelope_id":"5","payload":{"event":{"type":"app_mention"}}}`,
		`{"type":"events_api","envelope_id":"6","payload":{"type":"event_callback","event":{"type":"app_home_opened","user":"U0ALICE","tab":"home"}}}`,
	} {
		f.Add([]byte(frame))
	}
	s, err := slacktest.Start(slacktest.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	alice := s.Person(s.AddUser(slacktest.User{RealName: "Alice", Email: "alice@example.com"}).ID)
	channel := s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true}).ID
	panics := make(chan error, 100)
	client := slackapp.New(slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL(), OnError: func(e slackapp.ConnectionError) {
		if e.Kind == "panic" {
			panics <- e.Err
		}
	}})
	ctx, cancel := context.WithCancel(f.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx, &echo{}) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Errorf("Run returned %v", err)
		}
	})
	if err := s.WaitConnections(ctx, 2); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		var envelope struct{ Type string }
		if json.Unmarshal(frame, &envelope) == nil && envelope.Type == "disconnect" {
			return // which replaces the connection, as it should
		}
		s.SendRaw(frame)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		ack, err := alice.SlashCommand(ctx, channel, "/echo next")
		var payload struct{ Text string }
		if err != nil || json.Unmarshal(ack.Payload, &payload) != nil || payload.Text != "next" {
			t.Fatalf("after %q a command gets %s, %v", frame, ack.Payload, err)
		}
		select {
		case err := <-panics:
			t.Fatal(err)
		default:
		}
	})
}
