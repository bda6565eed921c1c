package slacktest

import (
	"encoding/json"
	"slices"
)

const (
	// MaxStack is how many modals lie on top of each other.
	// https://docs.slack.dev/surfaces/modals#lifecycle
	MaxStack = 3

	// MaxViewSize is the largest view, in bytes of JSON.
	// https://docs.slack.dev/reference/methods/views.open
	MaxViewSize = 250 << 10
)

// views are the modals and home tabs. Server.mu guards them.
type views struct {
	triggers boundedMap[*trigger]
	stacks   map[string][]*view // the open modals of a user, the top one last
	homes    map[string]*view   // by user
}

func newViews() views {
	return views{triggers: newBoundedMap[*trigger](), stacks: map[string][]*view{}, homes: map[string]*view{}}
}

// A view is a modal or a home tab as Slack keeps it.
type view struct {
	id, user       string
	root, previous string
	hash           string
	version        int // counts the changes
	body           map[string]any
	values         elementValues
	errors         map[string]string    // by block_id, of the latest submission
	suggested      map[elementKey][]any // options that the app gave for an external select
}

// elementKey names an element of a view.
type elementKey struct{ block, action string }

// elementValues are what the elements of a view hold, as state.values shows it.
type elementValues map[elementKey]map[string]any

func (v *view) stringField(name string) string {
	s, _ := v.body[name].(string)
	return s
}

func (v *view) boolField(name string) bool {
	b, _ := v.body[name].(bool)
	return b
}

// replaceBody replaces the body. What a person has typed stays where block_id and action_id stay.
func (v *view) replaceBody(body map[string]any) {
	old := v.values
	v.body, v.values, v.errors = body, elementValues{}, nil
	for _, f := range v.fields() {
		k := elementKey{f.block, f.action}
		held, ok := old[k]
		if !ok || held["type"] != f.kind || !f.stillValid(held) {
			held = initialValue(f.element)
		}
		v.values[k] = held
	}
	v.hash = newHash()
	v.version++
}

// toJSON is the view as Slack sends it.
func (v *view) toJSON(s *Server) json.RawMessage {
	byBlock := map[string]map[string]any{}
	for k, held := range v.values {
		if byBlock[k.block] == nil {
			byBlock[k.block] = map[string]any{}
		}
		byBlock[k.block][k.action] = held
	}
	nullable := func(id string) any {
		if id == "" {
			return nil
		}
		return id
	}
	out := map[string]any{
		"id":                    v.id,
		"team_id":               s.TeamID,
		"app_id":                s.AppID,
		"app_installed_team_id": s.TeamID,
		"bot_id":                s.BotID,
		"type":                  v.body["type"],
		"title":                 v.body["title"],
		"submit":                v.body["submit"],
		"close":                 v.body["close"],
		"blocks":                v.body["blocks"],
		"private_metadata":      v.stringField("private_metadata"),
		"callback_id":           v.stringField("callback_id"),
		"external_id":           v.stringField("external_id"),
		"clear_on_close":        v.boolField("clear_on_close"),
		"notify_on_close":       v.boolField("notify_on_close"),
		"state":                 map[string]any{"values": byBlock},
		"hash":                  v.hash,
		"root_view_id":          v.root,
		"previous_view_id":      nullable(v.previous),
	}
	return marshalJSON(out)
}

// marshalJSON is a copy of v as JSON, safe to keep when the state is unlocked.
func marshalJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // only for values that never came from JSON
		panic("slacktest: " + err.Error())
	}
	return b
}

// topViewLocked is the modal before a user.
func (s *Server) topViewLocked(user string) *view {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

// findViewLocked looks for an open view.
func (s *Server) findViewLocked(match func(*view) bool) *view {
	for _, stack := range s.stacks {
		if i := slices.IndexFunc(stack, match); i >= 0 {
			return stack[i]
		}
	}
	for _, v := range s.homes {
		if match(v) {
			return v
		}
	}
	return nil
}

// removeViewLocked closes one view, and those above it.
func (s *Server) removeViewLocked(v *view) {
	stack := s.stacks[v.user]
	if i := slices.Index(stack, v); i >= 0 {
		s.stacks[v.user] = stack[:i]
		s.notifyLocked()
		s.emitVerbose("slack", "person", "view", "closed: "+textOf(v.body["title"]), nil)
	}
}
