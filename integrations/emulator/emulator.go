// Package emulator has what the emulators of Slack, Port and incident.io share: an HTTP server on
// the loopback interface, faults, a record of the calls, events for subscribers, and the control
// API. It contains nothing that is specific to a vendor.
package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxBody is the maximum size of a request body, in bytes.
const MaxBody = 4 << 20

// MaxCalls is the number of calls that a Server stores. Beyond it, the oldest are removed.
const MaxCalls = 20_000

// A Call is one request that a Server received.
type Call struct {
	Time   time.Time
	Method string
	Path   string // without the query
	Query  string
	Header http.Header // Authorization removed
	Body   []byte
	Status int           // 0 when no response was sent
	Took   time.Duration // until the handler returned
}

// A Fault replaces or delays the response to a request.
type Fault struct {
	Path           string        // the end of the path; "" matches every path
	Method         string        // "" matches every method
	Times          int           // number of requests; 0 means until ClearFaults
	Delay          time.Duration // time before anything else; ends early when the client disconnects
	Status         int           // status of the response; 0 means the real response
	Header         http.Header   // with Status
	Body           string        // with Status
	DropResponse   bool          // handle the request, then close the connection without a response, or with Status send that
	DropConnection bool          // close the connection without handling the request
}

// A Server is an HTTP server on a free port of 127.0.0.1.
type Server struct {
	URL   string // http://127.0.0.1:port, without a slash at the end
	Clock Clock  // of the header Date, and of what the service creates

	srv     *http.Server
	done    chan struct{}
	control *http.ServeMux

	mu          sync.Mutex
	faults      []Fault
	calls       []Call
	describer   CallDescriber
	subscribers map[int]subscriber
	nextID      int
}

// A Clock is the clock of a service. Its zero value shows the time of this machine.
type Clock struct{ offset atomic.Int64 }

// Set makes the clock differ from this machine's.
func (c *Clock) Set(offset time.Duration) { c.offset.Store(int64(offset)) }

// Now is the time by the clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// Start serves h on addr; "" means a free port of 127.0.0.1.
func Start(addr string, h http.Handler) (*Server, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + ln.Addr().String(), done: make(chan struct{}), subscribers: map[int]subscriber{}}
	s.control = http.NewServeMux()
	s.addFaultRoutes()
	s.srv = &http.Server{Handler: s.handler(h), ReadHeaderTimeout: 10 * time.Second}
	go func() { // ends with Close
		defer close(s.done)
		_ = s.srv.Serve(ln)
	}()
	return s, nil
}

// Close stops the server, closes its connections and waits for its goroutine.
func (s *Server) Close() {
	_ = s.srv.Close()
	<-s.done
}

// InjectFault adds a fault. For each request, the oldest fault that matches is used.
func (s *Server) InjectFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Faults returns the faults that are still active.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

// Calls returns the stored calls whose path ends in suffix, oldest first. "" matches every path.
func (s *Server) Calls(suffix string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if strings.HasSuffix(c.Path, suffix) {
			out = append(out, c)
		}
	}
	return out
}

// takeFault returns the first fault that matches a request, and counts the use.
func (s *Server) takeFault(r *http.Request) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !strings.HasSuffix(r.URL.Path, f.Path) || f.Method != "" && f.Method != r.Method {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		default:
			s.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

func (s *Server) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPrefix) {
			s.serveControl(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err != nil {
			http.Error(w, "request body too large", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		header := r.Header.Clone()
		header.Del("Authorization")
		call := Call{Time: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: header, Body: body}
		w.Header().Set("Date", s.Clock.Now().UTC().Format(http.TimeFormat))
		rec := &recorder{ResponseWriter: w}
		answered := s.recordCall(call, rec)
		defer func() {
			call.Status, call.Took = rec.status, time.Since(call.Time)
			answered(call)
			s.mu.Lock()
			if len(s.calls) == MaxCalls {
				s.calls = append(s.calls[:0], s.calls[MaxCalls/10:]...)
			}
			s.calls = append(s.calls, call)
			s.mu.Unlock()
		}()

		f, faulty := s.takeFault(r)
		if faulty && f.Delay > 0 {
			select {
			case <-time.After(f.Delay):
			case <-r.Context().Done():
				return
			}
		}
		if !faulty || !f.replace(h, rec, r) {
			h.ServeHTTP(rec, r)
		}
	})
}

// replace answers a request as the fault says. It reports false if the fault does not change the answer.
func (f Fault) replace(h http.Handler, w http.ResponseWriter, r *http.Request) bool {
	if f.DropConnection {
		panic(http.ErrAbortHandler)
	}
	if f.DropResponse {
		h.ServeHTTP(&discardWriter{header: http.Header{}}, r)
	}
	if f.Status == 0 && f.DropResponse {
		panic(http.ErrAbortHandler)
	}
	if f.Status == 0 {
		return false
	}
	if json.Valid([]byte(f.Body)) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8") // as the services have it
	}
	for k, vs := range f.Header {
		w.Header()[k] = vs
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
	return true
}

// recorder stores the status, and the body if there are subscribers for it. Unwrap makes websocket
// upgrades and flushes possible.
type recorder struct {
	http.ResponseWriter
	status int
	answer *bytes.Buffer
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(code int) {
	if r.status == 0 {
		r.status = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.answer != nil {
		_, _ = r.answer.Write(p[:min(len(p), MaxBody-r.answer.Len())])
	}
	return r.ResponseWriter.Write(p)
}

// discardWriter is the writer of a response that is never sent.
type discardWriter struct{ header http.Header }

func (d *discardWriter) Header() http.Header         { return d.header }
func (d *discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (d *discardWriter) WriteHeader(int)             {}
