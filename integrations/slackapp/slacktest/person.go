package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Person is somebody who uses Slack: what they do goes to the app as it would from Slack's client.
type Person struct {
	s  *Server
	ID string
}

// Person is the user with an id. The user must exist when something is done.
func (s *Server) Person(id string) *Person { return &Person{s: s, ID: id} }

// Types sends what a person writes in a channel: "/command text" goes to the app, and Types
// waits for its ack; anything else becomes a message. What the app does not acknowledge is
// an error: ErrOperationTimeout or ErrDispatchFailed.
func (p *Person) Types(ctx context.Context, channel, text string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u, ch, err := p.in(channel)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	command, rest, _ := strings.Cut(text, " ")
	if !strings.HasPrefix(text, "/") {
		m := &Message{Channel: ch.ID, TS: s.newTS(), User: u.ID, Text: text, UnfurlLinks: true, UnfurlMedia: true}
		s.messages[ch.ID] = append(s.messages[ch.ID], m)
		s.said(ch.ID)
		s.tell("person", "slack", "message", "#"+ch.Name+": "+line(text), *m)
		s.mu.Unlock()
		return Ack{}, nil
	}
	if s.cfg.Commands != nil && !slices.Contains(s.cfg.Commands, command) {
		s.mu.Unlock()
		return Ack{}, fmt.Errorf("%s is not a valid command", command)
	}
	name := ch.commandName()
	response := s.newResponseURL("commands", u.ID, ch.ID, "", false)
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
		"trigger_id":            s.newTrigger(u.ID),
	}
	answerTo := s.responses.get(strings.TrimPrefix(response, s.Server.URL))
	s.mu.Unlock()
	s.tell("person", "slack", "command", text, map[string]any{"user": u.ID, "channel": ch.ID, "text": text})

	ack, err := s.Deliver(ctx, Envelope{Type: "slash_commands", Payload: payload, AcceptsAnswer: true, kind: command})
	if err != nil || ack.Payload == nil {
		return ack, err
	}
	var answer args
	if json.Unmarshal(ack.Payload, &answer) != nil {
		return ack, nil // Slack ignores what is no message
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.respond(answerTo, answer, "ack"); err != nil {
		return ack, fmt.Errorf("show answer to %s: %w", command, err)
	}
	return ack, nil
}

// verificationToken is the old way to know Slack; it is the same in every payload.
const verificationToken = "emulatorVerificationToken"

// in finds the person and a channel they are in. s.mu is held.
func (p *Person) in(channel string) (*User, *Channel, error) {
	u := p.s.users[p.ID]
	if u == nil {
		return nil, nil, fmt.Errorf("no user %s: %w", p.ID, Error("user_not_found"))
	}
	if channel == p.s.BotUser {
		return u, p.s.directWith(u), nil
	}
	ch, ok := p.s.conversation(channel)
	if !ok || !ch.has(u.ID) {
		return nil, nil, fmt.Errorf("%s in %s: %w", p.ID, channel, Error("channel_not_found"))
	}
	return u, ch, nil
}

// DM is the id of the direct conversation of the person with the app.
func (p *Person) DM() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	u := p.s.users[p.ID]
	if u == nil {
		return ""
	}
	return p.s.directWith(u).ID
}

// Shortcut uses one of the app's global shortcuts.
func (p *Person) Shortcut(ctx context.Context, callbackID string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u := s.users[p.ID]
	if u == nil {
		s.mu.Unlock()
		return Ack{}, Error("user_not_found")
	}
	payload := s.interaction("shortcut", u)
	payload["callback_id"], payload["action_ts"] = callbackID, s.newTS()
	payload["trigger_id"] = s.newTrigger(u.ID)
	s.mu.Unlock()
	s.tell("person", "slack", "shortcut", callbackID, nil)
	return s.interact(ctx, "shortcut", payload, false)
}

// MessageShortcut uses one of the app's shortcuts on a message.
func (p *Person) MessageShortcut(ctx context.Context, callbackID, channel, ts string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u, ch, err := p.in(channel)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	m := s.messageAt(ch.ID, ts)
	if m == nil {
		s.mu.Unlock()
		return Ack{}, Error("message_not_found")
	}
	payload := s.interaction("message_action", u)
	payload["callback_id"], payload["action_ts"], payload["message_ts"] = callbackID, s.newTS(), ts
	payload["trigger_id"] = s.newTrigger(u.ID)
	payload["channel"] = map[string]any{"id": ch.ID, "name": ch.commandName()}
	payload["message"] = raw(s.messageJSON(m, true))
	payload["response_url"] = s.newResponseURL("actions", u.ID, ch.ID, "", false)
	s.mu.Unlock()
	s.tell("person", "slack", "shortcut", callbackID+" on "+line(m.Text), nil)
	return s.interact(ctx, "message_action", payload, false)
}

// Clicks presses a button, by its action_id, of a message.
func (p *Person) Clicks(ctx context.Context, m Message, actionID string) (Ack, error) {
	var blocks []any
	_ = json.Unmarshal(m.Blocks, &blocks)
	block, element := button(blocks, func(e map[string]any) bool { return e["action_id"] == actionID })
	if element == nil {
		return Ack{}, fmt.Errorf("message has no button %q", actionID)
	}
	s := p.s
	s.mu.Lock()
	u, ch, err := p.in(m.Channel)
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	payload := s.interaction("block_actions", u)
	payload["trigger_id"] = s.newTrigger(u.ID)
	payload["channel"] = map[string]any{"id": ch.ID, "name": ch.Name}
	payload["container"] = map[string]any{"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": m.Ephemeral}
	if !m.Ephemeral {
		payload["message"] = raw(s.messageJSON(&m, true))
	}
	payload["state"] = map[string]any{"values": map[string]any{}}
	payload["response_url"] = s.newResponseURL("actions", u.ID, ch.ID, m.TS, m.Ephemeral)
	payload["actions"] = []any{pressed(block, element, s.newTS())}
	s.mu.Unlock()
	s.tell("person", "slack", "click", plain(element["text"]), nil)
	return s.interact(ctx, "block_actions", payload, true)
}

// button finds the first button that fits among blocks, and the id of its block.
func button(blocks []any, fits func(map[string]any) bool) (block string, element map[string]any) {
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

// pressed is a button as block_actions tells it.
func pressed(block string, element map[string]any, ts string) map[string]any {
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

// interaction is what every interactive payload has. s.mu is held.
func (s *Server) interaction(kind string, u *User) map[string]any {
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

func (s *Server) interact(ctx context.Context, kind string, payload map[string]any, answers bool) (Ack, error) {
	return s.Deliver(ctx, Envelope{Type: "interactive", Payload: payload, AcceptsAnswer: answers, kind: kind})
}
