package slacktest_test

import (
	"context"
	"io"
	"log"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// env is a workspace with an app written with slack-go in it.
type env struct {
	*slacktest.Server
	t       *testing.T
	ctx     context.Context
	api     *slack.Client
	alice   *slacktest.Person
	channel slacktest.Channel
}

// handler answers an event with the payload of its ack.
type handler func(w *env, evt socketmode.Event) any

// newEnv starts a workspace with one app that has one connection.
func newEnv(t *testing.T, cfg slacktest.Config, handle handler) *env {
	t.Helper()
	s := slacktest.New(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	w := &env{Server: s, t: t, ctx: ctx}
	alice := s.AddUser(slacktest.User{ID: "U0ALICE", RealName: "Alice Jones", Email: "alice@example.com"})
	w.alice = s.Person(alice.ID)
	w.channel = s.AddChannel(slacktest.Channel{ID: "C0OPS", Name: "ops", BotIsMember: true})
	w.api = slack.New(s.BotToken, slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(s.AppToken))
	done := make(chan struct{})
	close(done)
	if handle != nil {
		done = w.connect(handle)
	}
	t.Cleanup(func() {
		cancel()
		<-done
		s.Close()
	})
	return w
}

// connect opens a connection, waits for it, and handles its events until the test ends.
func (w *env) connect(handle handler) chan struct{} {
	w.t.Helper()
	want := w.Connections() + 1
	client := socketmode.New(w.api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	done := make(chan struct{})
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		_ = client.RunContext(w.ctx)
	}()
	go func() {
		defer close(done)
		defer func() { <-ran }()
		for {
			select {
			case <-w.ctx.Done():
				return
			case evt := <-client.Events:
				if evt.Request == nil || evt.Request.EnvelopeID == "" {
					continue
				}
				if answer := handle(w, evt); answer != silent {
					_ = client.AckCtx(w.ctx, evt.Request.EnvelopeID, answer)
				}
			}
		}
	}()
	if err := w.WaitConnections(w.ctx, want); err != nil {
		w.t.Fatal(err)
	}
	return done
}

// silent is returned by a handler that does not ack.
var silent = new(int)

func (w *env) noError(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func plainTextObject(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// modalRequest is a modal with a name and a severity.
func modalRequest(title string) slack.ModalViewRequest {
	major := slack.NewOptionBlockObject("major", plainTextObject("Major"), nil)
	minor := slack.NewOptionBlockObject("minor", plainTextObject("Minor"), nil)
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainTextObject(title), Submit: plainTextObject("Declare"), CallbackID: "incident", PrivateMetadata: "C0OPS",
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("name", plainTextObject("Name"), nil, slack.NewPlainTextInputBlockElement(nil, "v")),
			slack.NewInputBlock("severity", plainTextObject("Severity"), nil,
				slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "v", major, minor)),
		}},
	}
}

func TestServer_CommandToMessage(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, func(w *env, evt socketmode.Event) any {
		switch data := evt.Data.(type) {
		case slack.SlashCommand:
			if _, err := w.api.OpenViewContext(w.ctx, data.TriggerID, modalRequest("Declare incident")); err != nil {
				w.t.Error(err)
			}
		case slack.InteractionCallback:
			name := data.View.State.Values["name"]["v"].Value
			if name == "x" {
				return slack.NewErrorsViewSubmissionResponse(map[string]string{"name": "too short"})
			}
			sev := data.View.State.Values["severity"]["v"].SelectedOption.Value
			if _, _, err := w.api.PostMessageContext(w.ctx, data.View.PrivateMetadata, slack.MsgOptionText(name+" "+sev, false)); err != nil {
				w.t.Error(err)
			}
		}
		return nil
	})
	ack, err := w.alice.SlashCommand(w.ctx, w.channel.ID, "/incident")
	w.noError(err)
	if ack.Payload != nil || ack.Took <= 0 {
		t.Errorf("ack = %+v", ack)
	}
	m, err := w.alice.WaitTopModal(w.ctx)
	w.noError(err)
	if got := m.Labels(); len(got) != 2 || got[0] != "Name" || got[1] != "Severity" {
		t.Errorf("labels = %q", got)
	}
	res, err := m.Submit(w.ctx)
	w.noError(err)
	if res.Sent || len(res.Errors) != 2 {
		t.Errorf("submitting nothing: %+v", res)
	}
	w.noError(m.Fill("Name", "x"))
	w.noError(m.Fill("Severity", "Major"))
	if err := m.Fill("Severity", "Colossal"); err == nil {
		t.Error("an option that is not there was accepted")
	}
	res, err = m.Submit(w.ctx)
	w.noError(err)
	if res.Errors["Name"] != "too short" || res.Closed {
		t.Errorf("errors of the app: %+v", res)
	}
	w.noError(m.Fill("Name", "Database down"))
	res, err = m.Submit(w.ctx)
	w.noError(err)
	if !res.Closed {
		t.Errorf("submission: %+v", res)
	}
	msg, err := w.WaitMessage(w.ctx, w.channel.ID, nil)
	w.noError(err)
	if msg.Text != "Database down major" || !msg.Bot {
		t.Errorf("message = %+v", msg)
	}
}
