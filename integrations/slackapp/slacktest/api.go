package slacktest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// An Error is an error code of the Web API, such as not_in_channel.
type Error string

func (e Error) Error() string { return string(e) }

// Errors of Ack.Err.
const (
	ErrOperationTimeout Error = "operation_timeout" // no ack within AckTimeout
	ErrDispatchFailed   Error = "dispatch_failed"   // no connection is open
)

// reply is the JSON object of a response.
type reply map[string]any

// apiError is a response with ok false. details are additional properties of the object.
type apiError struct {
	code     Error
	details  reply
	problems []Problem // of an invalid view, message or list of blocks
}

func (r apiError) Error() string { return string(r.code) }

func newAPIError(word string, more reply) error { return apiError{code: Error(word), details: more} }

// A call is one request to a method, with its arguments.
type call struct {
	method string
	args   args
	token  string
	inBody bool // the token is in the body and not in the header
}

// A method of the Web API.
type method struct {
	appToken bool     // needs the app-level token; otherwise the bot token
	anyToken bool     // accepts both tokens
	scopes   []string // one of them is needed; empty means none is
	run      func(*Server, *call) (reply, error)
}

var methods = map[string]method{
	"api.test":              {run: func(*Server, *call) (reply, error) { return reply{}, nil }},
	"apps.connections.open": {appToken: true, run: (*Server).appsConnectionsOpen},
	"auth.test":             {anyToken: true, run: (*Server).authTest},
	"blocks.validate":       {run: (*Server).blocksValidate},
	"bots.info":             {scopes: []string{"users:read"}, run: (*Server).botsInfo},
	"chat.delete":           {scopes: []string{"chat:write"}, run: (*Server).chatDelete},
	"chat.getPermalink":     {run: (*Server).chatGetPermalink},
	"chat.postEphemeral":    {scopes: []string{"chat:write"}, run: (*Server).chatPostEphemeral},
	"chat.postMessage":      {scopes: []string{"chat:write"}, run: (*Server).chatPostMessage},
	"chat.update":           {scopes: []string{"chat:write"}, run: (*Server).chatUpdate},
	"conversations.history": {scopes: scopesByType("history"), run: (*Server).conversationsHistory},
	"conversations.info":    {scopes: scopesByType("read"), run: (*Server).conversationsInfo},
	"conversations.join":    {scopes: []string{"channels:join"}, run: (*Server).conversationsJoin},
	"conversations.list":    {scopes: scopesByType("read"), run: (*Server).conversationsList},
	"conversations.members": {scopes: scopesByType("read"), run: (*Server).conversationsMembers},
	"conversations.open":    {scopes: []string{"im:write", "mpim:write"}, run: (*Server).conversationsOpen},
	"conversations.replies": {scopes: scopesByType("history"), run: (*Server).conversationsReplies},
	"team.info":             {scopes: []string{"team:read"}, run: (*Server).teamInfo},
	"users.info":            {scopes: []string{"users:read"}, run: (*Server).usersInfo},
	"users.list":            {scopes: []string{"users:read"}, run: (*Server).usersList},
	"users.lookupByEmail":   {scopes: []string{"users:read.email"}, run: (*Server).usersLookupByEmail},
	"views.open":            {run: (*Server).viewsOpen},
	"views.publish":         {run: (*Server).viewsPublish},
	"views.push":            {run: (*Server).viewsPush},
	"views.update":          {run: (*Server).viewsUpdate},
}

// scopesByType returns the scopes of an operation, one for each type of conversation.
func scopesByType(of string) []string {
	return []string{"channels:" + of, "groups:" + of, "im:" + of, "mpim:" + of}
}

func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request, name string) {
	c, err := readCall(r, name)
	if err != nil {
		writeJSON(w, http.StatusOK, reply{"ok": false, "error": err.Error()})
		return
	}
	m, known := methods[name]
	if !known {
		writeJSON(w, http.StatusOK, reply{"ok": false, "error": "unknown_method", "req_method": name})
		return
	}
	s.mu.Lock()
	scopes := slices.Clone(s.scopes)
	s.mu.Unlock()
	if m.appToken {
		scopes = []string{"connections:write"}
		m.scopes = scopes
	}
	w.Header().Set("X-Slack-Req-Id", randomLetters(32))
	w.Header().Set("X-Oauth-Scopes", strings.Join(scopes, ","))
	w.Header().Set("X-Accepted-Oauth-Scopes", strings.Join(m.scopes, ","))
	out, err := reply(nil), s.authorize(c, m, scopes)
	if err == nil {
		out, err = m.run(s, c)
	}
	if err != nil {
		s.emit("slack", s.appLabel(), "refused", name+": "+err.Error(), nil)
		out = reply{"ok": false, "error": err.Error()}
		if no, ok := err.(apiError); ok {
			for k, v := range no.details {
				out[k] = v
			}
		}
	} else {
		out["ok"] = true
	}
	writeJSON(w, http.StatusOK, out)
}

// authorize checks the token and its scopes.
func (s *Server) authorize(c *call, m method, scopes []string) error {
	switch {
	case c.token == "":
		return Error("not_authed")
	case m.appToken && c.inBody:
		return Error("invalid_auth") // the app-level token must be in the header
	case c.token != s.BotToken && c.token != s.AppToken:
		return Error("invalid_auth")
	case !m.anyToken && m.appToken != (c.token == s.AppToken):
		return Error("not_allowed_token_type")
	}
	if len(m.scopes) == 0 || slices.ContainsFunc(m.scopes, func(x string) bool { return slices.Contains(scopes, x) }) {
		return nil
	}
	return newAPIError("missing_scope", reply{"needed": strings.Join(m.scopes, ","), "provided": strings.Join(scopes, ",")})
}

// readCall reads the arguments from the query and a JSON, urlencoded or multipart body.
func readCall(r *http.Request, name string) (*call, error) {
	c := &call{method: name, args: args{}}
	c.args.addForm(r.URL.Query())
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, Error("request_timeout")
		}
		if len(body) == 0 {
			break
		}
		var fields map[string]any
		if err := json.Unmarshal(body, &fields); err != nil {
			if json.Valid(body) {
				return nil, Error("json_not_object")
			}
			return nil, Error("invalid_json")
		}
		for k, v := range fields {
			c.args[k] = v
		}
	case kind == "multipart/form-data":
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			return nil, Error("invalid_form_data")
		}
		c.args.addForm(r.MultipartForm.Value)
		_ = r.MultipartForm.RemoveAll()
	case kind == "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, Error("invalid_form_data")
		}
		c.args.addForm(r.PostForm)
	}
	if h := r.Header.Get("Authorization"); h != "" {
		c.token = strings.TrimSpace(strings.TrimPrefix(h, "Bearer"))
	} else if c.token = c.args.stringArg("token"); c.token != "" {
		c.inBody = true
	}
	return c, nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false) // <@U1> stays readable
	_ = out.Encode(v)
}

// hasScopeLocked reports whether the bot token has a scope.
func (s *Server) hasScopeLocked(scope string) bool {
	for _, have := range s.scopes {
		if have == scope {
			return true
		}
	}
	return false
}
