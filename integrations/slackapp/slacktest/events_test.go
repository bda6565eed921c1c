package slacktest_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

func TestEvents_Sequence(t *testing.T) {
	responseURL := ""
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			responseURL = data.ResponseURL
			if _, err := w.api.OpenViewContext(w.ctx, data.TriggerID, modalRequest("Declare")); err != nil {
				w.t.Error(err)
			}
		case slack.InteractionCallback:
			_, _, _ = w.api.PostMessageContext(w.ctx, "C0NOWHERE", slack.MsgOptionText("x", false))
			_, _, _ = w.api.PostMessageContext(w.ctx, "C0OPS", slack.MsgOptionText("declared", false))
			_, _ = w.api.PostEphemeralContext(w.ctx, "C0OPS", "U0ALICE", slack.MsgOptionText("thanks", false))
		}
		return nil
	})
	var mu sync.Mutex
	var got []string
	var bodies strings.Builder
	stop := w.Subscribe(func(e emulator.Event) {
		mu.Lock()
		defer mu.Unlock()
		text, _, _ := strings.Cut(e.Text, " after ")
		got = append(got, e.From+" > "+e.To+" "+e.Kind+": "+text)
		body, _ := json.Marshal(e.Body)
		bodies.Write(body)
	})
	defer stop()
	_, err := w.alice.SlashCommand(w.ctx, w.channel.ID, "/incident")
	w.noError(err)
	m, err := w.alice.WaitTopModal(w.ctx)
	w.noError(err)
	w.noError(m.Fill("Name", "x"))
	w.noError(m.Fill("Severity", "Major"))
	_, err = m.Submit(w.ctx)
	w.noError(err)
	mu.Lock()
	defer mu.Unlock()
	want := []string{
		"person > slack command: /incident",
		"slack > foghorn envelope: /incident",
		"foghorn > slack view: opened: Declare [Name, Severity]",
		"foghorn > slack ack: /incident",
		"person > slack submission: Declare",
		"slack > foghorn envelope: view_submission",
		"slack > foghorn refused: chat.postMessage: channel_not_found",
		"foghorn > slack message: #ops: declared",
		"foghorn > slack ephemeral: @alice.jones: thanks",
		"foghorn > slack ack: view_submission",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, secret := range []string{w.BotToken, w.AppToken, responseURL} {
		if strings.Contains(bodies.String(), secret) {
			t.Errorf("the events show %.12s…", secret)
		}
	}
}
