package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxWait bounds the wait parameter of the door.
const maxWait = time.Minute

// ControlURL is the address of the second door: JSON over HTTP, with which a test in any
// language prepares the workspace, plays its people and reads what the app did. Bodies and
// answers are JSON objects; an answer with another status than 200 has the key "error".
//
//	GET    /control/                  api_url, tokens, users and channels; ?connections=1&wait=5s waits for the app
//	POST   /control/users             {"id","name","real_name","email","bot","guest"}
//	POST   /control/channels          {"id","name","private","archived","members","bot_is_member"}
//	POST   /control/scopes            {"scopes": ["chat:write"]}
//	POST   /control/send              {"user","channel","text"}: a command or a message
//	POST   /control/shortcut          {"user","callback_id"}, on a message also {"channel","ts"}
//	POST   /control/click             {"user","channel","ts","action_id"}: a button of a message
//	GET    /control/modal             ?user=U1&wait=5s&title=Declare: the top modal, its fields and the view
//	POST   /control/modal/fill        {"user","values": {"Name": "x", "Teams": ["a","b"]}}
//	POST   /control/modal/change      {"user","label","values": ["x"]}: a field with "dispatches"
//	POST   /control/modal/search      {"user","label","query"}: type into an external select
//	POST   /control/modal/click       {"user","label"}: a button
//	POST   /control/modal/submit      {"user"}
//	POST   /control/modal/close       {"user","all": false}
//	GET    /control/messages          ?channel=C1&contains=text&wait=5s; the id of a user reads their direct messages;
//	                               &user=U1 reads what that person sees, with what only they see
//	GET    /control/ephemerals        ?user=U1&contains=text&wait=5s
//	GET    /control/calls             ?path=/chat.postMessage
//	GET    /control/acks
//	POST   /control/faults            {"path","method","times","delay_ms","status","header","body","drop_response","drop_connection"}
//	DELETE /control/faults
//	POST   /control/connections           {"action": "disconnect"|"drop"|"refuse"|"half_open"|"pings"|"duplicate"|"redeliver"|"raw", "reason","on","n","text"}
//
// It answers only to this machine, and to no page of another site. A fault without a path is played on the door too.
func (s *Server) ControlURL() string { return s.Server.URL + "/control/" }

func (s *Server) newControlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/{$}", handleGet(s.controlWorkspace))
	mux.HandleFunc("POST /control/users", handlePost(s.controlAddUser))
	mux.HandleFunc("POST /control/channels", handlePost(s.controlAddChannel))
	mux.HandleFunc("POST /control/scopes", handlePost(s.controlSetScopes))
	mux.HandleFunc("POST /control/send", handlePost(s.controlSend))
	mux.HandleFunc("POST /control/shortcut", handlePost(s.controlShortcut))
	mux.HandleFunc("POST /control/click", handlePost(s.controlClickButton))
	mux.HandleFunc("GET /control/modal", handleGet(s.controlModal))
	mux.HandleFunc("POST /control/modal/fill", handlePost(s.controlFill))
	mux.HandleFunc("POST /control/modal/change", handlePost(s.controlChange))
	mux.HandleFunc("POST /control/modal/search", handlePost(s.controlSearch))
	mux.HandleFunc("POST /control/modal/click", handlePost(s.controlClickModalButton))
	mux.HandleFunc("POST /control/modal/submit", handlePost(s.controlSubmit))
	mux.HandleFunc("POST /control/modal/close", handlePost(s.controlClose))
	mux.HandleFunc("GET /control/messages", handleGet(s.controlMessages))
	mux.HandleFunc("GET /control/ephemerals", handleGet(s.controlEphemerals))
	mux.HandleFunc("GET /control/calls", handleGet(s.controlCalls))
	mux.HandleFunc("GET /control/acks", handleGet(s.controlAcks))
	mux.HandleFunc("POST /control/faults", handlePost(s.controlInjectFault))
	mux.HandleFunc("DELETE /control/faults", handleGet(s.controlClearFaults))
	mux.HandleFunc("POST /control/connections", handlePost(s.controlConnections))
	mux.HandleFunc("/control/", func(w http.ResponseWriter, r *http.Request) {
		writeControlError(w, http.StatusNotFound, errors.New("no such thing here"))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopbackRequest(r) {
			writeControlError(w, http.StatusForbidden, errors.New("the door is for this machine only"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// isLoopbackRequest refuses other names for this host (DNS rebinding) and pages of other sites.
func isLoopbackRequest(r *http.Request) bool {
	local := func(hostport string) bool {
		host, _, err := net.SplitHostPort(hostport)
		if err != nil {
			host = hostport
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		return host == "localhost" || ip != nil && ip.IsLoopback()
	}
	if !local(r.Host) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") != "cross-site"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func writeControlError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

func writeControlResponse(w http.ResponseWriter, out any, err error) {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		writeControlError(w, http.StatusRequestTimeout, err)
	case err != nil:
		writeControlError(w, http.StatusUnprocessableEntity, err)
	default:
		writeJSON(w, http.StatusOK, out)
	}
}

// handleGet calls f with the query. The context ends after the parameter wait, 0 without it.
func handleGet(f func(context.Context, url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		wait := 10 * time.Millisecond
		if text := q.Get("wait"); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil || d < 0 || d > maxWait {
				writeControlError(w, http.StatusBadRequest, fmt.Errorf("wait must be between 0s and %s", maxWait))
				return
			}
			wait = max(wait, d)
		}
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		out, err := f(ctx, q)
		writeControlResponse(w, out, err)
	}
}

// handlePost calls f with the body. A page of another site cannot send this content type unasked.
func handlePost[T any](f func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
			writeControlError(w, http.StatusUnsupportedMediaType, errors.New("Content-Type must be application/json"))
			return
		}
		var in T
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			writeControlError(w, http.StatusBadRequest, fmt.Errorf("read body: %w", err))
			return
		}
		out, err := f(r.Context(), in)
		writeControlResponse(w, out, err)
	}
}
