package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// A Person acts as a user of the workspace. The app receives what Slack would send.
type Person struct {
	s  *Server
	ID string
}

// Person is the user with an id. The user must exist when something is done.
func (s *Server) Person(id string) *Person { return &Person{s: s, ID: id} }

// SlashCommand sends a text such as "/incident now" in a channel and waits for the app's ack. If the app does not
// acknowledge, the error is ErrOperationTimeout or ErrDispatchFailed. If the payload of the ack is a message, it
// is posted, as Slack does.
// https://docs.slack.dev/interactivity/implementing-slash-commands
func (p *Person) SlashCommand(ctx context.Context, channel, text string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	payload, err := p.newCommandLocked(channel, text)
	s.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	command := fmt.Sprint(payload["command"])
	s.emit("person", "slack", "command", text, map[string]any{"user": p.ID, "channel": payload["channel_id"], "text": text})
	ack, err := s.Deliver(ctx, Envelope{Type: "slash_commands", Payload: payload, AcceptsResponse: true, kind: command})
	if err != nil || ack.Payload == nil {
		return ack, err
	}
	message, err := decodeObject(ack.Payload)
	if err != nil {
		return ack, nil // Slack ignores a payload that is not a message
	}
	if err = message.convert(responseArgs); err == nil {
		s.locked(func() {
			err = s.applyResponseLocked(&grant{user: p.ID, channel: fmt.Sprint(payload["channel_id"])}, message, "ack")
		})
	}
	if err != nil {
		return ack, fmt.Errorf("post the ack of %s: %w", command, err)
	}
	return ack, nil
}

// newCommandLocked returns the payload of a slash command.
func (p *Person) newCommandLocked(channel, text string) (map[string]any, error) {
	s := p.s
	command, rest, _ := strings.Cut(text, " ")
	known := s.cfg.Commands == nil || slices.Contains(s.cfg.Commands, command)
	if !strings.HasPrefix(text, "/") || !known || len(text) > MaxText {
		return nil, fmt.Errorf("%s is not a valid command", truncate(command))
	}
	u, ch, err := p.memberChannelLocked(channel)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"token":                 verificationToken,
		"team_id":               s.TeamID,
		"team_domain":           s.cfg.Domain,
		"channel_id":            ch.ID,
		"channel_name":          ch.commandName(),
		"user_id":               u.ID,
		"user_name":             u.Name,
		"command":               command,
		"text":                  strings.TrimSpace(rest),
		"api_app_id":            s.AppID,
		"is_enterprise_install": "false",
		"response_url":          s.newResponseURLLocked("commands", u.ID, ch.ID, ""),
		"trigger_id":            s.newTriggerLocked(u.ID),
	}, nil
}

// SendMessage posts a message of the person in a channel, and returns its ts. The app receives the events message and
// app_mention if it subscribes to them.
func (p *Person) SendMessage(channel, text string) (ts string, err error) {
	return p.SendReply(channel, "", text)
}

// handle matches the name of a user, of which Slack's client makes a mention.
var handle = regexp.MustCompile(`@\w[\w.-]*\w`)

// SendReply is SendMessage in the thread of the message with a ts.
func (p *Person) SendReply(channel, thread, text string) (ts string, err error) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := p.memberChannelLocked(channel)
	switch {
	case err != nil:
		return "", err
	case ch.Archived:
		return "", Error("is_archived")
	case strings.TrimSpace(text) == "":
		return "", Error("no_text")
	case utf8.RuneCountInString(text) > MaxText:
		return "", Error("msg_too_long")
	}
	text = handle.ReplaceAllStringFunc(text, func(name string) string {
		if u := find(s.users, func(u *User) bool { return u.Name == name[1:] }); u != nil {
			return "<@" + u.ID + ">"
		}
		return name
	})
	m, err := s.addMessageLocked(ch, Message{
		User: u.ID, ThreadTS: thread, Text: text, UnfurlLinks: true, UnfurlMedia: true, clientMsgID: uuid.NewString(),
	})
	if err != nil {
		return "", err
	}
	s.emit("person", "slack", "message", "#"+ch.Name+": "+firstLine(text), *m)
	s.sendMessageEventLocked(ch, s.messageJSONLocked(m, true))
	return m.TS, nil
}

// memberChannelLocked returns the user, and a channel of which the user is a member.
func (p *Person) memberChannelLocked(channel string) (*User, *Channel, error) {
	u := p.s.userLocked(p.ID)
	if u == nil {
		return nil, nil, fmt.Errorf("no user %s: %w", p.ID, Error("user_not_found"))
	}
	if channel == p.s.BotUser {
		return u, p.s.directMessageLocked(u), nil
	}
	ch, ok := p.s.conversationLocked(channel)
	if !ok || !ch.hasMemberLocked(u.ID) {
		return nil, nil, fmt.Errorf("%s in %s: %w", p.ID, channel, Error("channel_not_found"))
	}
	return u, ch, nil
}

// DM returns the id of the direct conversation of the person with the app.
func (p *Person) DM() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	u := p.s.userLocked(p.ID)
	if u == nil {
		return ""
	}
	return p.s.directMessageLocked(u).ID
}

// UseShortcut uses a global shortcut of the app and waits for the ack.
func (p *Person) UseShortcut(ctx context.Context, callbackID string) (Ack, error) {
	return p.interact(ctx, "shortcut", func(payload map[string]any) (bool, error) {
		p.addShortcutLocked(payload, callbackID)
		return true, nil
	})
}

// UseMessageShortcut uses a message shortcut of the app and waits for the ack.
func (p *Person) UseMessageShortcut(ctx context.Context, callbackID, channel, ts string) (Ack, error) {
	s := p.s
	return p.interact(ctx, "message_action", func(payload map[string]any) (bool, error) {
		_, ch, err := p.memberChannelLocked(channel)
		if err != nil {
			return false, err
		}
		m := s.findMessageLocked(ch.ID, ts)
		if m == nil {
			return false, Error("message_not_found")
		}
		payload["channel"], payload["message_ts"] = map[string]any{"id": ch.ID, "name": ch.commandName()}, ts
		payload["message"] = marshalJSON(s.messageJSONLocked(m, true))
		payload["response_url"] = s.newResponseURLLocked("actions", p.ID, ch.ID, "")
		p.addShortcutLocked(payload, callbackID)
		return true, nil
	})
}

func (p *Person) addShortcutLocked(payload map[string]any, callbackID string) {
	payload["callback_id"], payload["action_ts"], payload["trigger_id"] = callbackID, p.s.newTimestampLocked(), p.s.newTriggerLocked(p.ID)
	p.s.emit("person", "slack", "shortcut", callbackID, nil)
}

// ClickButton presses a button of a message, by its action_id, and waits for the ack.
func (p *Person) ClickButton(ctx context.Context, m Message, actionID string) (Ack, error) {
	return p.UseElement(ctx, m, actionID)
}

// UseElement presses a button of a message or changes another element, by its action_id, text or placeholder, and waits
// for the ack. Values are as for Modal.Fill.
func (p *Person) UseElement(ctx context.Context, m Message, name string, values ...string) (Ack, error) {
	return p.message(m).act(ctx, name, values)
}

// message is the surface of a message that the person sees.
func (p *Person) message(m Message) surface {
	s := p.s
	var kept *Message
	return surface{p, func() (*view, error) {
		_, ch, err := p.memberChannelLocked(m.Channel)
		if err != nil {
			return nil, err
		}
		if kept = s.findVisibleLocked(ch.ID, m.TS, p.ID); kept == nil {
			return nil, Error("message_not_found")
		}
		if kept.forms[p.ID] == nil {
			form := newView(p.ID)
			form.replaceBody(kept.formBody())
			if kept.forms == nil {
				kept.forms = map[string]*view{}
			}
			kept.forms[p.ID] = form
		}
		return kept.forms[p.ID], nil
	}, func(payload map[string]any, _ *view, e field) { s.addContainerLocked(payload, p.ID, kept, e) }}
}

// formBody returns the blocks of a message, those of attachments included, as the body of a view.
func (m Message) formBody() map[string]any {
	var blocks, attachments []any
	_ = json.Unmarshal(m.Blocks, &blocks) // what is not of this type has no elements
	_ = json.Unmarshal(m.Attachments, &attachments)
	return map[string]any{"blocks": append(blocks, attachments...)}
}

// addContainerLocked adds a message to the payload of an interaction.
// https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func (s *Server) addContainerLocked(payload map[string]any, user string, m *Message, e field) {
	ch := s.channelLocked(m.Channel)
	container := map[string]any{"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": m.Ephemeral}
	if e.attachment != nil {
		container["type"], container["attachment_id"], container["is_app_unfurl"] = "message_attachment", e.attachment, false
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"], payload["channel"] = container, map[string]any{"id": ch.ID, "name": ch.Name}
	if !m.Ephemeral {
		payload["message"] = marshalJSON(s.messageJSONLocked(m, true))
	}
	if payload["type"] == "block_actions" {
		payload["state"] = marshalJSON(map[string]any{"values": m.forms[user].stateValues(true)})
		payload["response_url"] = s.newResponseURLLocked("actions", user, ch.ID, m.TS)
	}
}
