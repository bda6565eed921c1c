package slacktest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// TestHome_PublishedWhenOpened has an app publish the tab when a user opens it, and answer its button.
func TestHome_PublishedWhenOpened(t *testing.T) {
	opened, clicked := make(chan *slackevents.AppHomeOpenedEvent, 10), make(chan slack.InteractionCallback, 10)
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slackevents.EventsAPIEvent:
			home := data.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
			opened <- home
			seen := 0
			if home.View != nil {
				seen = len(home.View.Blocks.BlockSet)
			}
			text := slack.NewTextBlockObject(slack.PlainTextType, fmt.Sprintf("Seen %d blocks", seen), false, false)
			_, err := w.api.PublishViewContext(w.ctx, slack.PublishViewContextRequest{UserID: home.User, View: slack.HomeTabViewRequest{
				Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewActionBlock("b", slack.NewButtonBlockElement("run", "x", text))}},
			}})
			w.noError(err)
		case slack.InteractionCallback:
			clicked <- data
		}
		return nil
	})
	if w.alice.HomeView() != nil || w.alice.HomeText() != "" {
		t.Error("there is a tab before the app published one")
	}
	for n := range 2 { // the second event has the view
		_, err := w.alice.OpenHome(w.ctx)
		w.noError(err)
		w.noError(w.alice.WaitHome(w.ctx, func(text string) bool { return text == fmt.Sprintf("Seen %d blocks", n) }))
		if e := <-opened; e.User != w.alice.ID || e.Channel != w.alice.DM() || e.Tab != "home" || e.EventTimeStamp == "" {
			t.Errorf("the event is %+v", e)
		}
	}
	_, err := w.alice.ClickHomeButton(w.ctx, "Seen 1 blocks")
	w.noError(err)
	c := <-clicked
	if c.Type != slack.InteractionTypeBlockActions || c.View.Type != slack.VTHomeTab || c.Channel.ID != "" || c.Container.Type != "view" ||
		c.ActionCallback.BlockActions[0].ActionID != "run" || c.ActionCallback.BlockActions[0].Value != "x" {
		t.Errorf("the click is %+v", c)
	}
	_, err = w.api.OpenViewContext(w.ctx, c.TriggerID, slack.ModalViewRequest{
		Type: slack.VTModal, Title: slack.NewTextBlockObject(slack.PlainTextType, "One", false, false), Blocks: c.View.Blocks,
	})
	w.noError(err)

	w.control("home/open", `{"user":"U0ALICE"}`, http.StatusOK)
	if a := w.control("home?user=U0ALICE&contains=Seen+1&wait=5s", "", http.StatusOK); !strings.Contains(fmt.Sprint(a), "Seen 1 blocks") {
		t.Errorf("the control API returns %v", a)
	}
	w.control("home/click", `{"user":"U0ALICE","label":"run"}`, http.StatusOK)
	w.control("home/click", `{"user":"U0ALICE","label":"other"}`, http.StatusUnprocessableEntity)
	w.control("home/click", `{"user":"U0NOBODY","label":"run"}`, http.StatusUnprocessableEntity)
	w.control("home/open", `{"user":"U0NOBODY"}`, http.StatusUnprocessableEntity)
}

// TestHome_NotEnabled has an app whose manifest has no Home tab.
func TestHome_NotEnabled(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{NoHomeTab: true})
	home := map[string]any{"type": "home", "blocks": []any{map[string]any{"type": "divider"}}}
	a.expectError(a.call("views.publish", map[string]any{"user_id": "U0ALICE", "view": home}), "not_enabled")
	if _, err := a.alice.OpenHome(a.ctx); err == nil {
		t.Error("a user opened the tab")
	}
}
