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

// randomString is n characters out of set. Tokens and tickets are made of it, so that a stray
// page of the same machine cannot guess them.
func randomString(n int, set string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = set[int(b[i])%len(set)]
	}
	return string(b)
}

// newHash is a view's hash: it changes with every change of the view.
func newHash() string { return fmt.Sprintf("%d.%s", time.Now().Unix(), randomLetters(8)) }

// newTimestampLocked is the ts of a message, unique in the workspace.
func (w *workspace) newTimestampLocked() string {
	now := time.Now().UnixMicro()
	if now <= w.lastTS {
		now = w.lastTS + 1
	}
	w.lastTS = now
	return fmt.Sprintf("%d.%06d", now/1e6, now%1e6)
}
