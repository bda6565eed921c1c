package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// MaxEventBody is the largest body, in bytes of JSON, that an Event carries. What is larger
// becomes a string with its beginning.
const MaxEventBody = 64 << 10

// mask stands where a secret was.
const mask = "•••"

// An Event is something that happened, as a person would tell it: one arrow of a sequence diagram.
type Event struct {
	Time     time.Time
	From, To string // "slack", "foghorn", "port", "incident.io", "person"
	Kind     string // a stable word such as "command", "view", "run", "webhook", "incident", "automation", "entity", "message"
	Text     string // one line for people
	Body     any    // what crossed the wire, secrets masked; may be nil
	Verbose  bool   // only WatchAll tells it: calls and answers, and small changes of what is seen
}

// The kinds of the events that every Server tells about the calls it gets. They are details.
const (
	KindCall     = "call"   // a request, when it arrives
	KindResponse = "answer" // its answer, when it is sent
	KindDropped  = "lost"   // in the place of an answer that is never sent
)

// A CallDescriber says how the calls to a Server become events. The zero value tells none.
type CallDescriber struct {
	Name string // of the server, such as "port"

	// Who names the caller and says in a line what is called. A call of "" is not told.
	Describe func(Call) (caller, text string)

	SecretKeys []string                 // the keys of JSON objects and forms whose values are masked
	Mask       func(text string) string // takes other secrets out of text and JSON; nil takes none
}

// A subscriber hears of events.
type subscriber struct {
	f   func(Event)
	all bool
}

// SetDescriber makes events of the calls from now on, and masks the bodies of all events.
func (s *Server) SetDescriber(t CallDescriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.describer = t
}

// Subscribe tells f of every event from now on but the details, one at a time, until stop is
// called. f must not block and must not call the emulator.
func (s *Server) Subscribe(f func(Event)) (stop func()) { return s.subscribe(subscriber{f: f}) }

// SubscribeAll is Watch with the details.
func (s *Server) SubscribeAll(f func(Event)) (stop func()) {
	return s.subscribe(subscriber{f: f, all: true})
}

func (s *Server) subscribe(w subscriber) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.nextID
	s.nextID++
	s.subscribers[id] = w
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subscribers, id)
	}
}

// hasSubscribers reports whether somebody hears of events, or of details, and how they are told.
func (s *Server) hasSubscribers(detail bool) (CallDescriber, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.subscribers {
		if w.all || !detail {
			return s.describer, true
		}
	}
	return CallDescriber{}, false
}

// Emit tells the watchers. A zero Time becomes now; text and body are masked, the body is bounded.
func (s *Server) Emit(e Event) {
	t, heard := s.hasSubscribers(e.Verbose)
	if !heard {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if e.Body = t.redacted(e.Body); t.Mask != nil {
		e.Text = t.Mask(e.Text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.subscribers {
		if w.all || !e.Verbose {
			w.f(e)
		}
	}
}

// recordCall tells of a call. answered tells of its answer, which rec keeps until then.
func (s *Server) recordCall(c Call, rec *recorder) (answered func(Call)) {
	t, heard := s.hasSubscribers(true)
	caller, text := "", ""
	if heard && t.Describe != nil {
		caller, text = t.Describe(c)
	}
	if caller == "" {
		return func(Call) {}
	}
	rec.answer = &bytes.Buffer{}
	s.Emit(Event{Time: c.Time, From: caller, To: t.Name, Kind: KindCall, Text: text, Body: decodeBody(c.Header, c.Body), Verbose: true})
	return func(c Call) {
		e := Event{From: t.Name, To: caller, Kind: KindResponse, Text: fmt.Sprintf("%d %s to %s", c.Status, http.StatusText(c.Status), text), Verbose: true}
		if e.Body = decodeBody(rec.Header(), rec.answer.Bytes()); c.Status == 0 {
			e.Kind, e.Text, e.Body = KindDropped, "no answer to "+text, nil
		}
		s.Emit(e)
	}
}

// decodeBody is a body of HTTP as JSON can show it.
func decodeBody(h http.Header, body []byte) any {
	if len(body) == 0 {
		return nil
	}
	if json.Valid(body) {
		return json.RawMessage(bytes.Clone(body))
	}
	if strings.HasPrefix(h.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if form, err := url.ParseQuery(string(body)); err == nil {
			out := map[string]any{}
			for k, v := range form {
				out[k] = v[0]
				if strings.HasPrefix(v[0], "{") || strings.HasPrefix(v[0], "[") {
					out[k] = decodeBody(nil, []byte(v[0]))
				}
			}
			return out
		}
	}
	return string(body)
}

// redacted is a body as watchers may see it: without secrets, and not too large.
func (t CallDescriber) redacted(body any) any {
	if body == nil {
		return nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Sprintf("%T, which is no JSON", body)
	}
	if len(t.SecretKeys) > 0 {
		var v any
		if json.Unmarshal(text, &v) == nil && t.redactSecrets(v) {
			text, _ = json.Marshal(v) // it came from JSON
			body = json.RawMessage(text)
		}
	}
	if t.Mask != nil {
		if masked := t.Mask(string(text)); masked != string(text) {
			text = []byte(masked)
			if body = json.RawMessage(text); !json.Valid(text) {
				body = masked // a secret such as "null" was masked in the JSON itself
			}
		}
	}
	if len(text) > MaxEventBody {
		return strings.ToValidUTF8(string(text[:MaxEventBody]), "") + "…"
	}
	return body
}

// redactSecrets masks the secret keys within v, and reports whether there were any.
func (t CallDescriber) redactSecrets(v any) (found bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			found = t.redactSecrets(item) || found
		}
	case map[string]any:
		for k, item := range v {
			if text, ok := item.(string); ok && text != "" && slices.Contains(t.SecretKeys, k) {
				v[k], found = mask, true
				continue
			}
			found = t.redactSecrets(item) || found
		}
	}
	return found
}
