package slacktest

import (
	"encoding/json"
	"slices"
)

// State returns a snapshot that can be encoded as JSON: users, channels, messages by channel and ephemeral messages by
// user, oldest first, modals by user, the top one last, Home tabs by user, scopes and the number of open connections. It
// contains no tokens.
func (s *Server) State() any {
	users, channels := s.usersAndChannels()
	s.mu.Lock()
	defer s.mu.Unlock()
	messages, ephemerals := map[string][]Message{}, map[string][]Message{}
	modals, homes := map[string][]json.RawMessage{}, map[string]json.RawMessage{}
	for _, m := range s.messages {
		if m.Ephemeral {
			ephemerals[m.To] = append(ephemerals[m.To], *m)
		} else {
			messages[m.Channel] = append(messages[m.Channel], *m)
		}
	}
	for id, stack := range s.stacks {
		for _, v := range stack {
			modals[id] = append(modals[id], v.toJSON(s))
		}
	}
	for id, v := range s.homes {
		homes[id] = v.toJSON(s)
	}
	return map[string]any{
		"users": users, "channels": channels, "messages": messages, "ephemerals": ephemerals, "modals": modals, "homes": homes,
		"scopes": slices.Clone(s.scopes), "connections": len(s.open),
	}
}

// Reset restores the users, channels and scopes of Config and removes messages, views, triggers, response_urls, acks
// and faults, those of connections included. Tokens, ids and open connections stay.
func (s *Server) Reset() {
	s.ClearFaults()
	s.mu.Lock()
	defer s.mu.Unlock()
	lastTS, changes := s.lastTS, s.messageChanges // a ts is never used twice
	s.workspace, s.views, s.settings, s.acks = newWorkspace(s.cfg.Scopes), newViews(), Settings{}, nil
	s.lastTS, s.messageChanges = lastTS, changes+1
	for _, u := range s.initialUsers {
		s.addUserLocked(u)
	}
	for _, c := range s.initialChannels {
		c.Members = slices.Clone(c.Members)
		s.addChannelLocked(c)
	}
	s.notifyLocked()
}
