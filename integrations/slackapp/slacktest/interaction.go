package slacktest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// newInteractionLocked returns the common part of interactive payloads.
func (s *Server) newInteractionLocked(kind string, u *User) map[string]any {
	return map[string]any{
		"type":                  kind,
		"team":                  map[string]any{"id": s.TeamID, "domain": s.cfg.Domain},
		"user":                  map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": s.teamOfLocked(u)},
		"api_app_id":            s.AppID,
		"token":                 verificationToken,
		"is_enterprise_install": false,
		"enterprise":            nil,
	}
}

// interact sends an interactive payload, which build completes with the state locked, and waits for the ack. If build
// reports false, nothing is sent.
func (p *Person) interact(ctx context.Context, kind string, build func(payload map[string]any) (send bool, err error)) (Ack, error) {
	s := p.s
	s.mu.Lock()
	u := s.userLocked(p.ID)
	if u == nil {
		s.mu.Unlock()
		return Ack{}, fmt.Errorf("no user %s: %w", p.ID, Error("user_not_found"))
	}
	payload := s.newInteractionLocked(kind, u)
	send, err := build(payload)
	s.mu.Unlock()
	if err != nil || !send {
		return Ack{}, err
	}
	answers := slices.Contains([]string{"block_actions", "block_suggestion", "view_submission"}, kind)
	return s.Deliver(ctx, Envelope{Type: "interactive", Payload: payload, AcceptsResponse: answers, kind: kind})
}

// verificationToken is deprecated by Slack, but part of every payload.
const verificationToken = "emulatorVerificationToken"

// A surface is where a person uses elements: a modal, a Home tab or a message.
type surface struct {
	p    *Person
	view func() (*view, error)                          // of a message, its blocks; needs the lock
	add  func(payload map[string]any, v *view, e field) // adds what is the surface's own to a payload; needs the lock
}

// act uses an element, by its label, text or ids, and waits for the ack of block_actions. values are what the person
// enters or selects; a button has none. Without dispatching, the app receives the value with another action.
func (f surface) act(ctx context.Context, label string, values []string) (Ack, error) {
	s := f.p.s
	return f.p.interact(ctx, "block_actions", func(payload map[string]any) (bool, error) {
		v, e, err := f.element(label)
		if err != nil {
			return false, err
		}
		if !e.dispatches {
			return false, s.fillFieldLocked(v, e, values)
		}
		action, err := s.actionLocked(v, e, values)
		if err != nil {
			return false, err
		}
		f.add(payload, v, e)
		payload["trigger_id"] = s.newTriggerLocked(f.p.ID)
		payload["actions"] = marshalJSON([]any{action})
		kind, text := "click", label
		if len(values) > 0 {
			kind, text = "change", label+": "+strings.Join(values, ", ")
		}
		s.emit("person", "slack", kind, text, nil)
		return true, nil
	})
}

// search enters a query in an external select and waits for the options of the app. A query that is shorter than
// min_query_length is not sent and returns none.
func (f surface) search(ctx context.Context, label, query string) ([]Option, error) {
	var selected field
	ack, err := f.p.interact(ctx, "block_suggestion", func(payload map[string]any) (bool, error) {
		v, e, err := f.element(label)
		if err != nil {
			return false, err
		}
		if !strings.HasSuffix(e.kind, "external_select") {
			return false, fmt.Errorf("field %q is a %s, which has no search", label, e.kind)
		}
		least := DefaultMinQueryLength
		if n, ok := e.intProperty("min_query_length"); ok {
			least = n
		}
		selected = e
		f.add(payload, v, e)
		payload["block_id"], payload["action_id"], payload["value"] = e.block, e.action, query
		return len([]rune(query)) >= least, nil
	})
	if err != nil || ack.Envelope == "" {
		return nil, err
	}
	options, err := parseSuggestions(ack.Payload)
	if err != nil {
		return nil, fmt.Errorf("options for %q: %w", label, err)
	}
	err = f.with(func(v *view) error {
		v.suggested[selected.key()] = options
		return nil
	})
	return toOptions(options), err
}

// element returns the view and the element with a label. It needs the lock.
func (f surface) element(label string) (*view, field, error) {
	v, err := f.view()
	if err != nil {
		return nil, field{}, err
	}
	e, err := findElement(v.elements(), label)
	return v, e, err
}

// with calls g with the state locked.
func (f surface) with(g func(*view) error) error {
	f.p.s.mu.Lock()
	defer f.p.s.mu.Unlock()
	v, err := f.view()
	if err != nil {
		return err
	}
	return g(v)
}

// readView returns what g returns for a view, the zero value if there is none. g has the lock.
func readView[T any](f surface, g func(*view) T) (out T) {
	_ = f.with(func(v *view) error { out = g(v); return nil })
	return out
}

// addViewLocked adds a modal or a Home tab to a payload.
func (s *Server) addViewLocked(payload map[string]any, v *view, _ field) {
	payload["container"] = map[string]any{"type": "view", "view_id": v.id}
	switch {
	case payload["type"] == "block_actions":
		payload["view"] = v.toPayloadLocked(s)
	case s.settings.SuggestionState:
		payload["view"] = v.toJSON(s)
	default:
		payload["view"] = v.toJSONWithState(s, nil)
	}
}

// actionLocked returns the action of an element in the payload of block_actions. The element of a field gets the values.
func (s *Server) actionLocked(v *view, e field, values []string) (map[string]any, error) {
	action := map[string]any{"type": e.kind, "block_id": e.block, "action_id": e.action, "action_ts": s.newTimestampLocked()}
	switch {
	case stateKeys[e.kind].state != "":
		if err := s.fillFieldLocked(v, e, values); err != nil {
			return nil, err
		}
		maps.Copy(action, v.values[e.key()])
		for _, name := range []string{"placeholder", stateKeys[e.kind].initial} {
			if x, ok := e.element[name]; ok && !e.isInput {
				action[name] = x
			}
		}
	case e.kind == "overflow":
		if len(values) != 1 {
			return nil, fmt.Errorf("%q is an overflow menu, of which one option can be selected", e.label)
		}
		option, err := v.parseOption(e, values[0])
		if err != nil {
			return nil, err
		}
		action["selected_option"] = option
	case len(values) > 0:
		return nil, fmt.Errorf("%q is a %s, which has no value", e.label, e.kind)
	default:
		for _, name := range []string{"text", "value", "url", "style"} {
			if x, ok := e.element[name]; ok {
				action[name] = x
			}
		}
	}
	return action, nil
}

// findElement returns an element by its label or text, block_id or action_id.
func findElement(all []field, label string) (field, error) {
	for _, name := range []func(field) string{
		func(f field) string { return f.label },
		func(f field) string { return f.block },
		func(f field) string { return f.action },
	} {
		if i := slices.IndexFunc(all, func(f field) bool { return name(f) == label }); i >= 0 {
			return all[i], nil
		}
	}
	labels := make([]string, len(all))
	for i, f := range all {
		labels[i] = f.label
	}
	return field{}, fmt.Errorf("no element %q among %q", label, labels)
}
