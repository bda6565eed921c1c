// Package identity decides who may run an action, and finds out who a Slack user is in Port.
//
// It is the only place that decides, for the forms (package dialog) and for the runs (package workflow):
//
//	authorize.go    who may run an action: first what Slack knows, then what Port permits
//	offer.go        which of many actions a user may choose
//	member.go       whether a Slack user is a confirmed member of this workspace or of its Enterprise organization
//	permissions.go  the action's permissions
//	portuser.go     the user of Port with the e-mail address of a Slack user
//	denial.go       the reasons, as people read them
//	user.go         a user in the conditions and the fields of a form
//	lookup.go       shared and remembered reads
//
// Port knows people by their e-mail address. Nothing is asked of Port with the address of a user who is not a
// confirmed member.
package identity

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

// How old an answer may be.
const (
	// runAge bounds what decides that a user is a member when a run is made. The run is made within
	// seconds of the decision, so the answer is less than a minute old then.
	runAge = 50 * time.Second

	// profileAge is for what decides nothing: names and addresses in forms.
	profileAge = 10 * time.Minute

	// permissionsAge is for the permissions of an action, portUserAge for the roles and teams of a user.
	permissionsAge = time.Minute
	portUserAge    = 5 * time.Minute

	// denialAge is for an answer because of which a user is refused. It is short, because people try again
	// as soon as they have been given access.
	denialAge = 10 * time.Second

	// authInterval is how often Slack is asked which workspace the bot belongs to, authRetryDelay after
	// a failure.
	authInterval   = 10 * time.Minute
	authRetryDelay = 10 * time.Second

	// rejectedTimeout is how long Slack must reject the bot token to end Run.
	rejectedTimeout = 5 * time.Minute
)

// Slack reads users. A *slackapp.Client is one.
type Slack interface {
	GetUser(ctx context.Context, id string) (slackapp.User, error)
	CheckAuth(ctx context.Context) (slackapp.Identity, error)
}

// Port reads users and permissions. A *port.Client is one.
type Port interface {
	GetUser(ctx context.Context, email string) (port.User, error)
	GetExecutePermissions(ctx context.Context, action string) (port.Permissions, error)
	GetAction(ctx context.Context, id string) (port.Action, error)
	GetEntity(ctx context.Context, blueprint, id string) (port.Entity, error)
	ListTeams(ctx context.Context) ([]port.Team, error)
}

// A Directory decides who may run an action. Make one with New; it is safe for concurrent use.
type Directory struct {
	port       Port
	workspaces *lookup[slackapp.Identity] // one, with the key ""
	profiles   *lookup[slackapp.User]     // by Slack id
	rules      *lookup[rule]              // by action
	offerReads *rate.Limiter              // of the permissions of actions that are offered
	owners     *lookup[[]string]          // teams of the entity of a Target, by its key
	portUsers  *lookup[portUser]          // by e-mail address as Slack spells it

	evalProfiles *lookup[profile] // by e-mail address as Port spells it
}

// New makes a Directory. It makes no calls.
func New(slack Slack, port Port) *Directory {
	d := &Directory{port: port}
	d.workspaces = newLookup(0, func(ctx context.Context, _ string) (slackapp.Identity, error) { return readWorkspace(ctx, slack) })
	d.profiles = newLookup(profileAge, slack.GetUser)
	d.portUsers = newLookup(portUserAge, d.readPortUser)
	d.evalProfiles = newLookup(portUserAge, d.readEvalProfile)
	d.rules = newLookup(offerAge, d.readRule)
	d.offerReads = rate.NewLimiter(rate.Every(time.Minute/maxOfferReads), maxOfferReads)
	d.owners = newLookup(denialAge, d.readOwners)
	return d
}

// Run keeps what is known of the workspace up to date until ctx ends. It returns an error only if Slack rejects the bot
// token for five minutes without a break.
func (d *Directory) Run(ctx context.Context) error {
	var rejectedSince time.Time
	for {
		wait := authInterval
		_, err := d.workspaces.get(ctx, "", denialAge)
		if err != nil {
			wait = authRetryDelay // it is also asked when a user has to be authorized
		}
		switch {
		case !slackapp.IsFatal(err):
			rejectedSince = time.Time{}
		case rejectedSince.IsZero():
			rejectedSince = time.Now()
		case time.Since(rejectedSince) > rejectedTimeout:
			return err
		}
		d.profiles.removeOld()
		d.portUsers.removeOld()
		d.evalProfiles.removeOld()
		d.owners.removeOld()
		d.rules.removeOld()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
