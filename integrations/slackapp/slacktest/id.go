package slacktest

import (
	"crypto/rand"
	"fmt"
	"time"
)

const (
	digitSet  = "0123456789"
	upperSet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	letterSet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

func randomDigits(n int) string  { return randomString(n, digitSet) }
func randomUpper(n int) string   { return randomString(n, upperSet) }
func randomLetters(n int) string { return randomString(n, letterSet) }

// randomString returns n characters of set. It is used for tokens and tickets, which a web page on the
// same machine must not guess.
func randomString(n int, set string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = set[int(b[i])%len(set)]
	}
	return string(b)
}

// newHash returns the hash of a view. It changes with every update.
func newHash() string { return fmt.Sprintf("%d.%s", time.Now().Unix(), randomLetters(8)) }

// newTimestampLocked returns a ts that is unique in the workspace.
func (s *Server) newTimestampLocked() string {
	now := s.Clock.Now().UnixMicro()
	if now <= s.lastTS {
		now = s.lastTS + 1
	}
	s.lastTS = now
	return fmt.Sprintf("%d.%06d", now/1e6, now%1e6)
}
