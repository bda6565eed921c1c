package slacktest

import (
	"fmt"
	"regexp"
	"strings"

	"foghorn/integrations/emulator"
)

// emit sends an event to the subscribers.
func (s *Server) emit(from, to, kind, text string, body any) {
	if s.Server != nil { // there are no subscribers before the start
		s.Emit(emulator.Event{From: from, To: to, Kind: kind, Text: text, Body: body})
	}
}

// emitVerbose sends a verbose event.
func (s *Server) emitVerbose(from, to, kind, text string, body any) {
	if s.Server != nil {
		s.Emit(emulator.Event{From: from, To: to, Kind: kind, Text: text, Body: body, Verbose: true})
	}
}

// secretURL matches the addresses that authorize their holder: those of connections, and
// response_urls.
var secretURL = regexp.MustCompile(`(/link/\?|/(?:commands|actions)/T\w+/)(?:[^"\\\s]|\\u0026)+`)

// newDescriber describes the calls of API methods and response_urls. Other requests are not calls.
func (s *Server) newDescriber() emulator.CallDescriber {
	return emulator.CallDescriber{
		Name: "slack",
		Describe: func(c emulator.Call) (caller, text string) {
			if method, ok := strings.CutPrefix(c.Path, "/api/"); ok {
				return s.appLabel(), method
			}
			if strings.HasPrefix(c.Path, "/commands/") || strings.HasPrefix(c.Path, "/actions/") {
				return s.appLabel(), "response_url"
			}
			return "", ""
		},
		SecretKeys: []string{"token", "trigger_id", "interactivity_pointer", "response_url"},
		Mask: func(text string) string {
			return secretURL.ReplaceAllString(strings.NewReplacer(s.BotToken, "•••", s.AppToken, "•••").Replace(text), "$1•••")
		},
	}
}

// emitConnectionsLocked emits the number of open connections after a change.
func (s *Server) emitConnectionsLocked(what string) {
	s.emitVerbose(s.appLabel(), "slack", "socket", fmt.Sprintf("%s; %d open", what, len(s.open)), nil)
}
