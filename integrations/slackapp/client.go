package slackapp

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"foghorn/integrations/calltrace"
)

const (
	// DefaultAPIURL is the address of Slack's Web API.
	DefaultAPIURL = "https://slack.com/api/"

	// CallTimeout bounds every Web API call. After this time a call has either been carried out or never will be.
	CallTimeout = 5 * time.Second

	// triggerTTL is how long a trigger_id can open a view.
	// https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
	triggerTTL = 3 * time.Second

	// defaultPingTimeout is Config.PingTimeout when that is 0. Slack pings about every ten seconds.
	defaultPingTimeout = 30 * time.Second
)

// Config configures a Client. The tokens are required.
type Config struct {
	AppToken string // xapp-…, opens the Socket Mode connections
	BotToken string // xoxb-…, calls the Web API
	APIURL   string // ends in a slash; empty: DefaultAPIURL

	// PingTimeout is how long a connection may be silent, pings included, before it is replaced. The second
	// connection has a quarter more, so that not both are replaced at once when a proxy swallows pings.
	// 0: 30 s.
	PingTimeout time.Duration

	// OnError, if set, is called for errors that the client handles itself, such as a failed attempt to
	// connect. It must not block.
	OnError func(ConnectionError)

	// OnCall, if set, is called after each Web API call with its method, its outcome ("ok" or Slack's error
	// code) and its duration. It must not block.
	OnCall func(method, outcome string, took time.Duration)
}

// ConnectionError is an error of a Socket Mode connection. The client recovers from it.
type ConnectionError struct {
	Connection int    // 0 or 1: which of the two connections
	Kind       string // "open", "read", "frame" (not decodable), "write" (ack not sent) or "panic" (of a handler)
	Err        error
}

// Client is a Slack app with its bot user. Create one with New. It is safe for concurrent use.
type Client struct {
	cfg       Config
	web       *http.Client
	botClient *slack.Client // calls with the bot token
	appClient *slack.Client // apps.connections.open
	dialer    dialer

	receiver atomic.Pointer[receiver] // of the latest Run
	connects atomic.Int64
	reopens  *rate.Limiter // of connections that ended soon after they were opened

	answers *cache.Cache // envelope id -> *answer
}

// New returns a Client. It makes no call.
func New(cfg Config) *Client {
	cfg.APIURL = cmp.Or(cfg.APIURL, DefaultAPIURL)
	if !strings.HasSuffix(cfg.APIURL, "/") {
		cfg.APIURL += "/"
	}
	cfg.PingTimeout = cmp.Or(cfg.PingTimeout, defaultPingTimeout)
	web := newHTTPClient()
	return &Client{
		cfg:       cfg,
		web:       web,
		botClient: slack.New(cfg.BotToken, slack.OptionAPIURL(cfg.APIURL), slack.OptionHTTPClient(web)),
		appClient: slack.New("", slack.OptionAppLevelToken(cfg.AppToken), slack.OptionAPIURL(cfg.APIURL), slack.OptionHTTPClient(web)),
		dialer:    dialer{proxy: http.ProxyFromEnvironment},
		reopens:   rate.NewLimiter(rate.Every(reopenInterval), reopenBurst),
		answers:   cache.New(answerTTL, 0),
	}
}

// Connections returns how many Socket Mode connections are open and not about to be replaced.
func (c *Client) Connections() int {
	if r := c.receiver.Load(); r != nil {
		return r.countOpen()
	}
	return 0
}

// Connects returns how many connections have been opened since New, the first ones included.
func (c *Client) Connects() int64 { return c.connects.Load() }

// Identity describes the owner of the bot token.
type Identity struct {
	Team, TeamID, URL string
	EnterpriseID      string // of the Enterprise organization of the workspace; empty: it belongs to none
	UserID, BotID     string
	Scopes            []string // granted to the token; nil when Slack did not list them
}

// CheckAuth checks the bot token and returns its owner.
// https://docs.slack.dev/reference/methods/auth.test
func (c *Client) CheckAuth(ctx context.Context) (Identity, error) {
	ctx, done := c.startCall(ctx, "auth.test")
	r, err := c.botClient.AuthTestContext(ctx)
	if err = done(err); err != nil {
		return Identity{}, err
	}
	id := Identity{Team: r.Team, TeamID: r.TeamID, EnterpriseID: r.EnterpriseID, URL: r.URL, UserID: r.UserID, BotID: r.BotID}
	if s := r.Header.Get("X-Oauth-Scopes"); s != "" {
		for scope := range strings.SplitSeq(s, ",") {
			id.Scopes = append(id.Scopes, strings.TrimSpace(scope))
		}
	}
	return id, nil
}

// requestConnectionURL returns the address of a new connection. It contains a ticket that can be used once.
// https://docs.slack.dev/reference/methods/apps.connections.open
func (c *Client) requestConnectionURL(ctx context.Context) (string, error) {
	ctx, done := c.startCall(ctx, methodConnectionsOpen)
	_, url, err := c.appClient.StartSocketModeContext(ctx)
	return url, done(err)
}

// startCall bounds a Web API call and returns the function that ends it.
func (c *Client) startCall(ctx context.Context, method string) (context.Context, func(error) error) {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	ctx, span := calltrace.Start(ctx, calltrace.Call{Method: http.MethodPost, BaseURL: c.cfg.APIURL, Template: "/" + method})
	return ctx, func(err error) error {
		cancel()
		err = wrapError(method, err)
		status, failure := spanResult(err)
		span.SetStatus(status)
		span.End(failure)
		if c.cfg.OnCall != nil {
			c.cfg.OnCall(method, callOutcome(err), time.Since(begun))
		}
		return err
	}
}

// spanResult returns what the span of a call records: the status of the response, 0 if there was none, and the kind of
// error. A code that is not in the table may be the text of a proxy that quotes the request.
func spanResult(err error) (status int, failure string) {
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return http.StatusOK, ""
	case !ok || e.Code == "":
		return statusOf(e), calltrace.FailureOf(statusOf(e), err)
	case e.Code == "ratelimited":
		return http.StatusTooManyRequests, e.Code
	case codeMeanings[e.Code] == unlisted:
		return http.StatusOK, "unlisted_code"
	}
	return http.StatusOK, e.Code
}

func statusOf(e *Error) int {
	if e == nil {
		return 0
	}
	return e.Status
}

// sweepCaches removes expired entries of the caches until ctx ends.
func (c *Client) sweepCaches(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.answers.DeleteExpired()
		}
	}
}

func (c *Client) reportError(e ConnectionError) {
	if c.cfg.OnError != nil {
		e.Err = redactError(e.Err)
		c.cfg.OnError(e)
	}
}
