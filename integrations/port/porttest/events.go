package porttest

import (
	"net/url"
	"strings"

	"foghorn/integrations/emulator"
)

// selfAgent is how webhooks to Port's own API are known.
const selfAgent = "port"

// teller tells of the calls to the API.
func (s *Server) teller() emulator.Teller {
	return emulator.Teller{
		Name: "port",
		Who: func(c emulator.Call) (caller, text string) {
			text = c.Method + " " + c.Path
			if query, err := url.QueryUnescape(c.Query); err == nil && query != "" {
				text += "?" + query
			}
			if c.Header.Get("User-Agent") == selfAgent {
				return "port", text
			}
			return s.cfg.Caller, text
		},
		Secret: []string{"clientSecret", "accessToken", "secretValue"},
		Mask:   func(text string) string { return strings.ReplaceAll(s.maskText(text), s.ClientSecret, "********") },
	}
}
