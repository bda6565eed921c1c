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

func digits(n int) string  { return random(n, digitSet) }
func upper(n int) string   { return random(n, upperSet) }
func letters(n int) string { return random(n, letterSet) }

// random is n characters out of set. Tokens and tickets are made of it, so that a stray
// page of the same machine cannot guess them.
func random(n int, set string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = set[int(b[i])%len(set)]
	}
	return string(b)
}

// newHash is a view's hash: it changes with every change of the view.
func newHash() string { return fmt.Sprintf("%d.%s", time.Now().Unix(), letters(8)) }

// newTS is the ts of a message, unique in the workspace. s.mu is held.
func (w *workspace) newTS() string {
	now := time.Now().UnixMicro()
	if now <= w.lastTS {
		now = w.lastTS + 1
	}
	w.lastTS = now
	return fmt.Sprintf("%d.%06d", now/1e6, now%1e6)
}
