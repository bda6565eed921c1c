package ui

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"sync"
	"time"
)

const (
	// debounce is how long a stream collects changes before it renders them, because several come at once.
	debounce = 25 * time.Millisecond

	// keepAlive is how often a stream without changes sends a comment.
	keepAlive = 15 * time.Second
)

// streamUpdates sends each part of the page that has changed as an event {"id", "html"}, all of them at first.
func (s *Server) streamUpdates(w http.ResponseWriter, r *http.Request) {
	changed, unsubscribe := s.hub.subscribe()
	defer unsubscribe()
	w.Header().Set("Content-Type", "text/event-stream")
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	stream := partStream{server: s, w: w, seed: maphash.MakeSeed(), sent: map[string]uint64{}}
	for {
		if err := stream.sendChanges(s.newViewModel(r)); err != nil {
			return // the browser connects again
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		case <-changed:
			select {
			case <-r.Context().Done():
				return
			case <-time.After(debounce):
			}
		}
	}
}

// A partStream sends the parts of a page to one browser.
type partStream struct {
	server *Server
	w      http.ResponseWriter
	seed   maphash.Seed
	sent   map[string]uint64 // hash of what the browser has, by part
}

// sendChanges sends the parts that differ from what the browser has, and a comment that keeps the stream alive.
func (p *partStream) sendChanges(v *viewModel) error {
	for _, id := range v.parts() {
		html, err := p.server.renderTemplate(id, v)
		if err != nil {
			return err
		}
		sum := maphash.Bytes(p.seed, html)
		if p.sent[id] == sum {
			continue
		}
		p.sent[id] = sum
		data, err := json.Marshal(map[string]string{"id": id, "html": string(html)})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.w, "data: %s\n\n", data); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprint(p.w, ":\n\n"); err != nil {
		return err
	}
	return http.NewResponseController(p.w).Flush()
}

// A hub notifies the streams of a change.
type hub struct {
	mu          sync.Mutex
	subscribers map[chan struct{}]bool
}

func newHub() *hub { return &hub{subscribers: map[chan struct{}]bool{}} }

// notify notifies all subscribers. It never waits: a subscriber with a pending notification needs no second one.
func (h *hub) notify() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.subscribers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// subscribe returns a channel that receives after each change, until unsubscribe is called.
func (h *hub) subscribe() (changed <-chan struct{}, unsubscribe func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subscribers, c)
	}
}
