package slacktest

import (
	"fmt"
	"regexp"
	"strings"

	"foghorn/integrations/emulator"
)

// tell tells whoever watches.
func (s *Server) tell(from, to, kind, text string, body any) {
	s.emit(emulator.Event{From: from, To: to, Kind: kind, Text: text, Body: body})
}

// detail is tell for what only those hear who want all of it.
func (s *Server) detail(from, to, kind, text string, body any) {
	s.emit(emulator.Event{From: from, To: to, Kind: kind, Text: text, Body: body, Verbose: true})
}

func (s *Server) emit(e emulator.Event) {
	if s.Server == nil {
		return // nobody can watch
	}
	s.Emit(e)
}

// secretAddress matches what lets its holder act: the address of a socket, and response_urls.
var secretAddress = regexp.MustCompile(`(/link/\?|/(?:commands|actions)/T\w+/)(?:[^"\\\s]|\\u0026)+`)

// teller tells of the calls to the API and to response_urls, which are secrets. The door
// and the sockets are no calls.
func (s *Server) teller() emulator.CallDescriber {
	return emulator.CallDescriber{
		Name: "slack",
		Describe: func(c emulator.Call) (caller, text string) {
			if method, ok := strings.CutPrefix(c.Path, "/api/"); ok {
				return s.app(), method
			}
			if strings.HasPrefix(c.Path, "/commands/") || strings.HasPrefix(c.Path, "/actions/") {
				return s.app(), "response_url"
			}
			return "", ""
		},
		SecretKeys: []string{"token", "trigger_id", "interactivity_pointer", "response_url"},
		Mask: func(text string) string {
			return secretAddress.ReplaceAllString(strings.NewReplacer(s.BotToken, "•••", s.AppToken, "•••").Replace(text), "$1•••")
		},
	}
}

// toldSockets tells how many sockets are open after one came or went. s.mu is held.
func (s *Server) toldSockets(what string) {
	s.detail(s.app(), "slack", "socket", fmt.Sprintf("%s; %d open", what, len(s.open)), nil)
}
