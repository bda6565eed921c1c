package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A UserClient is somebody who uses Slack: what they do goes to the app as it would from Slack's client.
type UserClient struct {
	s  *Server
	ID string
}

// UserClient is the user with an id. The user must exist when something is done.
func (s *Server) UserClient(id string) *UserClient { return &UserClient{s: s, ID: id} }

// SendMessage sends what a person writes in a channel: "/command text" goes to the app, and Types
// waits for its ack; anything else becomes a message. What the app does not acknowledge is
// an error: ErrOperationTimeout or ErrDispatchFailed.
func (p *UserClient) SendMessage(ctx context.Context, channel, text string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u, ch, err := p.memberOfLocked(channel)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	command, rest, _ := strings.Cut(text, " ")
	if !strings.HasPrefix(text, "/") {
		m := &Message{Channel: ch.ID, TS: s.newTSLocked(), User: u.ID, Text: text, UnfurlLinks: true, UnfurlMedia: true}
		s.messages[ch.ID] = append(s.messages[ch.ID], m)
		s.messagesChangedLocked(ch.ID)
		s.emit("person", "slack", "message", "#"+ch.Name+": "+firstLine(text), *m)
		s.mu.Unlock()
		return Ack{}, nil
	}
	if s.cfg.Commands != nil && !slices.Contains(s.cfg.Commands, command) {
		s.mu.Unlock()
		return Ack{}, fmt.Errorf("%s is not a valid command", command)
	}
	name := ch.Name
	if ch.Private && ch.dmUser == "" {
		name = "privategroup"
	}
	response := s.newResponseURLLocked("commands", u.ID, ch.ID, "", false)
	payload := map[string]any{
		"token":                 verificationToken,
		"team_id":               s.TeamID,
		"team_domain":           s.cfg.Domain,
		"channel_id":            ch.ID,
		"channel_name":          name,
		"user_id":               u.ID,
		"user_name":             u.Name,
		"command":               command,
		"text":                  strings.TrimSpace(rest),
		"api_app_id":            s.AppID,
		"is_enterprise_install": "false",
		"response_url":          response,
		"trigger_id":            s.newTriggerLocked(u.ID),
	}
	answerTo := s.responses.get(strings.TrimPrefix(response, s.Server.URL))
	s.mu.Unlock()
	s.emit("person", "slack", "command", text, map[string]any{"user": u.ID, "channel": ch.ID, "text": text})

	ack, err := s.Deliver(ctx, Envelope{Type: "slash_commands", Payload: payload, AcceptsResponse: true, kind: command})
	if err != nil || ack.Payload == nil {
		return ack, err
	}
	var answer args
	if json.Unmarshal(ack.Payload, &answer) != nil {
		return ack, nil // Slack ignores what is no message
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.applyResponseLocked(answerTo, answer, "ack"); err != nil {
		return ack, fmt.Errorf("show answer to %s: %w", command, err)
	}
	return ack, nil
}

// verificationToken is the old way to know Slack; it is the same in every payload.
const verificationToken = "emulatorVerificationToken"

// memberOfLocked finds the person and a channel they are in.
func (p *UserClient) memberOfLocked(channel string) (*User, *Channel, error) {
	u := p.s.users[p.ID]
	if u == nil {
		return nil, nil, fmt.Errorf("no user %s: %w", p.ID, Error("user_not_found"))
	}
	if channel == p.s.BotUser {
		return u, p.s.openDMLocked(u), nil
	}
	ch, ok := p.s.findChannelLocked(channel)
	if !ok || !ch.hasMember(u.ID) {
		return nil, nil, fmt.Errorf("%s in %s: %w", p.ID, channel, Error("channel_not_found"))
	}
	return u, ch, nil
}

// DM is the id of the direct conversation of the person with the app.
func (p *UserClient) DM() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	u := p.s.users[p.ID]
	if u == nil {
		return ""
	}
	return p.s.openDMLocked(u).ID
}

// UseShortcut uses one of the app's global shortcuts.
func (p *UserClient) UseShortcut(ctx context.Context, callbackID string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u := s.users[p.ID]
	if u == nil {
		s.mu.Unlock()
		return Ack{}, Error("user_not_found")
	}
	payload := s.interactionPayload("shortcut", u)
	payload["callback_id"], payload["action_ts"] = callbackID, s.newTSLocked()
	payload["trigger_id"] = s.newTriggerLocked(u.ID)
	s.mu.Unlock()
	s.emit("person", "slack", "shortcut", callbackID, nil)
	return s.sendInteraction(ctx, "shortcut", payload, false)
}

// UseMessageShortcut uses one of the app's shortcuts on a message.
func (p *UserClient) UseMessageShortcut(ctx context.Context, callbackID, channel, ts string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u, ch, err := p.memberOfLocked(channel)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	m := s.findMessageLocked(ch.ID, ts)
	if m == nil {
		s.mu.Unlock()
		return Ack{}, Error("message_not_found")
	}
	payload := s.interactionPayload("message_action", u)
	payload["callback_id"], payload["action_ts"], payload["message_ts"] = callbackID, s.newTSLocked(), ts
	payload["trigger_id"] = s.newTriggerLocked(u.ID)
	payload["channel"] = map[string]any{"id": ch.ID, "name": ch.Name}
	payload["message"] = marshalJSON(s.messageJSONLocked(m, true))
	payload["response_url"] = s.newResponseURLLocked("actions", u.ID, ch.ID, "", false)
	s.mu.Unlock()
	s.emit("person", "slack", "shortcut", callbackID+" on "+firstLine(m.Text), nil)
	return s.sendInteraction(ctx, "message_action", payload, false)
}

// ClickButton presses a button, by its action_id, of a message.
func (p *UserClient) ClickButton(ctx context.Context, m Message, actionID string) (Ack, error) {
	var blocks []any
	_ = json.Unmarshal(m.Blocks, &blocks)
	block, element := findButton(blocks, func(e map[string]any) bool { return e["action_id"] == actionID })
	if element == nil {
		return Ack{}, fmt.Errorf("message has no button %q", actionID)
	}
	s := p.s
	s.mu.Lock()
	u, ch, err := p.memberOfLocked(m.Channel)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	payload := s.interactionPayload("block_actions", u)
	payload["trigger_id"] = s.newTriggerLocked(u.ID)
	payload["channel"] = map[string]any{"id": ch.ID, "name": ch.Name}
	payload["container"] = map[string]any{"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": m.Ephemeral}
	if !m.Ephemeral {
		payload["message"] = marshalJSON(s.messageJSONLocked(&m, true))
	}
	payload["state"] = map[string]any{"values": map[string]any{}}
	payload["response_url"] = s.newResponseURLLocked("actions", u.ID, ch.ID, m.TS, m.Ephemeral)
	payload["actions"] = []any{buttonAction(block, element, s.newTSLocked())}
	s.mu.Unlock()
	s.emit("person", "slack", "click", textOf(element["text"]), nil)
	return s.sendInteraction(ctx, "block_actions", payload, true)
}

// findButton finds the first button that fits among blocks, and the id of its block.
func findButton(blocks []any, fits func(map[string]any) bool) (block string, element map[string]any) {
	for _, b := range blocks {
		bl, _ := b.(map[string]any)
		elements, _ := bl["elements"].([]any)
		for _, e := range append(elements[:len(elements):len(elements)], bl["accessory"]) {
			el, _ := e.(map[string]any)
			if el != nil && el["type"] == "button" && fits(el) {
				id, _ := bl["block_id"].(string)
				return id, el
			}
		}
	}
	return "", nil
}

// buttonAction is a button as block_actions tells it.
func buttonAction(block string, element map[string]any, ts string) map[string]any {
	out := map[string]any{
		"type": "button", "block_id": block, "action_id": element["action_id"], "text": element["text"], "action_ts": ts,
	}
	for _, name := range []string{"value", "url", "style"} {
		if v, ok := element[name]; ok {
			out[name] = v
		}
	}
	return out
}

// interactionPayload is what every interactive payload has.
func (s *Server) interactionPayload(kind string, u *User) map[string]any {
	return map[string]any{
		"type":                  kind,
		"team":                  map[string]any{"id": s.TeamID, "domain": s.cfg.Domain},
		"user":                  map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": s.TeamID},
		"api_app_id":            s.AppID,
		"token":                 verificationToken,
		"is_enterprise_install": false,
		"enterprise":            nil,
	}
}

func (s *Server) sendInteraction(ctx context.Context, kind string, payload map[string]any, answers bool) (Ack, error) {
	return s.Deliver(ctx, Envelope{Type: "interactive", Payload: payload, AcceptsResponse: answers, kind: kind})
}
