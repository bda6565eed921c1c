// Package slackapp is Foghorn's side of Slack: the socket-mode links on which commands
// and clicks arrive, and the few Web API methods that the bot calls.
//
// An [App] keeps two links open, so that one can be refreshed while the other listens.
// Each envelope goes to the [Handler], whose return value is the ack. Errors are of type
// [*Error]; nothing is logged here and no token, ticket or response URL is in an error.
package slackapp

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/slack-go/slack"
)

const (
	// DefaultAPIURL is where Slack's Web API lives.
	DefaultAPIURL = "https://slack.com/api/"

	// CallTimeout bounds every Web API call. Once it has passed since a call was begun,
	// the call is either done or will never be.
	CallTimeout = 5 * time.Second

	// TriggerLife is how long a trigger_id can open a view.
	// https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
	TriggerTTL = 3 * time.Second

	// personTTL is how long a person's profile is believed.
	userTTL = 10 * time.Minute
)

// Config says which app to be. The tokens are required.
type Config struct {
	AppToken    string // xapp-…, opens the links
	BotToken    string // xoxb-…, calls the Web API
	APIURL      string // with a slash at its end; empty: DefaultAPIURL
	Connections int    // links to keep open; 0: two. Slack allows ten for all processes of an app

	// PingPatience is how long a link may be without a ping from Slack before it is given
	// up; each further link has a quarter more, so that not all go in one moment when a
	// proxy swallows the pings. 0: DefaultPingPatience.
	PingTimeout time.Duration

	// OnTrouble, if set, hears of what is mended without the caller: lost links, refused
	// opens, unreadable frames, handlers that panicked. It must not block.
	OnError func(ConnectionError)

	// OnCall, if set, hears of each Web API call: its method, its outcome ("ok" or
	// Slack's error code) and how long it took. It must not block.
	OnCall func(method, outcome string, took time.Duration)
}

// ConnectionError is something that went wrong on a link.
type ConnectionError struct {
	Connection int    // counted from 0
	Kind       string // "open", "frame", "write", "panic"
	Err        error
}

// An Client is a Slack app with its bot user. Make one with New; it is safe for concurrent use.
type Client struct {
	cfg    Config
	botClient    *slack.Client // the bot's calls
	gate   *gate         // the calls that open links
	appClient *slack.Client // apps.connections.open, through the gate
	openConnections   atomic.Int32
	connects atomic.Int64 // links that came up
	users *cache.Cache // user id -> Person
	seen   *cache.Cache // envelope id -> payload of its ack
}

// New makes an App. It calls nobody.
func New(cfg Config) *Client {
	cfg.APIURL = cmp.Or(cfg.APIURL, DefaultAPIURL)
	if !strings.HasSuffix(cfg.APIURL, "/") {
		cfg.APIURL += "/"
	}
	cfg.Connections = cmp.Or(cfg.Connections, 2)
	cfg.PingTimeout = cmp.Or(cfg.PingTimeout, DefaultPingTimeout)
	// Both clients speak to one host over and over: keep their connections.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	opening := transport.Clone()
	opening.ResponseHeaderTimeout = openTimeout
	a := &Client{
		cfg:    cfg,
		gate:   newGate(opening),
		users: cache.New(userTTL, 0),
		seen:   cache.New(seenTTL, 0),
	}
	a.botClient = slack.New(cfg.BotToken, slack.OptionAPIURL(cfg.APIURL),
		slack.OptionHTTPClient(&http.Client{Transport: limitedTransport{transport}, Timeout: CallTimeout, CheckRedirect: rejectRedirect}))
	a.appClient = slack.New("", slack.OptionAppLevelToken(cfg.AppToken), slack.OptionAPIURL(cfg.APIURL),
		slack.OptionHTTPClient(&http.Client{Transport: limitedTransport{a.gate}, CheckRedirect: rejectRedirect}))
	return a
}

// Connections is how many links are alive now.
func (a *Client) Connections() int { return int(a.openConnections.Load()) }

// Connects is how many links have come up since New: the first ones, and reconnects.
func (a *Client) Connects() int64 { return a.connects.Load() }

// Identity is who the bot token is.
type Identity struct {
	Team, TeamID, URL string
	UserID, BotID     string
	Scopes            []string // granted to the token; nil when Slack did not say
}

// CheckAuth asks Slack who the bot token is.
// https://docs.slack.dev/reference/methods/auth.test
func (a *Client) CheckAuth(ctx context.Context) (Identity, error) {
	ctx, done := a.startCall(ctx, "auth.test")
	r, err := a.botClient.AuthTestContext(ctx)
	if err = done(err); err != nil {
		return Identity{}, err
	}
	id := Identity{Team: r.Team, TeamID: r.TeamID, URL: r.URL, UserID: r.UserID, BotID: r.BotID}
	if s := r.Header.Get("X-Oauth-Scopes"); s != "" {
		for scope := range strings.SplitSeq(s, ",") {
			id.Scopes = append(id.Scopes, strings.TrimSpace(scope))
		}
	}
	return id, nil
}

// CheckSocketMode opens one link's ticket and throws it away: the app token works and socket mode is on.
// https://docs.slack.dev/reference/methods/apps.connections.open
func (a *Client) CheckSocketMode(ctx context.Context) error {
	ctx, done := a.startCall(ctx, "apps.connections.open")
	_, _, err := a.appClient.StartSocketModeContext(ctx)
	return done(err)
}

// startCall bounds a Web API call and gives the function that ends it.
func (a *Client) startCall(ctx context.Context, method string) (context.Context, func(error) error) {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	return ctx, func(err error) error {
		cancel()
		err = wrapError(method, err)
		if a.cfg.OnCall != nil {
			a.cfg.OnCall(method, callOutcome(err), time.Since(begun))
		}
		return err
	}
}

func (a *Client) reportError(t ConnectionError) {
	if a.cfg.OnError != nil {
		a.cfg.OnError(t)
	}
}
