package slacktest

import (
	"strings"
)

// parseView reads, validates and normalises the view of a call or an ack. prefix is what its
// JSON pointers begin with.
func parseView(v any, prefix string, kinds ...string) (map[string]any, error) {
	if v == nil {
		return nil, invalid(Problem{Message: "missing required field: view"})
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, invalid(Problem{Pointer: prefix, Message: "must provide an object"})
	}
	if len(raw(body)) > MaxViewSize {
		return nil, Error("view_too_large")
	}
	if problems := validateView(body, prefix, kinds...); len(problems) > 0 {
		return nil, invalid(problems...)
	}
	normalise(body)
	return body, nil
}

func (c *call) view(kinds ...string) (map[string]any, error) {
	v, ok := c.args.json("view")
	if !ok {
		return nil, invalid(Problem{Pointer: "/view", Message: "must provide an object"})
	}
	return parseView(v, "/view", kinds...)
}

func (s *Server) viewsOpen(c *call) (reply, error) { return s.openView(c, false) }
func (s *Server) viewsPush(c *call) (reply, error) { return s.openView(c, true) }

func (s *Server) openView(c *call, push bool) (reply, error) {
	body, err := c.view("modal")
	if err != nil {
		return nil, err
	}
	id := c.args.text("trigger_id")
	if id == "" {
		id = c.args.text("interactivity_pointer")
	}
	if id == "" {
		return nil, invalid(Problem{Message: "missing required field: trigger_id"})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.trigger(id)
	if err != nil {
		return nil, err
	}
	if s.duplicateExternal(body, nil) {
		return nil, Error("duplicate_external_id")
	}
	if push {
		if s.top(t.user) == nil {
			return nil, Error("not_found")
		}
		if len(s.stacks[t.user]) >= MaxStack {
			return nil, Error("push_limit_reached")
		}
	} else {
		if open := s.stacks[t.user]; len(open) > 0 {
			s.remove(open[0]) // a new modal takes the place of what was open
		}
	}
	t.used = true
	v := s.push(t.user, body)
	return reply{"view": v.json(s)}, nil
}

// push lays a new modal on the user's stack. s.mu is held.
func (s *Server) push(user string, body map[string]any) *view {
	v := &view{id: "V" + upper(10), user: user, loaded: map[key][]any{}}
	v.root = v.id
	what := "opened"
	if under := s.top(user); under != nil {
		v.previous, v.root, what = under.id, under.root, "pushed"
	}
	v.set(body)
	s.stacks[user] = append(s.stacks[user], v)
	s.touch()
	s.showed(v, what)
	return v
}

func (s *Server) viewsUpdate(c *call) (reply, error) {
	body, err := c.view("modal", "home")
	if err != nil {
		return nil, err
	}
	id, external := c.args.text("view_id"), c.args.text("external_id")
	if id == "" && external == "" {
		return nil, invalid(Problem{Message: "missing required field: view_id"})
	}
	if id != "" && external != "" {
		return nil, invalid(Problem{Message: "Cannot provide both `view_id` and `external_id`"})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.find(func(v *view) bool {
		return v.id == id || external != "" && v.text("external_id") == external
	})
	if v == nil || v.body["type"] != body["type"] {
		return nil, Error("not_found")
	}
	if hash := c.args.text("hash"); hash != "" && hash != v.hash {
		return nil, Error("hash_conflict")
	}
	if s.duplicateExternal(body, v) {
		return nil, Error("duplicate_external_id")
	}
	s.change(v, body)
	return reply{"view": v.json(s)}, nil
}

// change replaces what a view shows. s.mu is held.
func (s *Server) change(v *view, body map[string]any) {
	v.set(body)
	s.touch()
	s.showed(v, "updated")
}

func (s *Server) viewsPublish(c *call) (reply, error) {
	body, err := c.view("home")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.users[c.args.text("user_id")]
	if user == nil || user.Bot {
		return nil, invalid(Problem{Message: "invalid `user_id`"})
	}
	v := s.homes[user.ID]
	if hash := c.args.text("hash"); hash != "" && v != nil && hash != v.hash {
		return nil, Error("hash_conflict")
	}
	if v == nil {
		v = &view{id: "V" + upper(10), user: user.ID, loaded: map[key][]any{}}
		v.root = v.id
		s.homes[user.ID] = v
	}
	s.change(v, body)
	return reply{"view": v.json(s)}, nil
}

// duplicateExternal says whether another view has the external_id of a body. s.mu is held.
func (s *Server) duplicateExternal(body map[string]any, except *view) bool {
	id, _ := body["external_id"].(string)
	return id != "" && s.find(func(v *view) bool { return v != except && v.text("external_id") == id }) != nil
}

// showed tells that a person sees a view. s.mu is held.
func (s *Server) showed(v *view, what string) {
	var labels []string
	for _, f := range v.fields() {
		labels = append(labels, f.label)
	}
	text := what + ": " + plain(v.body["title"])
	if len(labels) > 0 {
		text += " [" + strings.Join(labels, ", ") + "]"
	}
	s.tell(s.app(), "slack", "view", text, v.json(s))
}
