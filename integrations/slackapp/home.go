package slackapp

import (
	"context"
	"encoding/json"
	"regexp"

	"github.com/slack-go/slack"
)

// HomeOpened is the event that a user has opened the Home tab of the app.
// https://docs.slack.dev/reference/events/app_home_opened
type HomeOpened struct {
	User string // id
}

var userIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// decodeHomeOpened decodes the payload of an event. ok is false for another event, and for another tab than Home.
func decodeHomeOpened(payload []byte) (e HomeOpened, ok bool) {
	var outer struct {
		Type  string `json:"type"`
		Event struct {
			Type string `json:"type"`
			User string `json:"user"`
			Tab  string `json:"tab"`
		} `json:"event"`
	}
	if json.Unmarshal(payload, &outer) != nil { // another event: the members of some have other types
		return HomeOpened{}, false
	}
	inner := outer.Event
	ok = outer.Type == "event_callback" && inner.Type == "app_home_opened" && inner.Tab == "home" && userIDPattern.MatchString(inner.User)
	return HomeOpened{User: inner.User}, ok
}

// HomeTabs are the Home tabs of the users of an app.
type HomeTabs struct{ Client *Client }

// Publish replaces the tab that a user sees. The call is made once: a lost one is repeated with newer content.
// https://docs.slack.dev/reference/methods/views.publish
func (t HomeTabs) Publish(ctx context.Context, userID string, blocks []slack.Block) error {
	ctx, done := t.Client.startCall(ctx, "views.publish")
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
	_, err := t.Client.botClient.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: userID, View: view})
	return done(err)
}
