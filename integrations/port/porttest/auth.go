package porttest

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The rate limit of all routes but those of entities and blueprints. It is told, not enforced:
// a 429 is a fault to Plan.
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

// setRateLimitHeaders puts the headers of the rate limit into h.
func (s *Server) setRateLimitHeaders(h http.Header) {
	now := time.Now()
	s.mu.Lock()
	if now.After(s.window.expires) {
		s.window = rateWindow{expires: now.Add(rateLimitPeriod)}
	}
	s.window.calls++
	left, ends := max(rateLimitCalls-s.window.calls, 0), s.window.expires
	s.mu.Unlock()
	h.Set("X-Ratelimit-Period", strconv.Itoa(int(rateLimitPeriod.Seconds())))
	h.Set("X-Ratelimit-Limit", strconv.Itoa(rateLimitCalls))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(ends.Unix(), 10))
}

// RevokeTokens makes the token that was given out worthless.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// SetTokenLifetime is how long tokens given out from now on are good for. The one that was
// given out is revoked.
func (s *Server) SetTokenLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.tokenLifetime = "", d
}

// currentTokenLocked is the token there is, and when it ends. The caller holds the lock.
func (s *Server) currentTokenLocked() (string, time.Time) {
	if s.token == "" || time.Now().After(s.tokenExpires) {
		s.token, s.tokenExpires = "ey"+randomHex(62), time.Now().Add(s.tokenLifetime)
	}
	return s.token, s.tokenExpires
}

// createAccessToken gives the token there is until it ends: Port has one at a time.
func (s *Server) createAccessToken(r *http.Request) (response, error) {
	var in struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
	}
	if err := decodeBody(r, "credentials", &in); err != nil {
		return response{}, err
	}
	if in.ClientID != s.ClientID || subtle.ConstantTimeCompare([]byte(in.ClientSecret), []byte(s.ClientSecret)) == 0 {
		return response{}, &apiError{status: http.StatusUnauthorized, code: "invalid_credentials", message: "Invalid client id or client secret"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ends := s.currentTokenLocked()
	return response{body: map[string]any{"accessToken": token, "expiresIn": int(time.Until(ends).Seconds()), "tokenType": "Bearer"}}, nil
}

// authorize wants the token, with or without the word Bearer before it.
func (s *Server) authorize(r *http.Request) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == "" || token != s.token || time.Now().After(s.tokenExpires) {
		return &apiError{status: http.StatusUnauthorized, code: "unauthorized", message: "Unauthorized"}
	}
	return nil
}
