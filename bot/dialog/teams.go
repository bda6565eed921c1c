package dialog

import (
	"context"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"

	"foghorn/integrations/port"
)

// teamsTTL is how long the list of teams is kept: for as long as a user types in a field.
const teamsTTL = 10 * time.Second

// A teamList caches the teams of Port's organization for seconds, because each key stroke in a team field asks for
// them.
type teamList struct {
	port  Port
	teams *cache.Cache // one entry
	reads singleflight.Group
}

func newTeamList(p Port) *teamList { return &teamList{port: p, teams: cache.New(teamsTTL, 0)} }

// list returns all teams. Simultaneous callers share one call.
func (l *teamList) list(ctx context.Context) ([]port.Team, error) {
	if teams, ok := l.teams.Get(""); ok {
		return teams.([]port.Team), nil
	}
	reading := l.reads.DoChan("", func() (any, error) {
		teams, err := l.port.ListTeams(context.WithoutCancel(ctx)) // others may wait for it
		if err == nil {
			l.teams.SetDefault("", teams)
		}
		return teams, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-reading:
		return result.Val.([]port.Team), result.Err
	}
}
