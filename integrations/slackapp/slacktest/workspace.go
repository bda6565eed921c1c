package slacktest

import (
	"slices"
	"strings"
)

// A User is somebody in the workspace.
type User struct {
	ID       string // "" makes one
	Name     string // the handle, such as alice; "" is made from RealName or ID
	RealName string
	Email    string
	TZ       string // such as Europe/Berlin; "" is UTC
	Team     string // "" is the workspace; another team makes the user one of another organization
	Guest    bool   // restricted
	Bot      bool
	Deleted  bool
	Admin    bool

	Enterprise       string // id of the Enterprise organization of Team; "" is Config.EnterpriseID for the workspace's own users
	Invited          bool   // has not accepted the invitation yet
	WorkflowBot      bool   // posts for a workflow; unlike Bot, it has an e-mail address
	UnconfirmedEmail bool
	AnswerWith       string // users.info answers with the user of this id instead; a fault
}

// A Channel is a conversation. Direct messages are made when they are needed.
type Channel struct {
	ID       string // "" makes one
	Name     string
	Private  bool
	Archived bool
	Members  []string // ids of users; nil means everybody
	BotIn    bool     // the bot is a member

	direct string // the user, when this is the direct conversation of the bot with one
}

// workspace is who and what is there. Server.mu guards it.
type workspace struct {
	users      map[string]*User
	userOrder  []string
	channels   map[string]*Channel
	chanOrder  []string
	messages   map[string][]*Message // by channel
	ephemerals map[string][]Message  // by user
	revisions  map[string]int        // how often the two above changed, by channel and by user
	scopes     []string
	lastTS     int64
	responses  recent[*responseURL] // by path
}

// AllScopes are the bot scopes that are modelled.
var AllScopes = []string{
	"commands", "chat:write", "chat:write.public", "channels:history", "channels:join", "channels:read",
	"groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:history", "mpim:read", "mpim:write", "team:read", "users:read", "users:read.email",
}

func newWorkspace(scopes []string) workspace {
	if scopes == nil {
		scopes = AllScopes
	}
	return workspace{
		users:      map[string]*User{},
		channels:   map[string]*Channel{},
		messages:   map[string][]*Message{},
		ephemerals: map[string][]Message{},
		revisions:  map[string]int{},
		responses:  newRecent[*responseURL](),
		scopes:     slices.Clone(scopes),
	}
}

// AddUser adds or replaces a user and returns it, completed.
func (s *Server) AddUser(u User) User {
	if u.ID == "" {
		u.ID = "U" + upper(10)
	}
	if u.Name == "" {
		u.Name = strings.ToLower(strings.ReplaceAll(u.RealName, " ", "."))
	}
	if u.Name == "" {
		u.Name = strings.ToLower(u.ID)
	}
	if u.RealName == "" {
		u.RealName = u.Name
	}
	if u.TZ == "" {
		u.TZ = "UTC"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[u.ID] == nil {
		s.userOrder = append(s.userOrder, u.ID)
	}
	s.users[u.ID] = &u
	s.touch()
	return u
}

// AddChannel adds or replaces a channel and returns it, completed.
func (s *Server) AddChannel(c Channel) Channel {
	if c.ID == "" {
		c.ID = "C" + upper(10)
	}
	if c.Name == "" {
		c.Name = strings.ToLower(c.ID)
	}
	c.Members = slices.Clone(c.Members)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channels[c.ID] == nil {
		s.chanOrder = append(s.chanOrder, c.ID)
	}
	s.channels[c.ID] = &c
	s.touch()
	return c
}

// Users are all users, in the order in which they were added, the bot first.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.userOrder))
	for _, id := range s.userOrder {
		out = append(out, *s.users[id])
	}
	return out
}

// Channels are all channels and direct conversations, in the order in which they were added.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Channel, 0, len(s.chanOrder))
	for _, id := range s.chanOrder {
		c := *s.channels[id]
		c.Members = slices.Clone(c.Members)
		out = append(out, c)
	}
	return out
}

// Scopes replaces the scopes of the bot token.
func (s *Server) Scopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = slices.Clone(scopes)
}

// has says whether a user is in the channel. s.mu is held.
func (c *Channel) has(user string) bool {
	if c.direct != "" {
		return c.direct == user
	}
	return c.Members == nil || slices.Contains(c.Members, user)
}

// conversation finds a channel by its id or name, or the direct conversation with a user by
// the user's id, which is made if need be. s.mu is held.
func (s *Server) conversation(id string) (*Channel, bool) {
	if c := s.channels[id]; c != nil {
		return c, true
	}
	if u := s.users[id]; u != nil && !u.Bot {
		return s.directWith(u), true
	}
	if name, ok := strings.CutPrefix(id, "#"); ok {
		for _, c := range s.channels {
			if c.Name == name && c.direct == "" {
				return c, true
			}
		}
	}
	return nil, false
}

// directWith is the conversation of the bot with one user. s.mu is held.
func (s *Server) directWith(u *User) *Channel {
	id := "D" + strings.TrimLeft(u.ID, "UW")
	c := s.channels[id]
	if c == nil {
		c = &Channel{ID: id, Name: "directmessage", Private: true, BotIn: true, direct: u.ID}
		s.channels[id] = c
		s.chanOrder = append(s.chanOrder, id)
	}
	return c
}
