package slacktest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// userJSON is a user in the responses of the control API.
type userJSON struct {
	User
	DM string `json:"dm,omitempty"` // the direct conversation with the app
}

func (s *Server) toUserJSON(u User) userJSON {
	if u.Bot {
		return userJSON{User: u}
	}
	return userJSON{u, s.Person(u.ID).DM()}
}

func controlWorkspace(p *Person, ctx context.Context, in args) (any, error) {
	if n, ok := in["connections"].(float64); ok {
		if n < 0 || n > MaxConnections {
			return nil, fmt.Errorf("connections must be between 0 and %d", MaxConnections)
		}
		if err := p.s.waitOpen(ctx, func(open int) bool { return open >= int(n) }); err != nil {
			return nil, fmt.Errorf("wait for %v connections: %w", n, err)
		}
	}
	users, channels := p.s.usersAndChannels()
	return args{
		"api_url": p.s.URL(), "bot_token": p.s.BotToken, "app_token": p.s.AppToken, "bot_user": p.s.BotUser, "connections": p.s.Connections(),
		"users": users, "channels": channels,
	}, nil
}

// usersAndChannels returns all users, and all channels but direct conversations.
func (s *Server) usersAndChannels() ([]userJSON, []Channel) {
	users := []userJSON{}
	for _, u := range s.Users() {
		users = append(users, s.toUserJSON(u))
	}
	return users, slices.DeleteFunc(s.Channels(), func(c Channel) bool { return c.dmUser != "" })
}

var validID = regexp.MustCompile(`^\w{1,32}$`)

const (
	maxName  = 80     // the maximum length of a name in the control API, in bytes
	maxAdded = 10_000 // the maximum number of users, and of channels
)

func (s *Server) controlAddUser(_ context.Context, in User) (any, error) {
	for _, text := range []string{in.Name, in.RealName, in.Email, in.TZ, in.Team, in.Enterprise, in.AnswerWith} {
		if len(text) > maxName {
			return nil, fmt.Errorf("names and addresses must be at most %d bytes", maxName)
		}
	}
	all := s.Users()
	_, wrongZone := time.LoadLocation(in.TZ)
	switch {
	case wrongZone != nil:
		return nil, fmt.Errorf("unknown tz %s", truncate(in.TZ))
	case in.ID != "" && !validID.MatchString(in.ID):
		return nil, errors.New("id must be 1 to 32 letters and digits")
	case in.ID == s.BotUser:
		return nil, errors.New("the user of the app cannot be replaced")
	case len(all) >= maxAdded:
		return nil, fmt.Errorf("the workspace has %d users already", len(all))
	}
	for _, u := range all {
		if u.ID != in.ID && (in.Name == u.Name || in.Email != "" && strings.EqualFold(in.Email, u.Email)) {
			return nil, fmt.Errorf("user %s has this name or e-mail address already", u.ID)
		}
	}
	return s.toUserJSON(s.AddUser(in)), nil
}

// controlAddChannel adds a channel, or replaces the one with its id or name.
func (s *Server) controlAddChannel(_ context.Context, in Channel) (any, error) {
	switch {
	case in.ID != "" && !validID.MatchString(in.ID):
		return nil, errors.New("id must be 1 to 32 letters and digits")
	case len(in.Name) > maxName || strings.ContainsAny(in.Name, " \t\n#@,") || strings.ToLower(in.Name) != in.Name:
		return nil, fmt.Errorf("name must be at most %d bytes, in lower case and without spaces", maxName)
	case len(in.PostError) > maxName:
		return nil, fmt.Errorf("post_error must be at most %d bytes", maxName)
	}
	s.mu.Lock()
	named, _ := s.conversationLocked("#" + in.Name)
	if named != nil && in.ID == "" {
		in.ID = named.ID
	}
	old := s.channelLocked(in.ID)
	full := len(s.channels) >= maxAdded
	unknown := slices.IndexFunc(in.Members, func(id string) bool { return s.userLocked(id) == nil })
	s.mu.Unlock()
	switch {
	case unknown >= 0:
		return nil, fmt.Errorf("member %s: %w", truncate(in.Members[unknown]), Error("user_not_found"))
	case full:
		return nil, fmt.Errorf("the workspace has %d channels already", maxAdded)
	case old != nil && old.dmUser != "":
		return nil, errors.New("a direct conversation cannot be replaced")
	case named != nil && named != old:
		return nil, Error("name_taken")
	}
	return s.AddChannel(in), nil
}

func controlScopes(p *Person, _ context.Context, in args) (any, error) {
	p.s.SetScopes(in.texts("scopes")...)
	return args{}, nil
}

// controlManifest applies a manifest, and returns the events of it that the emulator does not send.
func controlManifest(p *Person, _ context.Context, in args) (any, error) {
	absent, err := p.s.SetManifest(marshalJSON(in["manifest"]))
	return args{"events_not_emulated": append([]string{}, absent...)}, err
}

func controlEvent(p *Person, ctx context.Context, in args) (any, error) {
	event, _ := in["event"].(map[string]any)
	if kind, _ := event["type"].(string); kind == "" {
		return nil, errors.New("event must be an object with a type")
	}
	return ackResult(p.s.SendEvent(ctx, event))
}

func controlViewState(p *Person, _ context.Context, in args) (any, error) {
	stale := in.intArg("stale")
	if stale < 0 {
		return nil, errors.New("stale must not be negative")
	}
	p.s.Set(func(o *Settings) {
		o.UntouchedState, o.SuggestionState, o.StaleStates = in.boolArg("untouched"), in.boolArg("suggestions"), stale
	})
	return args{}, nil
}

// disconnectReasons are the reasons of a disconnect frame.
// https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect
var disconnectReasons = []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"}

func controlConnections(p *Person, _ context.Context, in args) (any, error) {
	action, reason, on, n := in.stringArg("action"), in.stringArg("reason"), in.boolArg("on"), in.intArg("n")
	set := func(change func(*Settings)) func() { return func() { p.s.Set(change) } }
	act := map[string]func(){
		"disconnect":    func() { p.s.Disconnect(reason) },
		"drop":          p.s.DropConnections,
		"raw":           func() { p.s.SendRaw([]byte(in.stringArg("text"))) },
		"refuse":        set(func(o *Settings) { o.RefuseReason = reason }),
		"half_open":     set(func(o *Settings) { o.HalfOpen = on }),
		"pings":         set(func(o *Settings) { o.NoPings = !on }),
		"duplicate":     set(func(o *Settings) { o.Duplicates = n }),
		"limit_history": set(func(o *Settings) { o.HistoryLimit = n }),
		"redeliver":     set(func(o *Settings) { o.Redeliver = on }),
	}[action]
	knownReason := slices.Contains(disconnectReasons, reason) || reason == "" && action != "disconnect"
	switch {
	case act == nil:
		return nil, fmt.Errorf("unknown action %q", truncate(action))
	case !knownReason:
		return nil, fmt.Errorf("reason must be one of %q", disconnectReasons)
	case n < 0 || n > maxPageSize || action == "duplicate" && n > maxDuplicates:
		return nil, fmt.Errorf("n must be between 0 and %d, for duplicate %d", maxPageSize, maxDuplicates)
	}
	act()
	return args{"connections": p.s.Connections()}, nil
}
