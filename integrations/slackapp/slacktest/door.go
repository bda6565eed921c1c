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
//	GET    /door/                  api_url, tokens, users and channels; ?sockets=1&wait=5s waits for the app
//	POST   /door/users             {"id","name","real_name","email","bot","guest"}
//	POST   /door/channels          {"id","name","private","archived","members","bot_in"}
//	POST   /door/scopes            {"scopes": ["chat:write"]}
//	POST   /door/type              {"user","channel","text"}: a command or a message
//	POST   /door/shortcut          {"user","callback_id"}, on a message also {"channel","ts"}
//	POST   /door/click             {"user","channel","ts","action_id"}: a button of a message
//	GET    /door/modal             ?user=U1&wait=5s&title=Declare: the top modal, its fields and the view
//	POST   /door/modal/fill        {"user","values": {"Name": "x", "Teams": ["a","b"]}}
//	POST   /door/modal/change      {"user","label","values": ["x"]}: a field with "dispatches"
//	POST   /door/modal/search      {"user","label","query"}: type into an external select
//	POST   /door/modal/click       {"user","label"}: a button
//	POST   /door/modal/submit      {"user"}
//	POST   /door/modal/close       {"user","all": false}
//	GET    /door/messages          ?channel=C1&contains=text&wait=5s; the id of a user reads their direct messages;
//	                               &user=U1 reads what that person sees, with what only they see
//	GET    /door/ephemerals        ?user=U1&contains=text&wait=5s
//	GET    /door/calls             ?path=/chat.postMessage
//	GET    /door/acks
//	POST   /door/faults            {"path","method","times","delay_ms","status","header","body","lose","cut"}
//	DELETE /door/faults
//	POST   /door/sockets           {"do": "disconnect"|"drop"|"refuse"|"half_open"|"pings"|"duplicate"|"redeliver"|"raw", "reason","on","n","text"}
//
// It answers only to this machine, and to no page of another site. A fault without a path is played on the door too.
func (s *Server) ControlURL() string { return s.Server.URL + "/door/" }

func (s *Server) newDoor() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /door/{$}", get(s.doorWorkspace))
	mux.HandleFunc("POST /door/users", post(s.doorUser))
	mux.HandleFunc("POST /door/channels", post(s.doorChannel))
	mux.HandleFunc("POST /door/scopes", post(s.doorScopes))
	mux.HandleFunc("POST /door/type", post(s.doorType))
	mux.HandleFunc("POST /door/shortcut", post(s.doorShortcut))
	mux.HandleFunc("POST /door/click", post(s.doorClick))
	mux.HandleFunc("GET /door/modal", get(s.doorModal))
	mux.HandleFunc("POST /door/modal/fill", post(s.doorFill))
	mux.HandleFunc("POST /door/modal/change", post(s.doorChange))
	mux.HandleFunc("POST /door/modal/search", post(s.doorSearch))
	mux.HandleFunc("POST /door/modal/click", post(s.doorPress))
	mux.HandleFunc("POST /door/modal/submit", post(s.doorSubmit))
	mux.HandleFunc("POST /door/modal/close", post(s.doorClose))
	mux.HandleFunc("GET /door/messages", get(s.doorMessages))
	mux.HandleFunc("GET /door/ephemerals", get(s.doorEphemerals))
	mux.HandleFunc("GET /door/calls", get(s.doorCalls))
	mux.HandleFunc("GET /door/acks", get(s.doorAcks))
	mux.HandleFunc("POST /door/faults", post(s.doorPlan))
	mux.HandleFunc("DELETE /door/faults", get(s.doorClear))
	mux.HandleFunc("POST /door/sockets", post(s.doorSockets))
	mux.HandleFunc("/door/", func(w http.ResponseWriter, r *http.Request) {
		refuseDoor(w, http.StatusNotFound, errors.New("no such thing here"))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !sameMachine(r) {
			refuseDoor(w, http.StatusForbidden, errors.New("the door is for this machine only"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// sameMachine refuses other names for this host (DNS rebinding) and pages of other sites.
func sameMachine(r *http.Request) bool {
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

func refuseDoor(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

func answerDoor(w http.ResponseWriter, out any, err error) {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		refuseDoor(w, http.StatusRequestTimeout, err)
	case err != nil:
		refuseDoor(w, http.StatusUnprocessableEntity, err)
	default:
		writeJSON(w, http.StatusOK, out)
	}
}

// get calls f with the query. The context ends after the parameter wait, 0 without it.
func get(f func(context.Context, url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		wait := 10 * time.Millisecond
		if text := q.Get("wait"); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil || d < 0 || d > maxWait {
				refuseDoor(w, http.StatusBadRequest, fmt.Errorf("wait must be between 0s and %s", maxWait))
				return
			}
			wait = max(wait, d)
		}
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		out, err := f(ctx, q)
		answerDoor(w, out, err)
	}
}

// post calls f with the body. A page of another site cannot send this content type unasked.
func post[T any](f func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
			refuseDoor(w, http.StatusUnsupportedMediaType, errors.New("Content-Type must be application/json"))
			return
		}
		var in T
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			refuseDoor(w, http.StatusBadRequest, fmt.Errorf("read body: %w", err))
			return
		}
		out, err := f(r.Context(), in)
		answerDoor(w, out, err)
	}
}
