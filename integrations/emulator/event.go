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

// MaxEventBody is the maximum size of the body of an Event, in bytes of JSON. A larger body becomes a
// string with its beginning.
const MaxEventBody = 64 << 10

// mask replaces a secret.
const mask = "•••"

// An Event is one message between two parties: an arrow of a sequence diagram.
type Event struct {
	Time     time.Time
	From, To string // "slack", "foghorn", "port", "incident.io", "person"
	Kind     string // for example command, view, run, webhook, incident, automation, entity or message; does not change
	Text     string // one line, for display
	Body     any    // the request, response or frame without secrets; nil for none
	Verbose  bool   // only for SubscribeAll: calls, responses and small changes of what a user sees
}

// The kinds of the events that every Server emits for its calls. They are verbose.
const (
	KindCall     = "call"   // a request, when it is received
	KindResponse = "answer" // its response, when it is sent
	KindDropped  = "lost"   // instead of KindResponse, when no response is sent
)

// A CallDescriber defines how calls become events. The zero value describes none.
type CallDescriber struct {
	Name string // of the server, such as "port"

	// Describe returns the name of the caller and one line about the call. A call whose
	// caller is "" has no events.
	Describe func(Call) (caller, text string)

	SecretKeys []string                 // keys of JSON objects and forms whose values are masked
	Mask       func(text string) string // replaces other secrets in text and JSON; nil replaces none
}

// A subscriber receives events.
type subscriber struct {
	f   func(Event)
	all bool
}

// SetDescriber sets how later calls become events and how the bodies of all events are masked.
func (s *Server) SetDescriber(t CallDescriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.describer = t
}

// Subscribe calls f with every event that is not verbose, one at a time, until stop is called. f must
// not block and must not call the emulator.
func (s *Server) Subscribe(f func(Event)) (stop func()) { return s.subscribe(subscriber{f: f}) }

// SubscribeAll is Subscribe including the verbose events.
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

// hasSubscribers reports whether an event, verbose or not, has a subscriber, and returns the
// describer.
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

// Emit sends an event to the subscribers. A zero Time becomes now. Text and body are masked, and the
// body is limited to MaxEventBody.
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

// recordCall emits the event of a call, if the describer describes it. The returned function emits the
// event of its response, which rec stores until then.
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

// decodeBody returns the body of a request or response as a value that can be encoded as JSON.
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

// redacted returns the body of an event without secrets and at most MaxEventBody long.
func (t CallDescriber) redacted(body any) any {
	if body == nil {
		return nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Sprintf("%T cannot be encoded as JSON", body)
	}
	if len(t.SecretKeys) > 0 {
		var v any
		if json.Unmarshal(text, &v) == nil && t.redactSecrets(v) {
			text, _ = json.Marshal(v) // cannot fail: v was decoded from JSON
			body = json.RawMessage(text)
		}
	}
	if t.Mask != nil {
		if masked := t.Mask(string(text)); masked != string(text) {
			text = []byte(masked)
			if body = json.RawMessage(text); !json.Valid(text) {
				body = masked // a secret such as "null" was replaced, so this is not JSON
			}
		}
	}
	if len(text) > MaxEventBody {
		return strings.ToValidUTF8(string(text[:MaxEventBody]), "") + "…"
	}
	return body
}

// redactSecrets masks the values of the secret keys in v, and reports whether there were any.
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
