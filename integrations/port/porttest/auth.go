package porttest

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The rate limit of all routes except those of entities and blueprints. The headers report it,
// but the emulator does not enforce it: to test a 429, plan a fault.
// https://docs.port.io/api-reference/rate-limits
const (
	rateLimitPeriod = 5 * time.Minute
	rateLimitCalls  = 15_000
)

// A rateWindow counts the calls of a period.
type rateWindow struct {
	expires time.Time
	calls   int
}

// RevokeTokens revokes the current access token.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// SetTokenLifetime revokes the current access token and sets the lifetime of later ones.
func (s *Server) SetTokenLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.tokenLifetime = "", d
}

// createAccessToken returns the current token until it expires, because Port has one at a time.
func (s *Server) createAccessToken(c call) (response, error) {
	in := convertJSON[struct{ ClientID, ClientSecret string }](c.body)
	if in.ClientID != s.ClientID || subtle.ConstantTimeCompare([]byte(in.ClientSecret), []byte(s.ClientSecret)) == 0 {
		return response{}, &apiError{
			status: http.StatusUnauthorized, code: "invalid_credentials", message: "Invalid client id or client secret",
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, expires := s.currentTokenLocked()
	return response{body: map[string]any{
		"accessToken": token, "expiresIn": int(time.Until(expires).Seconds()), "tokenType": "Bearer",
	}}, nil
}

// currentTokenLocked returns the current token and the time when it expires. It creates a token
// when there is none.
func (s *Server) currentTokenLocked() (string, time.Time) {
	if now := time.Now(); s.token == "" || now.After(s.tokenExpires) {
		s.tokenExpires = now.Add(s.tokenLifetime)
		s.token = s.newToken(now, s.tokenExpires)
	}
	return s.token, s.tokenExpires
}

// newToken returns a JSON Web Token, as Port's are.
func (s *Server) newToken(issued, expires time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Appendf(nil, `{"orgId":%q,"isMachine":true,"personalToken":false,"iat":%d,"exp":%d,"jti":%q}`,
		organizationID, issued.Unix(), expires.Unix(), randomHex(16))
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims) + "." + encode([]byte(randomHex(32)))
}

// authorize checks the token of a call. The prefix "Bearer" is optional, as it is with Port.
func (s *Server) authorize(r *http.Request) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == "" || token != s.token || time.Now().After(s.tokenExpires) {
		return &apiError{status: http.StatusUnauthorized, code: "unauthorized", message: "Unauthorized"}
	}
	return nil
}

func (s *Server) setRateLimitHeaders(h http.Header) {
	now := time.Now()
	s.mu.Lock()
	if now.After(s.window.expires) {
		s.window = rateWindow{expires: now.Add(rateLimitPeriod)}
	}
	s.window.calls++
	remaining, expires := max(rateLimitCalls-s.window.calls, 0), s.window.expires
	s.mu.Unlock()
	h.Set("X-Ratelimit-Period", strconv.Itoa(int(rateLimitPeriod.Seconds())))
	h.Set("X-Ratelimit-Limit", strconv.Itoa(rateLimitCalls))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(expires.Unix(), 10))
}
