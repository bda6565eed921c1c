package slacktest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"foghorn/integrations/emulator"
)

// RateLimit makes the next calls of a method, such as "chat.postMessage", fail with status 429 and
// Retry-After in whole seconds. Times 0 means until ClearFaults.
// https://docs.slack.dev/apis/web-api/rate-limits
func (s *Server) RateLimit(method string, retryAfter time.Duration, times int) {
	s.InjectFault(emulator.Fault{
		Path: "/api/" + method, Times: times, Status: http.StatusTooManyRequests,
		Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"},
			"Retry-After":  {strconv.Itoa(int((retryAfter + time.Second - 1) / time.Second))},
		},
		Body: `{"ok":false,"error":"ratelimited"}`,
	})
}

// SendStaleState makes the next n submissions and changes of modals carry the state of the blocks that the modal had
// before the app replaced them. Modals whose blocks were not replaced count for none.
// https://github.com/slackapi/bolt-js/issues/625
func (s *Server) SendStaleState(n int) { s.locked(func() { s.staleStates = n }) }

// FailMethod makes the next calls of a method fail with an error code, such as "token_revoked". Times
// 0 means until ClearFaults.
func (s *Server) FailMethod(method, word string, times int) {
	body, _ := json.Marshal(reply{"ok": false, "error": word})
	s.InjectFault(emulator.Fault{
		Path: "/api/" + method, Times: times, Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: string(body),
	})
}

// LimitHistory makes conversations.history and conversations.replies return at most n messages at a time, whatever limit
// the app asks for. Slack does so, with n = 15, for apps that are distributed outside its Marketplace. 0 means no limit.
// https://docs.slack.dev/reference/methods/conversations.history
func (s *Server) LimitHistory(n int) { s.locked(func() { s.historyLimit = n }) }
