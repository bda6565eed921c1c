package slacktest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

const (
	// MaxStack is the maximum number of modals of a user.
	// https://docs.slack.dev/surfaces/modals#lifecycle
	MaxStack = 3

	// MaxViewSize is the maximum size of a view, in bytes of JSON.
	// https://docs.slack.dev/reference/methods/views.open
	MaxViewSize = 250 << 10
)

// views are the modals and home tabs. Server.mu guards them.
type views struct {
	stacks map[string][]*view // open modals by user, the top one last
	homes  map[string]*view   // by user
}

func newViews() views {
	return views{stacks: map[string][]*view{}, homes: map[string]*view{}}
}

// A view is a modal or a home tab. Its methods need Server.mu.
type view struct {
	id, user       string
	root, previous string
	hash           string
	version        int // number of changes
	body           map[string]any
	values         elementValues
	touched        map[elementKey]bool       // elements that the user changed since the view was opened or updated
	otherState     map[string]map[string]any // state.values of the latest content with other blocks; nil: none
	errors         map[string]string         // by block_id, of the latest submission
	suggested      map[elementKey][]any      // options of external selects
}

// newView returns a view without content.
func newView(user string) *view {
	id := "V" + randomUpper(10)
	return &view{id: id, root: id, user: user, suggested: map[elementKey][]any{}}
}

// elementKey identifies an element of a view.
type elementKey struct{ block, action string }

func (f field) key() elementKey { return elementKey{f.block, f.action} }

// elementValues are the values of the elements of a view, in the form of state.values.
type elementValues map[elementKey]map[string]any

func (v *view) stringField(name string) string {
	s, _ := v.body[name].(string)
	return s
}

func (v *view) boolField(name string) bool {
	b, _ := v.body[name].(bool)
	return b
}

// replaceBody replaces the body. The values of elements whose block_id and action_id do not change
// stay.
func (v *view) replaceBody(body map[string]any) {
	old, state := v.values, v.stateValues(true)
	v.body, v.values, v.touched, v.errors = body, elementValues{}, map[elementKey]bool{}, nil
	for _, f := range v.fields() {
		k := f.key()
		initial := initialValue(f.element)
		held, ok := old[k]
		if !ok || held["type"] != f.kind || !f.stillValid(held) {
			held = initial
		}
		v.values[k], v.touched[k] = held, !reflect.DeepEqual(held, initial)
		delete(state, f.block)
	}
	if len(state) > 0 {
		v.otherState = state
	}
	v.hash = newHash()
	v.version++
}

// stateValues returns state.values. Without untouched, it leaves out the initial values that the user has not touched.
func (v *view) stateValues(untouched bool) map[string]map[string]any {
	byBlock := map[string]map[string]any{}
	for k, held := range v.values {
		if !untouched && !v.touched[k] && len(displayValues(held[stateKeys[fmt.Sprint(held["type"])].state])) > 0 {
			continue
		}
		if byBlock[k.block] == nil {
			byBlock[k.block] = map[string]any{}
		}
		byBlock[k.block][k.action] = held
	}
	return byBlock
}

// toJSON returns the view as Slack sends it.
func (v *view) toJSON(s *Server) json.RawMessage {
	return v.toJSONWithState(s, map[string]any{"values": v.stateValues(s.settings.UntouchedState)})
}

// toPayloadLocked returns the view of a payload of which the state counts: a submission or a change.
func (v *view) toPayloadLocked(s *Server) json.RawMessage {
	if s.settings.StaleStates == 0 || v.otherState == nil {
		return v.toJSON(s)
	}
	s.settings.StaleStates--
	return v.toJSONWithState(s, map[string]any{"values": v.otherState})
}

// toJSONWithState returns the view with a state; nil: it has none.
func (v *view) toJSONWithState(s *Server, state map[string]any) json.RawMessage {
	var previous any
	if v.previous != "" {
		previous = v.previous
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
		"hash":                  v.hash,
		"root_view_id":          v.root,
		"previous_view_id":      previous,
	}
	if state != nil {
		out["state"] = state
	}
	return marshalJSON(out)
}

// marshalJSON encodes v, so that the result can be used without the lock.
func marshalJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // impossible for a value that was decoded from JSON
		panic("slacktest: " + err.Error())
	}
	return b
}

// topViewLocked returns the top modal of a user, nil for none.
func (s *Server) topViewLocked(user string) *view {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

// findViewLocked returns the first view that matches, nil for none.
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

// removeViewLocked closes a modal and those above it.
func (s *Server) removeViewLocked(v *view) {
	stack := s.stacks[v.user]
	if i := slices.Index(stack, v); i >= 0 {
		s.stacks[v.user] = stack[:i]
		s.notifyLocked()
		s.emitVerbose("slack", "person", "view", "closed: "+textOf(v.body["title"]), nil)
	}
}
