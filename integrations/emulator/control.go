package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// controlPrefix is the path below which a Server has its control API. Requests to it are not
// recorded as calls, and faults do not apply to them.
const controlPrefix = "/control/"

// The limits of what the control API accepts.
const (
	maxDelay  = time.Hour
	maxOffset = 10 * 365 * 24 * time.Hour
)

// ControlURL is the address of the control API: JSON over HTTP, with which a test in any language
// controls the emulator.
//
//	GET    /control/faults    the injected faults
//	POST   /control/faults    injects a fault: {"path","method","times","delay_ms","status","header","body","drop_response","drop_connection"}
//	DELETE /control/faults    removes all faults
//	POST   /control/clock     {"offset_ms": -20000}: how far the service's clock differs from this machine's
//	GET    /control/calls     ?path=/suffix: the requests that the emulator received, secrets masked; "not_modeled" is
//	                          what it refused because it does not model it
//	GET    /control/state     what the emulator stores
//	POST   /control/reset     removes it, all faults and the calls, and restores the start
//
// An emulator can have more routes. Every body and every response is a JSON object. The status of
// a failure is not 200, and its body has the key "error". Only requests from this machine, and
// from no page of another site, are accepted.
func (s *Server) ControlURL() string { return s.URL + controlPrefix }

// EnableControl adds the routes state and reset. state returns a value that can be encoded as
// JSON and contains no secrets; reset removes what state returns.
func (s *Server) EnableControl(state func() any, reset func()) {
	s.HandleControl("GET state", func(w http.ResponseWriter, _ *http.Request) {
		writeControlResponse(w, map[string]any{"state": state()}, nil)
	})
	s.HandleControl("POST reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Clock.Set(0)
		s.mu.Lock()
		s.faults, s.calls, s.refused = nil, nil, nil
		restore := s.onReset
		s.mu.Unlock()
		reset()
		var err error
		if restore != nil {
			err = restore()
		}
		writeControlResponse(w, map[string]any{}, err)
	})
}

// OnReset sets what POST /control/reset does at its end, such as adding what a seed file has.
func (s *Server) OnReset(restore func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onReset = restore
}

// HandleControl adds a route to the control API. A pattern is a method and a path below
// /control/, such as "POST users"; "GET {$}" is /control/ itself.
func (s *Server) HandleControl(pattern string, h http.HandlerFunc) {
	method, path, _ := strings.Cut(pattern, " ")
	s.control.HandleFunc(method+" "+controlPrefix+path, h)
}

func (s *Server) addFaultRoutes() {
	s.HandleControl("GET faults", func(w http.ResponseWriter, _ *http.Request) {
		faults := []faultJSON{}
		for _, f := range s.Faults() {
			faults = append(faults, newFaultJSON(f))
		}
		writeControlResponse(w, map[string]any{"faults": faults}, nil)
	})
	s.HandleControl("POST faults", HandlePost(s.controlInjectFault))
	s.HandleControl("POST clock", HandlePost(func(_ context.Context, in struct {
		OffsetMS int64 `json:"offset_ms"`
	}) (any, error) {
		if in.OffsetMS < -maxOffset.Milliseconds() || in.OffsetMS > maxOffset.Milliseconds() {
			return nil, fmt.Errorf("offset_ms must be between %d and %d", -maxOffset.Milliseconds(), maxOffset.Milliseconds())
		}
		s.Clock.Set(time.Duration(in.OffsetMS) * time.Millisecond)
		return map[string]any{}, nil
	}))
	s.HandleControl("DELETE faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		writeControlResponse(w, map[string]any{}, nil)
	})
	s.HandleControl("GET calls", HandleGet(func(_ context.Context, q url.Values) (any, error) {
		return map[string]any{"calls": s.callsJSON(q.Get("path"))}, nil
	}))
	s.control.HandleFunc(controlPrefix, func(w http.ResponseWriter, _ *http.Request) {
		writeControlError(w, http.StatusNotFound, errors.New("unknown route of the control API"))
	})
}

// serveControl serves the control API to requests from this machine.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	if !isLocalRequest(r) {
		writeControlError(w, http.StatusForbidden, errors.New("the control API accepts only requests from this machine"))
		return
	}
	s.control.ServeHTTP(w, r)
}

// isLocalRequest reports whether a request has the name of this machine as its host, which DNS
// rebinding does not have, and does not come from a page of another site.
func isLocalRequest(r *http.Request) bool {
	if !IsLoopback(r.Host) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") != "cross-site"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// IsLoopback reports whether a host, with or without a port, is localhost or a loopback address.
func IsLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// callsJSON returns the calls as the control API shows them. Their bodies have no secrets.
func (s *Server) callsJSON(suffix string) []map[string]any {
	s.mu.Lock()
	describer := s.describer
	s.mu.Unlock()
	out := []map[string]any{}
	for _, c := range s.Calls(suffix) {
		out = append(out, map[string]any{
			"time": c.Time, "method": c.Method, "path": c.Path, "status": c.Status, "took_ms": c.Took.Milliseconds(),
			"body": describer.redacted(decodeBody(c.Header, c.Body)), "not_modeled": c.Refused,
		})
	}
	return out
}

// faultJSON is a Fault as the control API reads and shows it.
type faultJSON struct {
	Path           string            `json:"path"`
	Method         string            `json:"method"`
	Times          int               `json:"times"`
	DelayMS        int64             `json:"delay_ms"`
	Status         int               `json:"status"`
	Header         map[string]string `json:"header"`
	Body           string            `json:"body"`
	DropResponse   bool              `json:"drop_response"`
	DropConnection bool              `json:"drop_connection"`
}

func newFaultJSON(f Fault) faultJSON {
	out := faultJSON{
		Path: f.Path, Method: f.Method, Times: f.Times, DelayMS: f.Delay.Milliseconds(), Status: f.Status, Header: map[string]string{},
		Body: f.Body, DropResponse: f.DropResponse, DropConnection: f.DropConnection,
	}
	for k := range f.Header {
		out.Header[k] = f.Header.Get(k)
	}
	return out
}

func (s *Server) controlInjectFault(_ context.Context, in faultJSON) (any, error) {
	if in.Status != 0 && (in.Status < 200 || in.Status > 599) {
		return nil, errors.New("status must be 0 or between 200 and 599")
	}
	if in.Times < 0 || in.DelayMS < 0 || in.DelayMS > maxDelay.Milliseconds() {
		return nil, fmt.Errorf("times must not be negative, and delay_ms must be between 0 and %d", maxDelay.Milliseconds())
	}
	if in.Method != strings.ToUpper(in.Method) {
		return nil, fmt.Errorf("the method %q is not in upper case", in.Method)
	}
	header := http.Header{}
	for k, v := range in.Header {
		if !httpguts.ValidHeaderFieldName(k) || !httpguts.ValidHeaderFieldValue(v) {
			return nil, fmt.Errorf("the header %q cannot be sent", k)
		}
		header.Set(k, v)
	}
	s.InjectFault(Fault{
		Path: in.Path, Method: in.Method, Times: in.Times, Delay: time.Duration(in.DelayMS) * time.Millisecond,
		Status: in.Status, Header: header, Body: in.Body, DropResponse: in.DropResponse, DropConnection: in.DropConnection,
	})
	return map[string]any{}, nil
}
