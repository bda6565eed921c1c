package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

type userJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	RealName string `json:"real_name"`
	Email    string `json:"email"`
	Guest    bool   `json:"guest"`
	Bot      bool   `json:"bot"`
	DM       string `json:"dm,omitempty"` // the direct conversation with the app
}

type channelJSON struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Private     bool     `json:"private"`
	Archived    bool     `json:"archived"`
	Members     []string `json:"members"`
	BotIsMember bool     `json:"bot_is_member"`
	Shared      bool     `json:"shared,omitempty"`
	PostError   string   `json:"post_error,omitempty"`
}

func toChannelJSON(c Channel) channelJSON {
	return channelJSON{c.ID, c.Name, c.Private, c.Archived, c.Members, c.BotIsMember, c.Shared, c.PostError}
}

func (s *Server) toUserJSON(u User) userJSON {
	out := userJSON{ID: u.ID, Name: u.Name, RealName: u.RealName, Email: u.Email, Guest: u.Guest, Bot: u.Bot}
	if !u.Bot {
		out.DM = s.Person(u.ID).DM()
	}
	return out
}

// controlWorkspace returns the workspace. With the parameter connections, it waits until at least that
// many are open.
func (s *Server) controlWorkspace(ctx context.Context, q url.Values) (any, error) {
	if q.Has("connections") {
		n, err := strconv.Atoi(q.Get("connections"))
		if err != nil {
			return nil, fmt.Errorf("connections must be a number, not %q", q.Get("connections"))
		}
		if err := s.waitUntil(ctx, func() bool { return len(s.open) >= n }); err != nil {
			return nil, fmt.Errorf("wait for %d connections: %w", n, err)
		}
	}
	users, channels := s.usersAndChannels()
	return map[string]any{
		"api_url": s.URL(), "bot_token": s.BotToken, "app_token": s.AppToken, "bot_user": s.BotUser, "connections": s.Connections(),
		"users": users, "channels": channels,
	}, nil
}

// usersAndChannels returns all users, and all channels but direct conversations.
func (s *Server) usersAndChannels() ([]userJSON, []channelJSON) {
	users, channels := []userJSON{}, []channelJSON{}
	for _, u := range s.Users() {
		users = append(users, s.toUserJSON(u))
	}
	for _, c := range s.Channels() {
		if c.dmUser == "" {
			channels = append(channels, toChannelJSON(c))
		}
	}
	return users, channels
}

func (s *Server) controlAddUser(_ context.Context, in userJSON) (any, error) {
	return s.toUserJSON(s.AddUser(User{ID: in.ID, Name: in.Name, RealName: in.RealName, Email: in.Email, Guest: in.Guest, Bot: in.Bot})), nil
}

func (s *Server) controlAddChannel(_ context.Context, in channelJSON) (any, error) {
	return toChannelJSON(s.AddChannel(Channel{
		ID: in.ID, Name: in.Name, Private: in.Private, Archived: in.Archived, Members: in.Members, BotIsMember: in.BotIsMember,
		Shared: in.Shared, PostError: in.PostError,
	})), nil
}

func (s *Server) controlSetScopes(_ context.Context, in struct{ Scopes []string }) (any, error) {
	s.SetScopes(in.Scopes...)
	return map[string]any{}, nil
}

// controlManifest applies a manifest, and returns the events of it that the emulator does not send.
func (s *Server) controlManifest(_ context.Context, in struct{ Manifest json.RawMessage }) (any, error) {
	absent, err := s.SetManifest(in.Manifest)
	return map[string]any{"events_not_emulated": append([]string{}, absent...)}, err
}

// controlMessages returns the messages that contain a text; with wait, it waits for the first. With
// user, it returns the messages that this user sees.
func (s *Server) controlMessages(ctx context.Context, q url.Values) (any, error) {
	channel, holds := q.Get("channel"), textFilter(q)
	if user := q.Get("user"); user != "" {
		p := s.Person(user)
		if q.Get("wait") != "" {
			if _, err := p.WaitVisible(ctx, channel, holds); err != nil {
				return nil, fmt.Errorf("wait for a message: %w", err)
			}
		}
		return map[string]any{"messages": filterMessages(p.VisibleMessages(channel), holds)}, nil
	}
	if q.Get("wait") != "" {
		if _, err := s.WaitMessage(ctx, channel, holds); err != nil {
			return nil, fmt.Errorf("wait for a message: %w", err)
		}
	}
	return map[string]any{"messages": filterMessages(s.Messages(channel), holds)}, nil
}

func (s *Server) controlEphemerals(ctx context.Context, q url.Values) (any, error) {
	user, holds := q.Get("user"), textFilter(q)
	if q.Get("wait") != "" {
		if _, err := s.WaitEphemeral(ctx, user, holds); err != nil {
			return nil, fmt.Errorf("wait for a message: %w", err)
		}
	}
	return map[string]any{"messages": filterMessages(s.Ephemerals(user), holds)}, nil
}

func textFilter(q url.Values) func(Message) bool {
	return func(m Message) bool { return m.Contains(q.Get("contains")) }
}

func filterMessages(all []Message, fits func(Message) bool) []Message {
	out := []Message{}
	for _, m := range all {
		if fits(m) {
			out = append(out, m)
		}
	}
	return out
}

func (s *Server) controlAcks(context.Context, url.Values) (any, error) {
	out := []ackJSON{}
	for _, a := range s.Acks() {
		out = append(out, newAckJSON(a))
	}
	return map[string]any{"acks": out}, nil
}

type connectionsRequest struct {
	Action, Reason, Text string
	On                   bool
	N                    int
}

func (s *Server) controlConnections(_ context.Context, in connectionsRequest) (any, error) {
	switch in.Action {
	case "disconnect":
		s.Disconnect(in.Reason)
	case "drop":
		s.DropConnections()
	case "refuse":
		s.RefuseConnections(in.Reason)
	case "half_open":
		s.SetHalfOpen(in.On)
	case "pings":
		s.SetPings(in.On)
	case "duplicate":
		s.SetDuplicates(in.N)
	case "limit_history":
		s.LimitHistory(in.N)
	case "redeliver":
		s.SetRedeliverOnConnect(in.On)
	case "raw":
		s.SendRaw([]byte(in.Text))
	default:
		return nil, fmt.Errorf("unknown action %q", in.Action)
	}
	return map[string]any{"connections": s.Connections()}, nil
}
