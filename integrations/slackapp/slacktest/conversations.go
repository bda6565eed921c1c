package slacktest

import (
	"cmp"
	"slices"
	"strings"
)

// conversationJSONLocked returns a channel as the Web API does.
func (s *Server) conversationJSONLocked(c *Channel) map[string]any {
	if c.dmUser != "" {
		return map[string]any{
			"id": c.ID, "user": c.dmUser, "is_im": true, "is_archived": c.Archived, "is_org_shared": false, "context_team_id": s.TeamID,
			"created": workspaceCreated,
		}
	}
	return map[string]any{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": !c.Private, "is_group": c.Private && !c.isGroupDM(),
		"is_im": false, "is_mpim": c.isGroupDM(), "is_private": c.Private, "is_archived": c.Archived, "is_member": c.BotIsMember,
		"is_general": false, "is_shared": c.Shared, "is_ext_shared": c.Shared, "context_team_id": s.TeamID,
		"topic": map[string]any{"value": ""}, "purpose": map[string]any{"value": ""},
		"created": workspaceCreated, "creator": s.creatorLocked(),
	}
}

// workspaceCreated is when the channels were created, in Unix seconds. locale is the language of all users.
const (
	workspaceCreated = 1_700_000_000
	locale           = "en-US"
)

// creatorLocked returns the id of the user who created the channels: the first that is not a bot.
func (s *Server) creatorLocked() string {
	return cmp.Or(find(s.users, func(u *User) bool { return !u.Bot }), &User{ID: s.BotUser}).ID
}

// isGroupDM reports whether the channel is a direct conversation of several users.
func (c *Channel) isGroupDM() bool { return strings.HasPrefix(c.Name, "mpdm-") }

// typeNames returns the type of the channel as it is named in scopes and in conversations.list.
func (c *Channel) typeNames() (scope, listed string) {
	switch {
	case c.dmUser != "":
		return "im", "im"
	case c.isGroupDM():
		return "mpim", "mpim"
	case c.Private:
		return "groups", "private_channel"
	}
	return "channels", "public_channel"
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

// membersLocked returns the ids of the members of a channel.
func (s *Server) membersLocked(c *Channel) []string {
	var out []string
	for _, u := range s.users {
		if u.ID == s.BotUser && c.BotIsMember || u.ID != s.BotUser && c.hasMemberLocked(u.ID) {
			out = append(out, u.ID)
		}
	}
	return out
}

// seenChannelLocked returns a conversation if the bot can see it.
func (s *Server) seenChannelLocked(id string) (*Channel, bool) {
	ch, ok := s.conversationLocked(id)
	return ch, ok && (!ch.Private || ch.BotIsMember)
}

// visibleChannelLocked returns the channel of a call if the bot can see it and has the scope that its
// type needs, such as channels:history. suffix is the end of the scope.
func (s *Server) visibleChannelLocked(c *call, suffix string) (*Channel, error) {
	ch, ok := s.seenChannelLocked(c.args.stringArg("channel"))
	if !ok {
		return nil, Error("channel_not_found")
	}
	kind, _ := ch.typeNames()
	if need := kind + suffix; !s.hasScopeLocked(need) {
		return nil, missingScope(s.scopes, need)
	}
	return ch, nil
}

func (s *Server) conversationsInfo(c *call) (reply, error) {
	ch, err := s.visibleChannelLocked(c, ":read")
	if err != nil {
		return nil, err
	}
	out := s.conversationJSONLocked(ch)
	if ch.dmUser != "" {
		out["is_open"] = true
	} else if c.args.boolArg("include_num_members") {
		out["num_members"] = len(s.membersLocked(ch))
	}
	if c.args.boolArg("include_locale") {
		out["locale"] = locale
	}
	return reply{"channel": out}, nil
}

func (s *Server) conversationsMembers(c *call) (reply, error) {
	ch, err := s.visibleChannelLocked(c, ":read")
	if err != nil {
		return nil, err
	}
	same := func(id string) string { return id }
	return pages[string]{all: s.membersLocked(ch), prefix: "user:", key: same, toJSON: func(id string) any { return id }}.reply(c, "members")
}

func (s *Server) conversationsList(c *call) (reply, error) {
	scopes := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "mpim": "mpim:read", "im": "im:read"}
	types := map[string]bool{}
	for name := range strings.SplitSeq(cmp.Or(c.args.stringArg("types"), "public_channel"), ",") {
		name = strings.TrimSpace(name)
		switch {
		case scopes[name] == "":
			return nil, Error("invalid_types")
		case !s.hasScopeLocked(scopes[name]):
			return nil, missingScope(s.scopes, scopes[name])
		}
		types[name] = true
	}
	all := slices.DeleteFunc(slices.Clone(s.channels), func(ch *Channel) bool {
		_, listed := ch.typeNames()
		return !types[listed] || ch.Private && !ch.BotIsMember || ch.Archived && c.args.boolArg("exclude_archived")
	})
	return pages[*Channel]{all: all, prefix: "team:", key: func(ch *Channel) string { return ch.ID }, toJSON: func(ch *Channel) any {
		out := s.conversationJSONLocked(ch)
		if ch.dmUser != "" {
			out["is_user_deleted"] = s.userLocked(ch.dmUser).Deleted
		} else {
			out["num_members"] = len(s.membersLocked(ch))
		}
		return out
	}}.reply(c, "channels")
}

func (s *Server) conversationsJoin(c *call) (reply, error) {
	ch := s.channelLocked(c.args.stringArg("channel"))
	switch {
	case ch == nil:
		return nil, Error("channel_not_found")
	case ch.Private:
		return nil, Error("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, Error("is_archived")
	}
	out := reply{}
	if ch.BotIsMember {
		addWarning(out, "already_in_channel")
	} else {
		ch.BotIsMember = true
		s.notifyLocked()
		s.sendEventLocked("member_joined_channel", ch, map[string]any{"user": s.BotUser, "channel": ch.ID, "channel_type": ch.ID[:1], "team": s.TeamID})
	}
	out["channel"] = s.conversationJSONLocked(ch)
	return out, nil
}

// conversationsOpen opens the direct conversation with one or several users.
func (s *Server) conversationsOpen(c *call) (reply, error) {
	if id := c.args.stringArg("channel"); id != "" {
		ch := s.channelLocked(id)
		if ch == nil || ch.dmUser == "" && !ch.isGroupDM() {
			return nil, Error("channel_not_found")
		}
		return reply{"channel": s.conversationJSONLocked(ch)}, nil
	}
	if c.args.stringArg("users") == "" {
		return nil, Error("users_list_not_supplied")
	}
	var users []*User
	for id := range strings.SplitSeq(c.args.stringArg("users"), ",") {
		u := s.userLocked(strings.TrimSpace(id))
		if slices.Contains(users, u) {
			continue
		}
		if u == nil {
			return nil, Error("user_not_found")
		}
		if u.Deleted {
			return nil, Error("user_disabled")
		}
		users = append(users, u)
	}
	switch {
	case len(users) == 1 && users[0].Bot:
		return nil, Error("cannot_dm_bot")
	case len(users) == 1:
		return s.openedReplyLocked(c, s.directMessageLocked(users[0])), nil
	case len(users) > 8:
		return nil, Error("too_many_users")
	}
	return s.openedReplyLocked(c, s.groupMessageLocked(users)), nil
}

func (s *Server) openedReplyLocked(c *call, ch *Channel) reply {
	if c.args.boolArg("return_im") {
		return reply{"channel": s.conversationJSONLocked(ch)}
	}
	return reply{"channel": map[string]any{"id": ch.ID}}
}

// groupMessageLocked returns the direct conversation of the bot with several users, which it creates
// if needed.
func (s *Server) groupMessageLocked(users []*User) *Channel {
	var members, names []string
	for _, u := range users {
		members, names = append(members, u.ID), append(names, u.Name)
	}
	slices.Sort(names)
	name := "mpdm-" + strings.Join(slices.Compact(names), "--") + "-1"
	if ch, ok := s.conversationLocked("#" + name); ok {
		return ch
	}
	return s.addChannelLocked(Channel{ID: "G" + randomUpper(10), Name: name, Private: true, BotIsMember: true, Members: members})
}
