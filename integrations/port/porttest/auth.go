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
	ratePeriod = 5 * time.Minute
	rateLimit  = 15_000
)

// A window counts the calls of a period.
type window struct {
	ends  time.Time
	calls int
}

// limits puts the headers of the rate limit into h.
func (s *Server) limits(h http.Header) {
	now := time.Now()
	s.mu.Lock()
	if now.After(s.window.ends) {
		s.window = window{ends: now.Add(ratePeriod)}
	}
	s.window.calls++
	left, ends := max(rateLimit-s.window.calls, 0), s.window.ends
	s.mu.Unlock()
	h.Set("X-Ratelimit-Period", strconv.Itoa(int(ratePeriod.Seconds())))
	h.Set("X-Ratelimit-Limit", strconv.Itoa(rateLimit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(ends.Unix(), 10))
}

// RevokeTokens makes the token that was given out worthless.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// SetTokenLife is how long tokens given out from now on are good for. The one that was
// given out is revoked.
func (s *Server) SetTokenLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.tokenLife = "", d
}

// ownToken is the token there is, and when it ends. The caller holds the lock.
func (s *Server) ownToken() (string, time.Time) {
	if s.token == "" || time.Now().After(s.tokenEnds) {
		s.token, s.tokenEnds = "ey"+random(62), time.Now().Add(s.tokenLife)
	}
	return s.token, s.tokenEnds
}

// accessToken gives the token there is until it ends: Port has one at a time.
func (s *Server) accessToken(r *http.Request) (answer, error) {
	var in struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
	}
	if err := decode(r, "credentials", &in); err != nil {
		return answer{}, err
	}
	if in.ClientID != s.ClientID || subtle.ConstantTimeCompare([]byte(in.ClientSecret), []byte(s.ClientSecret)) == 0 {
		return answer{}, &refusal{status: http.StatusUnauthorized, code: "invalid_credentials", message: "Invalid client id or client secret"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ends := s.ownToken()
	return answer{body: map[string]any{"accessToken": token, "expiresIn": int(time.Until(ends).Seconds()), "tokenType": "Bearer"}}, nil
}

// authorize wants the token, with or without the word Bearer before it.
func (s *Server) authorize(r *http.Request) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == "" || token != s.token || time.Now().After(s.tokenEnds) {
		return &refusal{status: http.StatusUnauthorized, code: "unauthorized", message: "Unauthorized"}
	}
	return nil
}
