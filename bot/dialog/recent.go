package dialog

import (
	"context"
	"slices"
	"time"
)

const (
	// maxRecent is how many of the last requests of a user say which actions are offered first.
	maxRecent = 10

	// recentWait bounds the wait for them. The order of a list is no reason to answer late.
	recentWait = 300 * time.Millisecond
)

// readRecent reads the actions that a user ran last, the latest first.
func readRecent(s Store) func(ctx context.Context, userID string) ([]string, error) {
	return func(ctx context.Context, userID string) (actions []string, err error) {
		open, err := s.ListOpen(ctx, userID, maxRecent)
		if err != nil {
			return nil, err
		}
		ended, err := s.ListEnded(ctx, userID, maxRecent)
		if err != nil {
			return nil, err
		}
		for _, r := range slices.Concat(open, ended) {
			if !slices.Contains(actions, r.Action) {
				actions = append(actions, r.Action)
			}
		}
		return actions, nil
	}
}

// recentActions are the actions that a user ran last, if they are known in time.
func (d *Dialog) recentActions(ctx context.Context, userID string) []string {
	ctx, cancel := context.WithTimeout(ctx, recentWait)
	defer cancel()
	actions, err := d.recent.get(ctx, userID)
	if err != nil {
		d.log(ctx).WithError(err).Debug("failed to read the last requests of a user")
	}
	return actions
}
