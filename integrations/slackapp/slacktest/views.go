package slacktest

import (
	"cmp"
	"strings"
)

// parseView validates and normalizes the view of a call or an ack. prefix is the beginning of the JSON
// pointers.
func parseView(v any, prefix string, kinds ...string) (map[string]any, error) {
	if v == nil {
		return nil, invalidArguments(Problem{Message: "missing required field: view"})
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, invalidArguments(Problem{Pointer: prefix, Message: "must provide an object"})
	}
	if len(marshalJSON(body)) > MaxViewSize {
		return nil, Error("view_too_large")
	}
	if problems := validateView(body, prefix, kinds...); len(problems) > 0 {
		return nil, invalidArguments(problems...)
	}
	normalizeView(body)
	return body, nil
}

func (s *Server) viewsOpen(c *call) (reply, error) { return s.openView(c, false) }
func (s *Server) viewsPush(c *call) (reply, error) { return s.openView(c, true) }

func (s *Server) openView(c *call, push bool) (reply, error) {
	body, err := parseView(c.args["view"], "/view", "modal")
	if err != nil {
		return nil, err
	}
	id := c.args.stringArg("trigger_id")
	if id == "" {
		id = c.args.stringArg("interactivity_pointer")
	}
	if id == "" {
		return nil, invalidArguments(Problem{Message: "missing required field: trigger_id"})
	}
	t, err := s.useTriggerLocked(id)
	if err != nil {
		return nil, err
	}
	if s.hasExternalIDLocked(body, nil) {
		return nil, Error("duplicate_external_id")
	}
	if push {
		if s.topViewLocked(t.user) == nil {
			return nil, Error("not_found")
		}
		if len(s.stacks[t.user]) >= MaxStack {
			return nil, Error("push_limit_reached")
		}
	} else {
		if open := s.stacks[t.user]; len(open) > 0 {
			s.removeViewLocked(open[0]) // a new modal replaces the open ones
		}
	}
	t.uses++
	v := s.pushViewLocked(t.user, body)
	return reply{"view": v.toJSON(s)}, nil
}

// pushViewLocked opens a modal on top of the stack of a user.
func (s *Server) pushViewLocked(user string, body map[string]any) *view {
	v, what := newView(user), "opened"
	if under := s.topViewLocked(user); under != nil {
		v.previous, v.root, what = under.id, under.root, "pushed"
	}
	v.replaceBody(body)
	s.stacks[user] = append(s.stacks[user], v)
	s.notifyLocked()
	s.emitViewLocked(v, what)
	return v
}

func (s *Server) viewsUpdate(c *call) (reply, error) {
	body, err := parseView(c.args["view"], "/view", "modal", "home")
	if err != nil {
		return nil, err
	}
	id, external := c.args.stringArg("view_id"), c.args.stringArg("external_id")
	if id == "" && external == "" {
		return nil, invalidArguments(Problem{Message: "missing required field: view_id"})
	}
	if id != "" && external != "" {
		return nil, invalidArguments(Problem{Message: "Cannot provide both `view_id` and `external_id`"})
	}
	v := s.findViewLocked(func(v *view) bool {
		return v.id == id || external != "" && v.stringField("external_id") == external
	})
	if v == nil || v.body["type"] != body["type"] {
		return nil, Error("not_found")
	}
	return s.setViewLocked(c, v, body)
}

func (s *Server) viewsPublish(c *call) (reply, error) {
	body, err := parseView(c.args["view"], "/view", "home")
	if err != nil {
		return nil, err
	}
	if s.cfg.NoHomeTab {
		return nil, Error("not_enabled")
	}
	user := s.userLocked(c.args.stringArg("user_id"))
	if user == nil || user.Bot || user.Deleted {
		return nil, invalidArguments(Problem{Message: "invalid `user_id`"})
	}
	return s.setViewLocked(c, cmp.Or(s.homes[user.ID], newView(user.ID)), body)
}

// setViewLocked replaces the content of a view, as a method asks for. A Home tab can be new.
func (s *Server) setViewLocked(c *call, v *view, body map[string]any) (reply, error) {
	if hash := c.args.stringArg("hash"); hash != "" && hash != v.hash {
		return nil, Error("hash_conflict")
	}
	if s.hasExternalIDLocked(body, v) {
		return nil, Error("duplicate_external_id")
	}
	if body["type"] == "home" {
		s.homes[v.user] = v
	}
	s.changeViewLocked(v, body)
	return reply{"view": v.toJSON(s)}, nil
}

// changeViewLocked replaces the content of a view.
func (s *Server) changeViewLocked(v *view, body map[string]any) {
	v.replaceBody(body)
	s.notifyLocked()
	s.emitViewLocked(v, "updated")
}

// hasExternalIDLocked reports whether another view has the external_id of a body.
func (s *Server) hasExternalIDLocked(body map[string]any, except *view) bool {
	id, _ := body["external_id"].(string)
	return id != "" && s.findViewLocked(func(v *view) bool { return v != except && v.stringField("external_id") == id }) != nil
}

// emitViewLocked emits that the person sees a view.
func (s *Server) emitViewLocked(v *view, what string) {
	labels, text := v.labels(), what+": "+textOf(v.body["title"])
	if u := s.userLocked(v.user); v.body["type"] == "home" && u != nil {
		text = "published: Home of @" + u.Name
	}
	if len(labels) > 0 {
		text += " [" + strings.Join(labels, ", ") + "]"
	}
	s.emit(s.appLabel(), "slack", "view", text, v.toJSON(s))
}
