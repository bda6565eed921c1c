package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// AddMessage adds a message of another app or user to a channel, and returns its ts. The members of the payload
// appear as they are wherever Slack shows the message, also those that are not of the documented type: Slack
// checks attachments less strictly than its documents say.
// https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
func (s *Server) AddMessage(channel string, payload json.RawMessage) (ts string, err error) {
	members := map[string]any{}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(payload, &own); err != nil {
		return "", fmt.Errorf("decode message: %w", err)
	}
	for name, value := range own {
		members[name] = value
	}
	m := &Message{Channel: channel, Bot: own["bot_id"] != nil, Blocks: own["blocks"], Attachments: own["attachments"], payload: members}
	_ = json.Unmarshal(own["text"], &m.Text) // a message can be without text
	_ = json.Unmarshal(own["user"], &m.User)
	_ = json.Unmarshal(own["thread_ts"], &m.ThreadTS)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addLocked(m)
	members["ts"] = m.TS
	s.sendMessageEventLocked(s.channelLocked(channel), s.messageJSONLocked(m, true))
	return m.TS, nil
}

// commandName is the name of a channel in the payload of a command or a shortcut.
// https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
func (c *Channel) commandName() string {
	switch {
	case strings.HasPrefix(c.ID, "D"):
		return "directmessage"
	case strings.HasPrefix(c.Name, "mpdm-"):
		return c.Name
	case c.Private:
		return "privategroup"
	}
	return c.Name
}
