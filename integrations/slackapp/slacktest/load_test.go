package slacktest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/sync/errgroup"

	"foghorn/integrations/slackapp/slacktest"
)

// Many people use an app with two sockets at the same time; each gets their own modal and message.
func TestServer_ManyUsers(t *testing.T) {
	handle := func(w *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			if _, err := w.api.OpenViewContext(w.ctx, data.TriggerID, modalRequest(data.Text)); err != nil {
				w.t.Error(err)
			}
		case slack.InteractionCallback:
			text := data.User.ID + " " + data.View.State.Values["name"]["v"].Value
			if _, _, err := w.api.PostMessageContext(w.ctx, "C0OPS", slack.MsgOptionText(text, false)); err != nil {
				w.t.Error(err)
			}
		}
		return nil
	}
	w := newEnv(t, slacktest.Config{}, handle)
	second := w.connect(handle)
	t.Cleanup(func() { <-second })

	const people, times = 10, 3
	group, ctx := errgroup.WithContext(w.ctx)
	for i := range people {
		id := w.AddUser(slacktest.User{ID: fmt.Sprintf("U0P%d", i)}).ID
		group.Go(func() error {
			p := w.Person(id)
			for n := range times {
				if err := declareIncident(ctx, w, p, fmt.Sprintf("%s-%d", id, n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	w.noError(group.Wait())
	seen := map[string]int{}
	for _, m := range w.Messages(w.channel.ID) {
		seen[m.Text]++
	}
	for i := range people {
		for n := range times {
			if text := fmt.Sprintf("U0P%d U0P%d-%d", i, i, n); seen[text] != 1 {
				t.Errorf("%q was said %d times", text, seen[text])
			}
		}
	}
}

// declareIncident fills in and submits the form as one person.
func declareIncident(ctx context.Context, w *env, p *slacktest.Person, name string) error {
	if _, err := p.SlashCommand(ctx, w.channel.ID, "/incident "+name); err != nil {
		return err
	}
	m, err := p.WaitModal(ctx, func(m *slacktest.Modal) bool { return m.Title() == name })
	if err != nil {
		return err
	}
	if err := m.Fill("Name", name); err != nil {
		return err
	}
	if err := m.Fill("Severity", "Minor"); err != nil {
		return err
	}
	res, err := m.Submit(ctx)
	if err == nil && !res.Closed {
		err = fmt.Errorf("submission of %s: %+v", name, res)
	}
	return err
}
