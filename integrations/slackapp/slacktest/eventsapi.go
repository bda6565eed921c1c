package slacktest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// eventScopes are the events that the emulator sends, each with the scopes of which one is needed.
// https://docs.slack.dev/reference/events
var eventScopes = map[string][]string{
	"app_home_opened":       nil,
	"app_mention":           {"app_mentions:read"},
	"member_joined_channel": {"channels:read", "groups:read"},
	"message.channels":      {"channels:history"},
	"message.groups":        {"groups:history"},
	"message.im":            {"im:history"},
	"message.mpim":          {"mpim:history"},
}

// BotEvents returns the events that apps can subscribe to here, sorted.
func BotEvents() []string { return slices.Sorted(maps.Keys(eventScopes)) }

// channelTypes are the values of channel_type by the type in scopes.
var channelTypes = map[string]string{"channels": "channel", "groups": "group", "im": "im", "mpim": "mpim"}

// eventRetries are the times after which Slack sends an event again that the app did not acknowledge.
// https://docs.slack.dev/apis/events-api#retries
var eventRetries = []time.Duration{0, time.Minute, 5 * time.Minute}

// SendEvent delivers an event of the Events API, whatever the app subscribes to, with the outer object that Slack adds,
// and waits for the ack. It is not retried.
// https://docs.slack.dev/apis/events-api#callback-field
func (s *Server) SendEvent(ctx context.Context, event map[string]any) (Ack, error) {
	return s.Deliver(ctx, s.newEvent(event))
}

func (s *Server) newEvent(event map[string]any) Envelope {
	kind, _ := event["type"].(string)
	return Envelope{Type: "events_api", kind: kind, Payload: map[string]any{
		"type": "event_callback", "token": verificationToken, "team_id": s.TeamID, "context_team_id": s.TeamID, "api_app_id": s.AppID,
		"event": event, "event_id": "Ev" + randomUpper(10), "event_time": time.Now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []any{map[string]any{"team_id": s.TeamID, "user_id": s.BotUser, "is_bot": true, "is_enterprise_install": false, "enterprise_id": nil}},
	}}
}

// receivesLocked reports whether the app subscribes to an event and has a scope for it.
func (s *Server) receivesLocked(name string) bool {
	scopes := eventScopes[name]
	return slices.Contains(s.cfg.BotEvents, name) && (scopes == nil || slices.ContainsFunc(scopes, s.hasScopeLocked))
}

// sendMessageEventLocked delivers a message event of a channel, if the app receives it.
// https://docs.slack.dev/reference/events/message
func (s *Server) sendMessageEventLocked(ch *Channel, message map[string]any) {
	if ch == nil {
		return
	}
	scope, _ := ch.typeNames()
	event := maps.Clone(message)
	event["channel"], event["event_ts"], event["channel_type"] = ch.ID, message["ts"], channelTypes[scope]
	s.sendEventLocked("message."+scope, ch, event)
	text, _ := message["text"].(string)
	if !strings.Contains(text, "<@"+s.BotUser+">") || ch.dmUser != "" || message["bot_id"] != nil || message["hidden"] == true {
		return
	}
	mention := maps.Clone(event)
	mention["type"] = "app_mention"
	delete(mention, "channel_type")
	delete(mention, "parent_user_id")
	s.sendEventLocked("app_mention", ch, mention)
}

// sendEventLocked delivers an event of a channel, of which the bot must be a member, if the app receives it. It does not
// wait for the ack. Without one, the event is sent again.
func (s *Server) sendEventLocked(name string, ch *Channel, event map[string]any) {
	if s.ctx.Err() != nil || !ch.BotIsMember || !s.receivesLocked(name) {
		return
	}
	if event["type"] == nil {
		event["type"], event["event_ts"] = name, s.newTimestampLocked()
	}
	// The event must not change with the message.
	e := s.newEvent(event)
	e.Payload = marshalJSON(e.Payload)
	p, err := s.dispatchLocked(e)
	s.wg.Go(func() { // ends with the ack, the last retry or Close
		for n, delay := range s.cfg.EventRetries {
			if err == nil {
				_, err = s.waitAck(context.Background(), p)
			}
			reason := map[error]string{ErrOperationTimeout: "timeout", ErrDispatchFailed: "connection_failed"}[err]
			if reason == "" {
				return
			}
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(delay):
			}
			e.RetryAttempt, e.RetryReason = n+1, reason
			s.mu.Lock()
			p, err = s.dispatchLocked(e)
			s.mu.Unlock()
		}
		if err == nil {
			_, _ = s.waitAck(context.Background(), p) // records the ack
		}
	})
}

// manifest is the part of an app's manifest that the emulator applies.
// https://docs.slack.dev/reference/app-manifest
type manifest struct {
	Features struct {
		AppHome struct {
			Enabled bool `json:"home_tab_enabled"`
		} `json:"app_home"`
		Commands []struct{ Command string } `json:"slash_commands"`
	}
	OAuth    struct{ Scopes struct{ Bot []string } } `json:"oauth_config"`
	Settings struct {
		SocketMode bool `json:"socket_mode_enabled"`
		Events     struct {
			BotEvents []string `json:"bot_events"`
		} `json:"event_subscriptions"`
	}
}

// SetManifest installs the app with the commands, bot scopes, event subscriptions and Home tab of its manifest, as JSON
// or YAML. It returns the subscribed events that the emulator does not send.
func (s *Server) SetManifest(text []byte) (absent []string, err error) {
	var m manifest
	if err := yaml.Unmarshal(text, &m); err != nil {
		return nil, errors.New("invalid manifest")
	}
	if !m.Settings.SocketMode {
		return nil, errors.New("the manifest does not enable Socket Mode, and the emulator has no other delivery")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.Commands, s.cfg.BotEvents, s.cfg.NoHomeTab = []string{}, []string{}, !m.Features.AppHome.Enabled
	for _, c := range m.Features.Commands {
		s.cfg.Commands = append(s.cfg.Commands, c.Command)
	}
	s.cfg.Scopes = append([]string{}, m.OAuth.Scopes.Bot...)
	s.scopes = slices.Clone(s.cfg.Scopes)
	for _, name := range m.Settings.Events.BotEvents {
		if _, known := eventScopes[name]; !known {
			absent = append(absent, name)
		}
		s.cfg.BotEvents = append(s.cfg.BotEvents, name)
	}
	return absent, nil
}
