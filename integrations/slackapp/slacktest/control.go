package slacktest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"foghorn/integrations/emulator"
)

// A controlRoute is a route of the control API: its arguments, see args.convert, and what it does.
type controlRoute struct {
	args string
	run  func(p *Person, ctx context.Context, in args) (any, error) // p has the argument user
}

// controlRoutes are what users do, and what a test reads, below /control/. See [emulator.Server.ControlURL] for the other
// routes. The arguments of GET are parameters, and those of POST members of a JSON object. Two more routes add a [User]
// and a [Channel]: POST users and POST channels.
var controlRoutes = map[string]controlRoute{
	// api_url, tokens, users and channels; with connections, waits until so many are open
	"GET {$}":       {"connections:int wait", controlWorkspace},
	"POST scopes":   {"scopes:list", controlScopes},
	"POST manifest": {"manifest:json", controlManifest}, // its commands, scopes, events and Home tab
	"POST event":    {"event:json", controlEvent},       // an event, whatever the app subscribes to

	"POST send":     {"user channel text thread_ts", controlSend},                  // a command, or a message or reply, whose ts it returns
	"POST shortcut": {"user callback_id channel ts", controlShortcut},              // with channel and ts: of a message
	"POST click":    {"user channel ts " + elementArgs, controlUse(messageOf)},     // an element of a message
	"POST search":   {"user channel ts action_id query", controlSearch(messageOf)}, // an external select of a message

	// the top modal, whose fields are identified by their labels
	"GET modal":         {"user title wait", controlModal},
	"POST modal/fill":   {"user values:json", controlFill}, // {"Name": "x", "Teams": ["a", "b"]}
	"POST modal/change": {"user " + elementArgs, controlUse(modalOf)},
	"POST modal/click":  {"user " + elementArgs, controlUse(modalOf)},
	"POST modal/search": {"user label query", controlSearch(modalOf)},
	"POST modal/submit": {"user", controlSubmit},
	"POST modal/close":  {"user all:bool", controlClose},
	"POST modal/state":  {"untouched:bool suggestions:bool stale:int", controlViewState}, // see Settings

	"GET home":        {"user contains wait", controlHome},
	"POST home/open":  {"user", controlOpenHome},
	"POST home/click": {"user " + elementArgs, controlUse(homeOf)},

	// the messages of a channel, or of the app and a user; with user, those that this user sees, ephemeral ones included
	"GET messages":   {"channel user contains wait", controlMessages},
	"GET ephemerals": {"user contains wait", controlEphemerals},
	"GET acks":       {"", controlAcks},

	// disconnect, drop, refuse, half_open, pings, duplicate, redeliver, raw or limit_history
	"POST connections": {"action reason text on:bool n:int", controlConnections},
}

// elementArgs identify an element, and have what a person selects or enters: the text or value of an option, a date, or
// the name of a user or channel. A button has no value.
const elementArgs = "action_id label value values:list"

// maxControlText is the maximum length of an argument of the control API, in bytes.
const maxControlText = 4 * MaxText

func (s *Server) addControlRoutes() {
	s.EnableControl(s.State, s.Reset)
	s.HandleControl("POST users", emulator.HandlePost(s.controlAddUser))
	s.HandleControl("POST channels", emulator.HandlePost(s.controlAddChannel))
	for pattern, route := range controlRoutes {
		serve := func(ctx context.Context, in args) (any, error) {
			if err := in.convertAll(route.args); err != nil {
				return nil, err
			}
			p := s.Person(in.stringArg("user"))
			if in["user"] != nil && p.DM() == "" {
				return nil, fmt.Errorf("user %s: %w", truncate(p.ID), Error("user_not_found"))
			}
			return route.run(p, ctx, in)
		}
		if strings.HasPrefix(pattern, "POST") {
			s.HandleControl(pattern, emulator.HandlePost(serve))
			continue
		}
		s.HandleControl(pattern, emulator.HandleGet(func(ctx context.Context, q url.Values) (any, error) {
			in := args{}
			if !in.addForm(q) {
				return nil, errors.New("a parameter is given twice")
			}
			return serve(ctx, in)
		}))
	}
}

// convertAll is convert that accepts no other arguments, and no long texts.
func (a args) convertAll(spec string) error {
	for name, v := range a {
		known := slices.ContainsFunc(strings.Fields(spec), func(part string) bool { return name == part || strings.HasPrefix(part, name+":") })
		if !known {
			return fmt.Errorf("unknown argument %q", truncate(name))
		}
		if text, ok := v.(string); ok && len(text) > maxControlText {
			return fmt.Errorf("%s must be at most %d bytes", name, maxControlText)
		}
	}
	if err := a.convert(spec); err != nil {
		return fmt.Errorf("%s", problemsOf(err)[0])
	}
	return nil
}

// ackResult is the response of a route that returns an ack. A missing ack is part of the response and
// not an error of the route.
func ackResult(a Ack, err error) (any, error) {
	if err != nil && a.Err == nil {
		return nil, err
	}
	return a, nil
}

func controlSend(p *Person, ctx context.Context, in args) (any, error) {
	channel, text := in.stringArg("channel"), in.stringArg("text")
	if strings.HasPrefix(text, "/") {
		return ackResult(p.SlashCommand(ctx, channel, text))
	}
	ts, err := p.SendReply(channel, in.stringArg("thread_ts"), text)
	return args{"ts": ts}, err
}

func controlShortcut(p *Person, ctx context.Context, in args) (any, error) {
	callback, channel, ts := in.stringArg("callback_id"), in.stringArg("channel"), in.stringArg("ts")
	switch {
	case callback == "":
		return nil, errors.New("callback_id is missing")
	case channel != "" || ts != "":
		return ackResult(p.UseMessageShortcut(ctx, callback, channel, ts))
	}
	return ackResult(p.UseShortcut(ctx, callback))
}

func messageOf(p *Person, in args) surface {
	return p.message(Message{Channel: in.stringArg("channel"), TS: in.stringArg("ts")})
}

func homeOf(p *Person, _ args) surface { return p.home() }

func modalOf(p *Person, _ args) surface { return p.topModal().surface() }

// topModal returns the top modal, one that is not open for none.
func (p *Person) topModal() *Modal { return cmp.Or(p.TopModal(), &Modal{p: p}) }

// controlUse uses an element of a surface.
func controlUse(of func(*Person, args) surface) func(*Person, context.Context, args) (any, error) {
	return func(p *Person, ctx context.Context, in args) (any, error) {
		values := in.texts("values")
		if one := in.stringArg("value"); one != "" {
			values = append(values, one)
		}
		return ackResult(of(p, in).act(ctx, cmp.Or(in.stringArg("action_id"), in.stringArg("label")), values))
	}
}

// controlSearch enters a query in an external select of a surface.
func controlSearch(of func(*Person, args) surface) func(*Person, context.Context, args) (any, error) {
	return func(p *Person, ctx context.Context, in args) (any, error) {
		found, err := of(p, in).search(ctx, cmp.Or(in.stringArg("action_id"), in.stringArg("label")), in.stringArg("query"))
		return args{"options": append([]Option{}, found...)}, err
	}
}

func controlModal(p *Person, ctx context.Context, in args) (any, error) {
	title := in.stringArg("title")
	m, err := p.WaitModal(ctx, func(m *Modal) bool { return title == "" || m.Title() == title })
	if err != nil {
		return nil, err
	}
	return m.toJSON()
}

func (m *Modal) toJSON() (out args, err error) {
	err = m.withView(func(v *view) error {
		out = args{"id": m.id, "title": textOf(v.body["title"]), "text": v.plainText(), "fields": v.fieldList(), "view": v.toJSON(m.p.s)}
		return nil
	})
	return out, err
}

func controlFill(p *Person, _ context.Context, in args) (any, error) {
	m := p.topModal()
	values, _ := in["values"].(map[string]any)
	if len(values) == 0 {
		return nil, errors.New("values is missing")
	}
	var wrong []error
	for label, value := range values {
		texts, problem := argTypes["list"](value)
		if problem != "" {
			return nil, fmt.Errorf("%s: %s", truncate(label), problem)
		}
		wrong = append(wrong, m.Fill(label, texts.([]string)...))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return m.toJSON()
}

func controlSubmit(p *Person, ctx context.Context, _ args) (any, error) {
	return p.topModal().Submit(ctx)
}

func controlClose(p *Person, ctx context.Context, in args) (any, error) {
	return args{}, p.topModal().close(ctx, in.boolArg("all"))
}

func controlOpenHome(p *Person, ctx context.Context, _ args) (any, error) {
	return ackResult(p.OpenHome(ctx))
}

func controlHome(p *Person, ctx context.Context, in args) (any, error) {
	err := p.WaitHome(ctx, func(text string) bool { return strings.Contains(text, in.stringArg("contains")) })
	return args{"text": p.HomeText(), "view": p.HomeView()}, err
}

func controlMessages(p *Person, ctx context.Context, in args) (any, error) {
	list := p.s.messageList(in.stringArg("channel"))
	if p.ID != "" {
		list = p.visibleList(in.stringArg("channel"))
	}
	return list.containing(ctx, in)
}

func controlEphemerals(p *Person, ctx context.Context, in args) (any, error) {
	return p.s.ephemeralList(p.ID).containing(ctx, in)
}

// containing returns the messages that contain a text; with wait, it waits for the first.
func (l messageList) containing(ctx context.Context, in args) (any, error) {
	holds := func(m Message) bool { return m.Contains(in.stringArg("contains")) }
	if in["wait"] != nil {
		if _, err := l.wait(ctx, holds); err != nil {
			return nil, fmt.Errorf("wait for a message: %w", err)
		}
	}
	all, err := l.messages()
	return args{"messages": slices.DeleteFunc(all, func(m Message) bool { return !holds(m) })}, err
}

func controlAcks(p *Person, _ context.Context, _ args) (any, error) {
	return args{"acks": append([]Ack{}, p.s.Acks()...)}, nil
}

// MarshalJSON returns an Ack as the control API shows it.
func (a Ack) MarshalJSON() ([]byte, error) {
	out := args{"took_ms": float64(a.Took.Microseconds()) / 1000}
	for name, text := range map[string]string{"type": a.Type, "kind": a.Kind, "user_message": a.UserMessage()} {
		if text != "" {
			out[name] = text
		}
	}
	if a.Payload != nil {
		out["payload"] = a.Payload
	}
	if a.Err != nil {
		out["error"] = a.Err.Error()
	}
	return json.Marshal(out)
}
