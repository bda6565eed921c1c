package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"sync"
	"time"
)

// A hub wakes the viewers when something has changed.
type hub struct {
	mu      sync.Mutex
	viewers map[chan struct{}]bool
}

func newHub() *hub { return &hub{viewers: map[chan struct{}]bool{}} }

// notify wakes all viewers. It never waits.
func (h *hub) notify() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.viewers {
		select {
		case c <- struct{}{}:
		default: // it has not looked since the last time
		}
	}
}

// subscribe gives a channel that wakes, until leave is called.
func (h *hub) subscribe() (wake <-chan struct{}, leave func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.viewers[c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.viewers, c)
	}
}

const (
	// settle is how long changes are gathered before they are drawn. Several come at once.
	debounce = 25 * time.Millisecond

	// beat is how often a silent stream says that it is alive, and ages are drawn anew.
	keepAlive = 15 * time.Second
)

// streamUpdates streams the parts of the page that have changed, as events whose data is
// {"id","html"}.
func (p *Server) streamUpdates(w http.ResponseWriter, r *http.Request) {
	wake, leave := p.hub.subscribe()
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	seed, sent := maphash.MakeSeed(), map[string]uint64{}
	timer := time.NewTicker(keepAlive)
	defer timer.Stop()
	for {
		look := p.newViewModel(r)
		for _, id := range look.liveParts() {
			html, err := p.renderPart(id, look)
			if err != nil {
				return // the browser comes again
			}
			sum := maphash.Bytes(seed, html)
			if sent[id] == sum {
				continue
			}
			sent[id] = sum
			data, _ := json.Marshal(map[string]string{"id": id, "html": string(html)}) // strings can always be written
			if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
				return
			}
		}
		if _, err := fmt.Fprint(w, ":\n\n"); err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-timer.C:
		case <-wake:
			select {
			case <-r.Context().Done():
				return
			case <-time.After(debounce):
			}
		}
	}
}

// renderPart draws one part of the page.
func (p *Server) renderPart(id string, of any) ([]byte, error) {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, id, of); err != nil {
		return nil, fmt.Errorf("draw %s: %w", id, err)
	}
	return b.Bytes(), nil
}

// writePage writes a whole page.
func (p *Server) writePage(w http.ResponseWriter, name string, l *viewModel) {
	html, err := p.renderPart(name, l)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html)
}
