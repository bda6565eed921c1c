package slacktest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

func TestPerson_VisibleMessages(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	bob := w.Person(w.AddUser(slacktest.User{ID: "U0BOB"}).ID)
	secret := w.AddChannel(slacktest.Channel{Name: "secret", Private: true, Members: []string{"U0BOB"}, BotIsMember: true})
	say := func(channel, text string, more ...slack.MsgOption) string {
		_, ts, err := w.api.PostMessageContext(w.ctx, channel, append(more, slack.MsgOptionText(text, false))...)
		w.noError(err)
		return ts
	}
	first := say(w.channel.ID, "first")
	_, err := w.api.PostEphemeralContext(w.ctx, w.channel.ID, "U0ALICE", slack.MsgOptionText("for alice", false))
	w.noError(err)
	_, err = w.alice.SendMessage(w.channel.ID, "hello")
	w.noError(err)
	say(w.channel.ID, "reply", slack.MsgOptionTS(first))
	_, _, _, err = w.api.UpdateMessageContext(w.ctx, w.channel.ID, first, slack.MsgOptionText("first, edited", false))
	w.noError(err)
	say("U0ALICE", "direct")
	say(secret.ID, "hidden")

	show := func(p *slacktest.Person, channel string) (out []string) {
		for _, m := range p.VisibleMessages(channel) {
			text := m.User + ": " + m.Text
			if m.To != "" {
				text += " (for " + m.To + " in " + m.Channel + ")"
			}
			if m.Edited > 0 {
				text += " (edited)"
			}
			if m.ThreadTS == first {
				text += " (reply)"
			}
			out = append(out, strings.ReplaceAll(text, w.BotUser, "bot"))
		}
		return out
	}
	everybody := []string{"bot: first, edited (edited)", "U0ALICE: hello", "bot: reply (reply)"}
	for _, c := range []struct {
		name    string
		p       *slacktest.Person
		channel string
		want    []string
	}{
		{"alice", w.alice, w.channel.ID, slices.Insert(slices.Clone(everybody), 1, "bot: for alice (for U0ALICE in C0OPS)")},
		{"bob", bob, w.channel.ID, everybody},
		{"alice's direct messages", w.alice, w.alice.DM(), []string{"bot: direct"}},
		{"bob's direct messages", bob, bob.DM(), nil},
		{"bob in alice's direct messages", bob, w.alice.DM(), nil},
		{"alice in a private channel", w.alice, secret.ID, nil},
		{"bob in a private channel", bob, secret.ID, []string{"bot: hidden"}},
	} {
		if diff := cmp.Diff(c.want, show(c.p, c.channel)); diff != "" {
			t.Errorf("%s sees\n%s", c.name, diff)
		}
	}
	if _, err := w.alice.WaitVisible(w.ctx, secret.ID, nil); err == nil {
		t.Error("alice waits for messages of a channel that she is not in")
	}
	waited := make(chan slacktest.Message)
	go func() {
		m, _ := w.alice.WaitVisible(w.ctx, w.channel.ID, func(m slacktest.Message) bool { return m.Text == "psst" })
		waited <- m
	}()
	_, err = w.api.PostEphemeralContext(w.ctx, w.channel.ID, "U0ALICE", slack.MsgOptionText("psst", false))
	w.noError(err)
	if m := <-waited; m.To != "U0ALICE" {
		t.Errorf("saw %+v", m)
	}
}

// Every change that a person sees is emitted at once, and no event contains a credential.
func TestEvents_EveryChange(t *testing.T) {
	responseURL, trigger := "", ""
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			responseURL, trigger = data.ResponseURL, data.TriggerID
			if _, err := w.api.OpenViewContext(w.ctx, data.TriggerID, modalRequest("Declare")); err != nil {
				w.t.Error(err)
			}
		case slack.InteractionCallback:
			switch data.View.State.Values["name"]["v"].Value {
			case "wrong":
				return slack.NewErrorsViewSubmissionResponse(map[string]string{"name": "no"})
			case "more":
				next := modalRequest("Next")
				return slack.NewPushViewSubmissionResponse(&next)
			}
		}
		return nil
	})
	events := make(chan emulator.Event, 1000)
	defer w.SubscribeAll(func(e emulator.Event) { events <- e })()
	var all strings.Builder
	wait := func(want ...string) {
		t.Helper()
		var seen []string
		for _, line := range want {
			for line != "" {
				select {
				case <-w.ctx.Done():
					t.Fatalf("%q is not emitted in this order; got\n%s", line, strings.Join(seen, "\n"))
				case e := <-events:
					body, err := json.Marshal(e)
					w.noError(err)
					all.Write(body)
					text, _, _ := strings.Cut(e.Text, " after ")
					seen = append(seen, e.From+" > "+e.To+" "+e.Kind+": "+text)
					if seen[len(seen)-1] == line {
						line = ""
					}
				}
			}
		}
	}
	_, err := w.alice.SlashCommand(w.ctx, w.channel.ID, "/incident")
	w.noError(err)
	wait("slack > foghorn envelope: /incident", "foghorn > slack call: views.open",
		"foghorn > slack view: opened: Declare [Name, Severity]", "foghorn > slack ack: /incident")
	m, err := w.alice.WaitTopModal(w.ctx)
	w.noError(err)
	_, err = m.Submit(w.ctx)
	w.noError(err)
	wait("slack > person view: errors: Declare")
	w.noError(m.Fill("Name", "wrong"))
	w.noError(m.Fill("Severity", "Major"))
	_, err = m.Submit(w.ctx)
	w.noError(err)
	wait("person > slack fill: Name", "person > slack submission: Declare", "foghorn > slack ack: view_submission", "slack > person view: errors: Declare")
	w.noError(m.Fill("Name", "more"))
	_, err = m.Submit(w.ctx)
	w.noError(err)
	top, err := w.alice.WaitTopModal(w.ctx)
	w.noError(err)
	w.noError(top.Close(w.ctx))
	wait("foghorn > slack view: pushed: Next [Name, Severity]", "slack > person view: closed: Next", "person > slack close: Next")
	w.noError(m.Fill("Name", "fine"))
	_, err = m.Submit(w.ctx)
	w.noError(err)
	wait("foghorn > slack ack: view_submission", "slack > person view: closed: Declare")

	_, ts, err := w.api.PostMessageContext(w.ctx, w.channel.ID, slack.MsgOptionText("one", false))
	w.noError(err)
	_, _, _, err = w.api.UpdateMessageContext(w.ctx, w.channel.ID, ts, slack.MsgOptionText("two", false))
	w.noError(err)
	_, _, err = w.api.DeleteMessageContext(w.ctx, w.channel.ID, ts)
	w.noError(err)
	_, _, err = w.api.PostMessageContext(w.ctx, "", slack.MsgOptionText(`three "`+responseURL+`"`, false), slack.MsgOptionResponseURL(responseURL, slack.ResponseTypeInChannel))
	w.noError(err)
	w.RateLimit("chat.postMessage", 1, 1)
	_, _, _ = w.api.PostMessageContext(w.ctx, w.channel.ID, slack.MsgOptionText("four", false))
	wait("foghorn > slack call: chat.postMessage", "foghorn > slack message: #ops: one", "foghorn > slack message: edited: two", "foghorn > slack message: deleted: two",
		"foghorn > slack call: response_url", `foghorn > slack message: #ops: three "`+w.Server.Server.URL+"/commands/"+w.TeamID+`/•••"`, "slack > foghorn answer: 429 Too Many Requests to chat.postMessage")

	w.DropConnections()
	w.noError(w.WaitConnections(w.ctx, 1))
	wait("foghorn > slack socket: a connection was dropped; 0 open", "foghorn > slack socket: a connection was opened; 1 open")
	for _, secret := range []string{w.BotToken, w.AppToken, responseURL, trigger, "ticket="} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("the events show %.24s…", secret)
		}
	}
}
