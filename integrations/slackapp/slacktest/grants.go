package slacktest

import (
	"io"
	"maps"
	"net/http"
	"time"
)

// A grant lets the app do something for a user: a trigger opens one view, and a response_url accepts some messages.
type grant struct {
	user, channel string
	ts            string // of the message that contained a response_url; "" for none
	createdAt     time.Time
	uses          int
}

// newTriggerLocked returns a new trigger_id for a user.
func (s *Server) newTriggerLocked(user string) string {
	id := randomDigits(12) + "." + randomDigits(12) + "." + randomLetters(32)
	s.grants.put(id, &grant{user: user, createdAt: time.Now()})
	return id
}

// useTriggerLocked returns a trigger that is still valid.
func (s *Server) useTriggerLocked(id string) (*grant, error) {
	t := s.grants.values[id]
	switch {
	case t == nil || t.channel != "":
		return nil, Error("invalid_trigger_id")
	case t.uses > 0:
		return nil, Error("exchanged_trigger_id")
	case time.Since(t.createdAt) > s.cfg.TriggerLife:
		return nil, Error("expired_trigger_id")
	}
	return t, nil
}

// A response_url accepts MaxResponses messages within ResponseLife.
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
const (
	MaxResponses = 5
	ResponseLife = 30 * time.Minute
)

// newResponseURLLocked returns a new response_url, to which the app can post without a token.
func (s *Server) newResponseURLLocked(kind, user, channel, ts string) string {
	path := "/" + kind + "/" + s.TeamID + "/" + randomDigits(13) + "/" + randomLetters(24)
	s.grants.put(path, &grant{user: user, channel: channel, ts: ts, createdAt: time.Now()})
	return s.Server.URL + path
}

func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(r.Body)
	a, wrong := decodeObject(body)
	if err != nil || wrong != nil {
		writeJSON(w, http.StatusBadRequest, reply{"ok": false, "error": "invalid_payload"})
		return
	}
	if err := a.convert(responseArgs); err != nil {
		writeJSON(w, http.StatusOK, errorReply(err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.grants.values[r.URL.Path]
	switch {
	case u == nil, time.Since(u.createdAt) > ResponseLife:
		writeJSON(w, http.StatusNotFound, reply{"ok": false, "error": "expired_url"})
		return
	case u.uses >= MaxResponses:
		writeJSON(w, http.StatusNotFound, reply{"ok": false, "error": "used_url"})
		return
	}
	u.uses++
	if err := s.applyResponseLocked(u, a, "response_url"); err != nil {
		writeJSON(w, http.StatusOK, errorReply(err))
		return
	}
	writeJSON(w, http.StatusOK, reply{"ok": true})
}

// applyResponseLocked posts, replaces or deletes a message, as the body of a response_url or the ack
// of a command says.
func (s *Server) applyResponseLocked(u *grant, a args, via string) error {
	original := s.findVisibleLocked(u.channel, u.ts, u.user)
	if a.boolArg("delete_original") {
		if original != nil {
			s.deleteMessageLocked(original)
		}
		return nil
	}
	m, err := readResponse(a)
	if err != nil {
		return err
	}
	if s.userLocked(u.user) == nil { // removed by Reset
		return Error("user_not_found")
	}
	m.Channel, m.Via, m.ThreadTS, m.Username, m.Icon = u.channel, via, a.stringArg("thread_ts"), "", ""
	m.Broadcast = m.ThreadTS != "" && a.boolArg("reply_broadcast")
	if a.boolArg("replace_original") && original != nil {
		if !original.Ephemeral {
			s.editMessageLocked(original, m, m.Blocks == nil && m.Attachments == nil)
			return nil
		}
		s.deleteMessageLocked(original)
	}
	ch := s.channelLocked(u.channel)
	switch {
	case ch == nil:
		return Error("channel_not_found")
	case ch.Archived:
		return Error("is_archived")
	case a.stringArg("response_type") == "in_channel":
		_, err := s.postMessageLocked(ch, m)
		return err
	}
	s.postEphemeralLocked(u.user, m)
	return nil
}

// responseArgs are the properties of a response, see args.convert.
const responseArgs = "text blocks:json attachments:json markdown_text thread_ts reply_broadcast:bool response_type replace_original:bool " +
	"delete_original:bool unfurl_links:bool unfurl_media:bool parse=none mrkdwn=true|1"

// readResponse reads a message from a response. Unlike readMessage, it ignores metadata.
func readResponse(a args) (Message, error) {
	content := maps.Clone(a)
	delete(content, "metadata")
	m, err := readMessage(content)
	m.UnfurlLinks, m.UnfurlMedia = a.boolArg("unfurl_links"), a.boolArg("unfurl_media")
	if err == nil && m.isEmpty() {
		err = Error("no_text")
	}
	return m, err
}

// maxGrants is the number of grants that are stored. Beyond it, the oldest are removed.
const maxGrants = 20_000

// grants are stored by trigger_id, and by the path of a response_url.
type grants struct {
	values map[string]*grant
	order  []string // oldest first
}

func (g *grants) put(name string, v *grant) {
	if len(g.order) == maxGrants {
		for _, old := range g.order[:maxGrants/10] {
			delete(g.values, old)
		}
		g.order = append(g.order[:0], g.order[maxGrants/10:]...)
	}
	g.values[name] = v
	g.order = append(g.order, name)
}
