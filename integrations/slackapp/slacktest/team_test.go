package slacktest_test

import (
	"testing"

	"foghorn/integrations/slackapp/slacktest"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

func TestTeam_InfoBotsAndEvents(t *testing.T) {
	heard := make(chan string, 1)
	w := newEnv(t, slacktest.Config{AppName: "Lighthouse"}, func(_ *env, evt socketmode.Event) any {
		if e, ok := evt.Data.(slackevents.EventsAPIEvent); ok {
			heard <- e.InnerEvent.Type
		}
		return nil
	})
	team, err := w.api.GetTeamInfoContext(w.ctx)
	w.noError(err)
	bot, err := w.api.GetBotInfoContext(w.ctx, slack.GetBotInfoParameters{Bot: w.BotID})
	w.noError(err)
	who, err := w.api.AuthTestContext(w.ctx)
	w.noError(err)
	if team.ID != w.TeamID || bot.Name != "Lighthouse" || who.BotID != w.BotID || who.UserID != w.BotUser || who.User != "lighthouse" {
		t.Errorf("%+v %+v %+v", team, bot, who)
	}
	w.expectError(w.call("bots.info", map[string]any{"bot": "B0"}), "bot_not_found")
	ack, err := w.SendEvent(w.ctx, map[string]any{"type": "app_mention", "user": "U0ALICE", "text": "hi", "channel": "C0OPS", "ts": "1.2"})
	w.noError(err)
	if got := <-heard; got != "app_mention" || ack.Kind != "app_mention" || ack.Type != "events_api" {
		t.Errorf("heard %q, ack %+v", got, ack)
	}
}
