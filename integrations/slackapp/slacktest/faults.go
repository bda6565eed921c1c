package slacktest

import (
	"net/http"
	"strconv"
	"time"

	"foghorn/integrations/emulator"
)

// Settings are faults, and other things that Slack does at times. The zero value is what Slack does most of the time.
type Settings struct {
	EnterpriseID string // of the Enterprise organization of the workspace; "" means none

	// RefuseReason is the reason of a disconnect frame that every new connection receives after hello; "" for none.
	RefuseReason string

	// HalfOpen makes connections half-open: they stay open, but pings and envelopes are discarded, while Slack assumes
	// that they are delivered. New connections receive hello.
	HalfOpen bool

	NoPings    bool
	Duplicates int // how many additional times an envelope arrives

	// Redeliver makes each new connection receive the envelopes that were not acknowledged. Slack was observed to do so.
	// https://docs.slack.dev/apis/events-api/using-socket-mode
	Redeliver bool

	// HistoryLimit is the maximum number of messages that conversations.history and conversations.replies return at a
	// time, whatever limit the app asks for. Slack has such a limit, 15, for apps that are distributed outside its
	// Marketplace. 0 means no limit.
	// https://docs.slack.dev/reference/methods/conversations.history
	HistoryLimit int

	// Slack leaves parts out of view.state that apps expect there, and so does the emulator. True includes
	// them: in block_suggestion, which has no state at all, and the initial values that the user has not
	// touched since the view was opened or updated.
	// https://github.com/slackapi/java-slack-sdk/issues/1292
	// https://github.com/slackapi/bolt-js/issues/1073
	SuggestionState, UntouchedState bool

	// StaleStates is how many submissions and changes of modals carry the state of the blocks that the modal had before
	// the app replaced them. Modals whose blocks were not replaced count for none.
	// https://github.com/slackapi/bolt-js/issues/625
	StaleStates int
}

// maxDuplicates is the maximum of Settings.Duplicates in the control API.
const maxDuplicates = 10

// Set changes the settings.
func (s *Server) Set(change func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
}

// RateLimit makes the next calls of a method, such as "chat.postMessage", fail with status 429 and
// Retry-After in whole seconds. Times 0 means until ClearFaults.
// https://docs.slack.dev/apis/web-api/rate-limits
func (s *Server) RateLimit(method string, retryAfter time.Duration, times int) {
	s.failMethod(method, "ratelimited", times, http.StatusTooManyRequests, http.Header{
		"Retry-After": {strconv.Itoa(int((retryAfter + time.Second - 1) / time.Second))},
	})
}

// FailMethod makes the next calls of a method fail with an error code, such as "token_revoked". Times
// 0 means until ClearFaults.
func (s *Server) FailMethod(method, word string, times int) {
	s.failMethod(method, word, times, http.StatusOK, http.Header{})
}

func (s *Server) failMethod(method, word string, times, status int, header http.Header) {
	header.Set("Content-Type", "application/json; charset=utf-8")
	body := string(marshalJSON(reply{"ok": false, "error": word}))
	s.InjectFault(emulator.Fault{Path: "/api/" + method, Times: times, Status: status, Header: header, Body: body})
}
