// Package emulator is the small kit that the emulators of Slack, Port and
// incident.io share: a server on loopback, the faults it plays on request, a record of
// the calls it got and the events it tells to whoever watches.
//
// It knows nothing of any vendor.
package emulator

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxBody is the largest request body, in bytes, that an emulator reads.
const MaxBody = 4 << 20

// MaxCalls is how many calls, the latest ones, a Server remembers.
const MaxCalls = 20_000

// A Call is one request that a Server got.
type Call struct {
	Time   time.Time
	Method string
	Path   string // without the query
	Query  string
	Header http.Header // Authorization removed
	Body   []byte
	Status int           // 0 when the answer was never sent
	Took   time.Duration // until the handler was done
}

// A Fault is played instead of, or around, the real answer.
type Fault struct {
	Path           string        // what the path must end in; "" matches every call
	Method         string        // "" matches every method
	Times          int           // how often; 0 means until Clear
	Delay          time.Duration // waited before anything else, or until the caller hangs up
	Status         int           // answered instead of the real answer; 0 leaves it alone
	Header         http.Header   // with Status
	Body           string        // with Status
	DropResponse   bool          // do the work, then cut the connection instead of answering
	DropConnection bool          // cut the connection and do nothing
}

// A Server is an HTTP server on a free port of 127.0.0.1.
type Server struct {
	URL string // http://127.0.0.1:port, no slash at the end

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

// Close stops the server and waits for it. Connections are cut.
func (s *Server) Close() {
	_ = s.srv.Close()
	<-s.done
}

// InjectFault adds a fault. Faults are tried in the order they were planned.
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

// Calls are the calls whose path ends in suffix, oldest first. "" gives all.
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

// takeFault returns the first fault that fits and uses it up.
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
		switch {
		case faulty && f.DropConnection:
			panic(http.ErrAbortHandler)
		case faulty && f.DropResponse:
			h.ServeHTTP(&discardWriter{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		case faulty && f.Status != 0:
			for k, vs := range f.Header {
				rec.Header()[k] = vs
			}
			rec.WriteHeader(f.Status)
			_, _ = io.WriteString(rec, f.Body)
		default:
			h.ServeHTTP(rec, r)
		}
	})
}

// recorder keeps the status, and the answer if somebody wants to hear of it. Unwrap lets
// websocket upgrades and flushes through.
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

// discardWriter is the writer of an answer that is lost.
type discardWriter struct{ header http.Header }

func (d *discardWriter) Header() http.Header         { return d.header }
func (d *discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (d *discardWriter) WriteHeader(int)             {}
