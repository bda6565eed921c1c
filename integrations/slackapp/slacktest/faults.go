package slacktest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"foghorn/integrations/emulator"
)

// RateLimit makes the next calls of a method, such as "chat.postMessage", answer 429 with
// Retry-After, in whole seconds. Times 0 means until Clear.
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

// FailMethod makes the next calls of a method answer with an error word, such as
// "token_revoked", and do nothing. Times 0 means until Clear.
func (s *Server) FailMethod(method, word string, times int) {
	body, _ := json.Marshal(reply{"ok": false, "error": word})
	s.InjectFault(emulator.Fault{
		Path: "/api/" + method, Times: times, Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: string(body),
	})
}
