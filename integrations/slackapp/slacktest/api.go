package slacktest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"foghorn/integrations/emulator"
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

	noCharset bool // a JSON body whose Content-Type has no charset
}

// A method of the Web API.
type method struct {
	token  tokenKind
	scopes []string                            // one of them is needed; empty means none is
	args   string                              // see args.convert
	run    func(*Server, *call) (reply, error) // called with Server.mu held
}

// tokenKind is the token that a method needs.
type tokenKind int

const (
	botToken tokenKind = iota
	appToken
	eitherToken
	noToken
)

// Arguments of several methods. Slack ignores team_id with the token of a workspace, and as_user with that of a bot;
// link_names has an effect on user groups only, of which the workspace has none.
const (
	pageArgs    = "limit:int cursor "
	rangeArgs   = "channel oldest latest inclusive:bool include_all_metadata:bool "
	contentArgs = "channel text blocks:json attachments:json markdown_text link_names:bool parse=none "
	authorArgs  = "username icon_emoji icon_url "
)

var methods = map[string]method{
	"api.test":              {token: noToken, args: "error", run: (*Server).apiTest},
	"apps.connections.open": {token: appToken, run: (*Server).appsConnectionsOpen},
	"auth.test":             {token: eitherToken, run: (*Server).authTest},
	"blocks.validate":       {args: "blocks:json view:json message:json", run: (*Server).blocksValidate},
	"bots.info":             {scopes: []string{"users:read"}, args: "bot", run: (*Server).botsInfo},
	"chat.delete":           {scopes: []string{"chat:write"}, args: "channel ts", run: (*Server).chatDelete},
	"chat.getPermalink":     {args: "channel message_ts", run: (*Server).chatGetPermalink},
	"chat.postEphemeral":    {scopes: []string{"chat:write"}, args: contentArgs + authorArgs + "user thread_ts", run: (*Server).chatPostEphemeral},
	"chat.postMessage": {scopes: []string{"chat:write"}, args: contentArgs + authorArgs +
		"metadata:json thread_ts reply_broadcast:bool unfurl_links:bool unfurl_media:bool mrkdwn=true|1", run: (*Server).chatPostMessage},
	"chat.update": {scopes: []string{"chat:write"}, args: contentArgs + "ts metadata:json reply_broadcast=false|0 file_ids=", run: (*Server).chatUpdate},

	"conversations.history": {scopes: scopesByType("history"), args: rangeArgs + pageArgs, run: (*Server).conversationsHistory},
	"conversations.info":    {scopes: scopesByType("read"), args: "channel include_num_members:bool include_locale:bool", run: (*Server).conversationsInfo},
	"conversations.join":    {scopes: []string{"channels:join"}, args: "channel", run: (*Server).conversationsJoin},
	"conversations.list":    {scopes: scopesByType("read"), args: pageArgs + "exclude_archived:bool types", run: (*Server).conversationsList},
	"conversations.members": {scopes: scopesByType("read"), args: pageArgs + "channel", run: (*Server).conversationsMembers},
	"conversations.open": {scopes: []string{"im:write", "mpim:write"}, args: "channel users return_im:bool prevent_creation=false|0",
		run: (*Server).conversationsOpen},
	"conversations.replies": {scopes: scopesByType("history"), args: rangeArgs + pageArgs + "ts", run: (*Server).conversationsReplies},
	"team.info":             {scopes: []string{"team:read"}, args: "team domain", run: (*Server).teamInfo},
	"users.info":            {scopes: []string{"users:read"}, args: "user include_locale:bool", run: (*Server).usersInfo},
	"users.list":            {scopes: []string{"users:read"}, args: pageArgs + "include_locale:bool", run: (*Server).usersList},
	"users.lookupByEmail":   {scopes: []string{"users:read.email"}, args: "email", run: (*Server).usersLookupByEmail},
	"views.open":            {args: "view:json trigger_id interactivity_pointer", run: (*Server).viewsOpen},
	"views.publish":         {args: "view:json user_id hash", run: (*Server).viewsPublish},
	"views.push":            {args: "view:json trigger_id interactivity_pointer", run: (*Server).viewsPush},
	"views.update":          {args: "view:json view_id external_id hash", run: (*Server).viewsUpdate},
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
		emulator.RefuseUnmodeled(r, "method")
		s.emit("slack", s.appLabel(), "refused", name+": unknown_method", nil)
		writeJSON(w, http.StatusOK, reply{"ok": false, "error": "unknown_method", "req_method": name})
		return
	}
	var scopes []string
	s.locked(func() { scopes = slices.Clone(s.scopes) })
	if m.token == appToken {
		scopes = []string{"connections:write"}
		m.scopes = scopes
	}
	w.Header().Set("X-Slack-Req-Id", randomLetters(32))
	w.Header().Set("X-Oauth-Scopes", strings.Join(scopes, ","))
	w.Header().Set("X-Accepted-Oauth-Scopes", strings.Join(m.scopes, ","))
	out, err := reply(nil), s.authorize(c, m, scopes)
	if err == nil {
		err = c.args.convert(m.args)
		if invalid, ok := err.(apiError); ok && slices.ContainsFunc(invalid.problems, func(p Problem) bool { return strings.HasPrefix(p.Message, absentArgument) }) {
			emulator.RefuseUnmodeled(r, "arguments")
		}
	}
	if err == nil {
		s.locked(func() { out, err = m.run(s, c) })
	}
	if err != nil {
		s.emit("slack", s.appLabel(), "refused", name+": "+err.Error(), nil)
		out = errorReply(err)
	} else {
		out["ok"] = true
	}
	if c.noCharset {
		addWarning(out, "missing_charset")
	}
	writeJSON(w, http.StatusOK, out)
}

// errorReply returns the response for an error.
func errorReply(err error) reply {
	out := reply{"ok": false, "error": err.Error()}
	if no, ok := err.(apiError); ok {
		maps.Copy(out, no.details)
	}
	return out
}

// addWarning adds a warning to a response.
// https://docs.slack.dev/apis/web-api#responses
func addWarning(out reply, word string) {
	meta, _ := out["response_metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	warnings, _ := meta["warnings"].([]string)
	meta["warnings"] = append(warnings, word)
	out["warning"], out["response_metadata"] = strings.Join(meta["warnings"].([]string), ","), meta
}

// authorize checks the token and its scopes.
func (s *Server) authorize(c *call, m method, scopes []string) error {
	switch {
	case m.token == noToken:
		return nil
	case c.token == "":
		return Error("not_authed")
	case m.token == appToken && c.inBody:
		return Error("invalid_auth") // the app-level token must be in the header
	case c.token != s.BotToken && c.token != s.AppToken:
		return Error("invalid_auth")
	case m.token != eitherToken && (m.token == appToken) != (c.token == s.AppToken):
		return Error("not_allowed_token_type")
	}
	if len(m.scopes) == 0 || slices.ContainsFunc(m.scopes, func(x string) bool { return slices.Contains(scopes, x) }) {
		return nil
	}
	return missingScope(scopes, m.scopes...)
}

func missingScope(have []string, needed ...string) error {
	return newAPIError("missing_scope", reply{"needed": strings.Join(needed, ","), "provided": strings.Join(have, ",")})
}

// apiTest echoes its arguments.
// https://docs.slack.dev/reference/methods/api.test
func (s *Server) apiTest(c *call) (reply, error) {
	echo := maps.Clone(c.args)
	delete(echo, "token")
	if word := c.args.stringArg("error"); word != "" {
		return nil, newAPIError(word, reply{"args": echo})
	}
	if len(echo) == 0 {
		return reply{}, nil
	}
	return reply{"args": echo}, nil
}

// readCall reads the arguments from the query and a JSON, urlencoded or multipart body. An argument that is given twice is
// an error.
func readCall(r *http.Request, name string) (*call, error) {
	c := &call{method: name, args: args{}}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !c.args.addForm(query) {
		return nil, Error("invalid_form_data")
	}
	if err := c.readBody(r); err != nil {
		return nil, err
	}
	if h := r.Header.Get("Authorization"); h != "" {
		c.token = strings.TrimSpace(strings.TrimPrefix(h, "Bearer"))
	} else if c.token = c.args.stringArg("token"); c.token != "" {
		c.inBody = true
	}
	return c, nil
}

// readBody reads the arguments of a body.
// https://docs.slack.dev/reference/methods/api.test#errors
func (c *call) readBody(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Error("request_timeout")
	}
	kind, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if c.noCharset = kind == "application/json" && options["charset"] == ""; len(body) == 0 {
		return nil
	}
	var form url.Values
	switch kind {
	case "application/json":
		fields, err := decodeObject(body)
		if err != nil {
			return err
		}
		if !c.args.add(fields) {
			return Error("invalid_form_data")
		}
	case "multipart/form-data":
		form, err = parseMultipart(body, options["boundary"])
	case "application/x-www-form-urlencoded":
		form, err = url.ParseQuery(string(body))
	case "":
		return Error("missing_post_type")
	default:
		return Error("invalid_post_type")
	}
	if err != nil || !c.args.addForm(form) {
		return Error("invalid_form_data")
	}
	return nil
}

// parseMultipart returns the fields of a multipart body, which must be complete and without files.
func parseMultipart(body []byte, boundary string) (url.Values, error) {
	parts, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(emulator.MaxBody)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(bytes.TrimSpace(body), []byte("--"+boundary+"--")) || len(parts.File) > 0 {
		return nil, Error("invalid_form_data")
	}
	return parts.Value, nil
}

// decodeJSON decodes a text, which must be UTF-8 in which no object has a name twice.
func decodeJSON(text []byte) (v any, err error) {
	if !jsontext.Value(text).IsValid() {
		return nil, Error("invalid_json")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // a number comes back as the app wrote it
	return v, d.Decode(&v)
}

// decodeObject is decodeJSON for an object.
func decodeObject(text []byte) (args, error) {
	v, err := decodeJSON(text)
	if err != nil {
		return nil, err
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, Error("json_not_object")
	}
	return o, nil
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
	return slices.Contains(s.scopes, scope)
}
