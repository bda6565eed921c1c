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

func (s *Server) sendInteraction(ctx context.Context, kind string, payload map[string]any, answers bool) (Ack, error) {
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
// enters or selects; a button has none.
func (f surface) act(ctx context.Context, label string, values []string) (Ack, error) {
	var payload map[string]any
	err := f.with(func(v *view) error {
		e, err := findElement(v.elements(), label)
		if err != nil {
			return err
		}
		if !e.dispatches { // the app receives the value with another action
			return f.p.s.fillFieldLocked(v, e, values)
		}
		action, err := f.p.s.actionLocked(v, e, values)
		if err != nil {
			return err
		}
		payload, err = f.newPayloadLocked("block_actions", v, e)
		if err != nil {
			return err
		}
		payload["trigger_id"] = f.p.s.newTriggerLocked(f.p.ID)
		payload["actions"] = marshalJSON([]any{action})
		return nil
	})
	if err != nil || payload == nil {
		return Ack{}, err
	}
	kind, text := "click", label
	if len(values) > 0 {
		kind, text = "change", label+": "+strings.Join(values, ", ")
	}
	f.p.s.emit("person", "slack", kind, text, nil)
	return f.p.s.sendInteraction(ctx, "block_actions", payload, true)
}

// search enters a query in an external select and waits for the options of the app. A query that is shorter than
// min_query_length is not sent and returns none.
func (f surface) search(ctx context.Context, label, query string) ([]Option, error) {
	var e field
	var payload map[string]any
	err := f.with(func(v *view) (err error) {
		if e, err = findElement(v.elements(), label); err != nil {
			return err
		}
		if !strings.HasSuffix(e.kind, "external_select") {
			return fmt.Errorf("field %q is a %s, which has no search", label, e.kind)
		}
		least := DefaultMinQueryLength
		if n, ok := e.intProperty("min_query_length"); ok {
			least = n
		}
		if len([]rune(query)) < least {
			return nil
		}
		payload, err = f.newPayloadLocked("block_suggestion", v, e)
		if err == nil {
			payload["block_id"], payload["action_id"], payload["value"] = e.block, e.action, query
		}
		return err
	})
	if err != nil || payload == nil {
		return nil, err
	}
	ack, err := f.p.s.sendInteraction(ctx, "block_suggestion", payload, true)
	if err != nil {
		return nil, err
	}
	options, err := parseSuggestions(ack.Payload)
	if err != nil {
		return nil, fmt.Errorf("options for %q: %w", label, err)
	}
	err = f.with(func(v *view) error {
		v.suggested[e.key()] = options
		return nil
	})
	return toOptions(options), err
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

func (f surface) newPayloadLocked(kind string, v *view, e field) (map[string]any, error) {
	u := f.p.s.users[f.p.ID]
	if u == nil {
		return nil, Error("user_not_found")
	}
	payload := f.p.s.newInteractionLocked(kind, u)
	f.add(payload, v, e)
	return payload, nil
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
