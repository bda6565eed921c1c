package slacktest

import (
	"fmt"
	"regexp"
	"strings"

	"foghorn/integrations/emulator"
)

// emit tells whoever watches.
func (s *Server) emit(from, to, kind, text string, body any) {
	s.emitEvent(emulator.Event{From: from, To: to, Kind: kind, Text: text, Body: body})
}

// emitVerbose is tell for what only those hear who want all of it.
func (s *Server) emitVerbose(from, to, kind, text string, body any) {
	s.emitEvent(emulator.Event{From: from, To: to, Kind: kind, Text: text, Body: body, Verbose: true})
}

func (s *Server) emitEvent(e emulator.Event) {
	if s.Server == nil {
		return // nobody can watch
	}
	s.Emit(e)
}

// secretURL matches what lets its holder act: the address of a socket, and response_urls.
var secretURL = regexp.MustCompile(`(/link/\?|/(?:commands|actions)/T\w+/)(?:[^"\\\s]|\\u0026)+`)

// newDescriber tells of the calls to the API and to response_urls, which are secrets. The door
// and the sockets are no calls.
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

// emitConnectionsLocked tells how many sockets are open after one came or went.
func (s *Server) emitConnectionsLocked(what string) {
	s.emitVerbose(s.appLabel(), "slack", "socket", fmt.Sprintf("%s; %d open", what, len(s.open)), nil)
}
