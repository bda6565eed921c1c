package slacktest

import (
	"encoding/json"
	"slices"
)

// workspaceState is the JSON form of what a Server stores.
type workspaceState struct {
	Users       []userJSON                   `json:"users"`
	Channels    []Channel                    `json:"channels"`
	Messages    map[string][]Message         `json:"messages"`   // by channel, oldest first
	Ephemerals  map[string][]Message         `json:"ephemerals"` // by user, oldest first
	Modals      map[string][]json.RawMessage `json:"modals"`     // by user, the top one last
	Homes       map[string]json.RawMessage   `json:"homes"`      // by user
	Scopes      []string                     `json:"scopes"`
	Connections int                          `json:"connections"`
}

// State returns a snapshot that can be encoded as JSON: users, channels, messages, views, scopes
// and the number of open connections. It contains no tokens.
func (s *Server) State() any {
	users, channels := s.usersAndChannels()
	out := workspaceState{
		Users: users, Channels: channels, Messages: map[string][]Message{}, Ephemerals: map[string][]Message{},
		Modals: map[string][]json.RawMessage{}, Homes: map[string]json.RawMessage{},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.messages {
		out.Messages[id] = copyMessages(s.messages[id])
	}
	for id, messages := range s.ephemerals {
		out.Ephemerals[id] = copyMessages(messages)
	}
	for id, stack := range s.stacks {
		for _, v := range stack {
			out.Modals[id] = append(out.Modals[id], v.toJSON(s))
		}
	}
	for id, v := range s.homes {
		out.Homes[id] = v.toJSON(s)
	}
	out.Scopes, out.Connections = slices.Clone(s.scopes), len(s.open)
	return out
}

// Reset restores the users, channels and scopes of Config and removes messages, views, triggers, response_urls, acks
// and faults, those of connections included. Tokens, ids and open connections stay.
func (s *Server) Reset() {
	s.ClearFaults()
	s.mu.Lock()
	defer s.mu.Unlock()
	lastTS, revisions := s.lastTS, s.revisions // a ts is never used twice
	for id := range revisions {
		revisions[id]++
	}
	s.workspace, s.views = newWorkspace(s.cfg.Scopes), newViews(s.cfg)
	s.lastTS, s.revisions, s.acks = lastTS, revisions, nil
	for _, u := range s.initialUsers {
		s.addUserLocked(u)
	}
	for _, c := range s.initialChannels {
		c.Members = slices.Clone(c.Members)
		s.addChannelLocked(c)
	}
	s.pingsOff, s.refuseReason, s.copies, s.redeliver = false, "", 0, false
	s.setHalfOpenLocked(false)
	s.notifyLocked()
}
