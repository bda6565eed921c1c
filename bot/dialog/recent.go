package dialog

import (
	"slices"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
)

const (
	maxRecent      = 10   // actions of a user
	maxRecentUsers = 5000 // of whom they are kept
	recentTTL      = 30 * 24 * time.Hour
)

// recentActions remembers which actions people ran last, to offer these first.
type recentActions struct {
	mu     sync.Mutex
	byUser *cache.Cache // user id -> []string, which is not changed
}

func newRecentActions() *recentActions { return &recentActions{byUser: cache.New(recentTTL, 0)} }

// of are the actions that a user ran last, the latest first.
func (r *recentActions) of(userID string) []string {
	actions, _ := r.byUser.Get(userID)
	list, _ := actions.([]string)
	return list
}

func (r *recentActions) add(userID, action string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.of(userID)
	if before == nil && r.byUser.ItemCount() >= maxRecentUsers {
		r.byUser.Flush()
	}
	after := append([]string{action}, slices.DeleteFunc(slices.Clone(before), func(a string) bool { return a == action })...)
	r.byUser.SetDefault(userID, after[:min(len(after), maxRecent)])
}
