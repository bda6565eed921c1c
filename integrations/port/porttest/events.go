package porttest

import (
	"net/url"
	"strings"

	"foghorn/integrations/emulator"
)

// selfUserAgent is the User-Agent of webhooks to Port's own API.
const selfUserAgent = "port"

// eventSource describes the calls to the API as events.
func (s *Server) eventSource() emulator.Teller {
	return emulator.Teller{
		Name: "port",
		Who: func(c emulator.Call) (caller, text string) {
			text = c.Method + " " + c.Path
			if query, err := url.QueryUnescape(c.Query); err == nil && query != "" {
				text += "?" + query
			}
			if c.Header.Get("User-Agent") == selfUserAgent {
				return "port", text
			}
			return s.cfg.ClientName, text
		},
		Secret: []string{"clientSecret", "accessToken", "secretValue"},
		Mask: func(text string) string {
			return strings.ReplaceAll(s.maskSecretsInText(text), s.ClientSecret, maskText)
		},
	}
}
