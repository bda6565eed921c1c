package slacktest

import (
	"cmp"
	"slices"
	"strings"
)

// A User is a user of the workspace. Its JSON form is that of the control API.
type User struct {
	ID       string `json:"id"`        // "" generates one
	Name     string `json:"name"`      // the handle, such as alice; "" derives it from RealName or ID
	RealName string `json:"real_name"` // "" means Name
	Email    string `json:"email"`
	TZ       string `json:"tz"`   // such as Europe/Berlin; "" means UTC
	Team     string `json:"team"` // "" means the workspace; another team means another organization
	Guest    bool   `json:"guest"`
	Bot      bool   `json:"bot"`
	Deleted  bool   `json:"deleted"`
	Admin    bool   `json:"admin"`

	Enterprise       string `json:"enterprise"`        // id of the Enterprise organization of Team; "" is Settings.EnterpriseID for the workspace's own users
	Invited          bool   `json:"invited"`           // has not accepted the invitation yet
	WorkflowBot      bool   `json:"workflow_bot"`      // posts for a workflow; unlike Bot, it has an e-mail address
	UnconfirmedEmail bool   `json:"unconfirmed_email"` // of a user who did not confirm it
	AnswerWith       string `json:"answer_with"`       // users.info answers with the user of this id instead; a fault
}

// A Channel is a conversation. Direct conversations are created when they are needed. Its JSON form is that of the
// control API.
type Channel struct {
	ID          string   `json:"id"` // "" generates one
	Name        string   `json:"name"`
	Private     bool     `json:"private"`
	Archived    bool     `json:"archived"`
	Members     []string `json:"members"`       // ids of users; nil means all users
	BotIsMember bool     `json:"bot_is_member"` // the bot is a member
	Shared      bool     `json:"shared"`        // with another organization
	PostError   string   `json:"post_error"`    // the error of messages of apps, such as restricted_action_read_only_channel; "" for none

	dmUser string // the user of a direct conversation of the bot
}

// workspace is the content of the workspace. Server.mu guards it.
type workspace struct {
	users          []*User // in the order in which they were added, as channels
	channels       []*Channel
	messages       []*Message // of all channels, ephemeral ones included, oldest first
	messageChanges int        // number of changes of messages
	scopes         []string
	lastTS         int64

	grants grants
}

// AllScopes are the bot scopes that the emulator knows.
var AllScopes = []string{
	"app_mentions:read", "commands", "chat:write", "chat:write.customize", "chat:write.public", "channels:history", "channels:join", "channels:read",
	"groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:history", "mpim:read", "mpim:write", "team:read", "users:read", "users:read.email",
}

func newWorkspace(scopes []string) workspace {
	if scopes == nil {
		scopes = AllScopes
	}
	return workspace{
		grants: grants{values: map[string]*grant{}},
		scopes: slices.Clone(scopes),
	}
}

// AddUser adds or replaces a user and returns it with the default values.
func (s *Server) AddUser(u User) User {
	u.ID = cmp.Or(u.ID, "U"+randomUpper(10))
	u.Name = cmp.Or(u.Name, strings.ToLower(strings.ReplaceAll(u.RealName, " ", ".")), strings.ToLower(u.ID))
	u.RealName, u.TZ = cmp.Or(u.RealName, u.Name), cmp.Or(u.TZ, "UTC")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addUserLocked(u)
	return u
}

func (s *Server) addUserLocked(u User) {
	if old := s.userLocked(u.ID); old != nil {
		*old = u
	} else {
		s.users = append(s.users, &u)
	}
	s.notifyLocked()
}

// userLocked returns the user with an id, nil for none.
func (s *Server) userLocked(id string) *User {
	return find(s.users, func(u *User) bool { return u.ID == id })
}

// find returns the first that matches, nil for none.
func find[T any](all []*T, matches func(*T) bool) *T {
	if i := slices.IndexFunc(all, matches); i >= 0 {
		return all[i]
	}
	return nil
}

// AddChannel adds or replaces a channel and returns it with the default values.
func (s *Server) AddChannel(c Channel) Channel {
	c.ID = cmp.Or(c.ID, "C"+randomUpper(10))
	c.Name = cmp.Or(c.Name, strings.ToLower(c.ID))
	c.Members = slices.Clone(c.Members)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addChannelLocked(c)
	return c
}

func (s *Server) addChannelLocked(c Channel) *Channel {
	kept := s.channelLocked(c.ID)
	if kept == nil {
		kept = &Channel{}
		s.channels = append(s.channels, kept)
	}
	*kept = c
	s.notifyLocked()
	return kept
}

// channelLocked returns the channel with an id, nil for none.
func (s *Server) channelLocked(id string) *Channel {
	return find(s.channels, func(c *Channel) bool { return c.ID == id })
}

// RemoveChannel deletes a channel with its messages, as an admin can.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.Channel == id })
	s.channels = slices.DeleteFunc(s.channels, func(c *Channel) bool { return c.ID == id })
	s.messagesChangedLocked()
}

// Users returns all users, in the order in which they were added. The bot is the first.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []User{}
	for _, u := range s.users {
		out = append(out, *u)
	}
	return out
}

// Channels returns all channels and direct conversations, in the order in which they were added.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Channel{}
	for _, c := range s.channels {
		kept := *c
		kept.Members = slices.Clone(c.Members)
		out = append(out, kept)
	}
	return out
}

// SetScopes replaces the scopes of the bot token.
func (s *Server) SetScopes(scopes ...string) { s.locked(func() { s.scopes = slices.Clone(scopes) }) }

// hasMemberLocked reports whether a user is a member of the channel.
func (c *Channel) hasMemberLocked(user string) bool {
	if c.dmUser != "" {
		return c.dmUser == user
	}
	return c.Members == nil || slices.Contains(c.Members, user)
}

// conversationLocked returns a channel by its id or name, or the direct conversation of the bot with a
// user by the id of the user, which it creates if needed.
func (s *Server) conversationLocked(id string) (*Channel, bool) {
	c := s.channelLocked(id)
	if u := s.userLocked(id); c == nil && u != nil && !u.Bot {
		c = s.directMessageLocked(u)
	}
	if name, ok := strings.CutPrefix(id, "#"); ok {
		c = find(s.channels, func(c *Channel) bool { return c.Name == name && c.dmUser == "" })
	}
	return c, c != nil
}

// directMessageLocked returns the direct conversation of the bot with one user, which it creates if
// needed.
func (s *Server) directMessageLocked(u *User) *Channel {
	id := "D" + strings.TrimLeft(u.ID, "UW")
	if c := s.channelLocked(id); c != nil {
		return c
	}
	return s.addChannelLocked(Channel{ID: id, Name: "directmessage", Private: true, BotIsMember: true, dmUser: u.ID})
}
