package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"

	"foghorn/bot/identity"
	"foghorn/bot/message"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// fakes are the services of a dialog, in memory.
type fakes struct {
	action    string // JSON; empty: Port does not answer
	opened    []slack.ModalViewRequest
	openErr   error
	accepted  map[string]*request.Request
	acceptErr error
	drafts    map[string][]byte
	denied    *identity.Denial
}

func (f *fakes) OpenView(_ context.Context, _ string, view slack.ModalViewRequest) (slackapp.View, error) {
	f.opened = append(f.opened, view)
	return slackapp.View{ID: "V1"}, f.openErr
}

func (f *fakes) UpdateView(context.Context, slackapp.View, slack.ModalViewRequest) (slackapp.View, error) {
	return slackapp.View{}, nil
}

func (f *fakes) PostMessage(context.Context, string, slackapp.Message) (slackapp.Posted, error) {
	return slackapp.Posted{TS: "1.1"}, nil
}

func (f *fakes) GetAction(context.Context, string) (port.Action, error) {
	if f.action == "" {
		return port.Action{}, errors.New("timeout")
	}
	return port.Action{Published: true, Raw: json.RawMessage(f.action)}, nil
}

func (f *fakes) GetEntity(context.Context, string, string) (port.Entity, error) {
	return port.Entity{}, &rest.Error{Status: http.StatusNotFound}
}

func (f *fakes) SearchEntities(context.Context, string, port.EntityQuery) (port.EntityPage, error) {
	return port.EntityPage{}, nil
}

func (f *fakes) ListTeams(context.Context) ([]port.Team, error) { return nil, nil }

func (f *fakes) Authorize(context.Context, string, identity.Target) (string, *identity.Denial, error) {
	return "", f.denied, nil
}

func (f *fakes) KnownDenial(string, string) *identity.Denial { return f.denied }

func (f *fakes) Offer(_ context.Context, _ string, actions []string, limit int) (identity.Offer, *identity.Denial, error) {
	return identity.Offer{Actions: actions[:min(limit, len(actions))], Complete: true}, f.denied, nil
}

func (f *fakes) EvalUser(context.Context, string) (map[string]any, error) { return nil, nil }

func (f *fakes) FieldValue(_ context.Context, userID string) (string, error) {
	return userID + "@example.com", nil
}

func (f *fakes) Accept(_ context.Context, r *request.Request) error {
	if f.acceptErr == nil {
		f.accepted[r.ID] = r
	}
	return f.acceptErr
}

func (f *fakes) LoadDraft(_ context.Context, viewID string, draft any) (bool, error) {
	data, found := f.drafts[viewID]
	if !found {
		return false, nil
	}
	return true, json.Unmarshal(data, draft)
}

func (f *fakes) SaveDraft(_ context.Context, viewID string, draft any) (err error) {
	f.drafts[viewID], err = json.Marshal(draft)
	return err
}

func (f *fakes) ListOpen(context.Context, string, int) ([]*request.Request, error)  { return nil, nil }
func (f *fakes) ListEnded(context.Context, string, int) ([]*request.Request, error) { return nil, nil }

func (f *fakes) CommandHandled(bool, time.Duration)       {}
func (f *fakes) InteractionHandled(string, time.Duration) {}
func (f *fakes) SubmissionHandled(string)                 {}
func (f *fakes) ConditionFailed(string)                   {}

const oneInput = `{"identifier":"act","title":"Act","trigger":{"type":"self-service","operation":"CREATE",
	"userInputs":{"properties":{"name":{"type":"string","title":"Name"}},"required":["name"]}}}`

// newTestDialog makes a dialog on fakes, with the definition of its action in the cache.
func newTestDialog(t testing.TB, f *fakes) *Dialog {
	t.Helper()
	f.accepted, f.drafts = map[string]*request.Request{}, map[string][]byte{}
	log := logrus.New()
	log.SetOutput(io.Discard)
	d := New(Config{
		Slack: f, Port: f, Users: f, Store: f, Metrics: f, Log: logrus.NewEntry(log),
		Renderer: message.Renderer{PortAppURL: "https://app.port.io"}, Action: "act", Command: "/incident",
	})
	if f.action != "" {
		if _, err := d.definitions.read(t.Context(), "act"); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(d.Wait)
	return d
}

var command = slack.SlashCommand{Command: "/incident", TriggerID: "1.2.3", UserID: "U1", ChannelID: "C1"}

// submission is the payload of a submitted form with one value.
func submission(t testing.TB, view slack.ModalViewRequest, name string) slackapp.Interaction {
	t.Helper()
	blockID := ""
	for _, b := range view.Blocks.BlockSet {
		if input, ok := b.(*slack.InputBlock); ok {
			blockID = input.BlockID
		}
	}
	payload := map[string]any{
		"type": "view_submission", "user": map[string]any{"id": "U1"},
		"view": map[string]any{
			"id": "V1", "callback_id": view.CallbackID, "private_metadata": view.PrivateMetadata,
			"state": map[string]any{"values": map[string]any{blockID: map[string]any{
				"value": map[string]any{"type": "plain_text_input", "value": name},
			}}},
		},
	}
	data, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	var cb slack.InteractionCallback
	if err := json.Unmarshal(data, &cb); err != nil {
		t.Fatal(err)
	}
	return slackapp.Interaction{InteractionCallback: cb}
}

func TestDialog_SubmissionIsAccepted(t *testing.T) {
	f := &fakes{action: oneInput}
	d := newTestDialog(t, f)
	if ack := d.Command(t.Context(), command); ack != nil || len(f.opened) != 1 {
		t.Fatalf("the command was answered with %v", ack)
	}
	cb := submission(t, f.opened[0], "API is slow")
	if ack := d.Interaction(t.Context(), cb); ack != nil {
		t.Fatalf("the submission was answered with %v", ack)
	}
	r := f.accepted["V1"]
	if r == nil || r.Properties["name"] != "API is slow" || r.User != "U1" || r.Channel != "C1" || r.Stage != request.Accepted {
		t.Errorf("accepted %+v", r)
	}
}

func TestDialog_SubmissionNotStored(t *testing.T) {
	f := &fakes{action: oneInput, acceptErr: errors.New("disk full")}
	d := newTestDialog(t, f)
	d.Command(t.Context(), command)
	ack, _ := d.Interaction(t.Context(), submission(t, f.opened[0], "API is slow")).(*slack.ViewSubmissionResponse)
	if ack == nil || ack.ResponseAction != slack.RAErrors {
		t.Fatalf("answered with %+v", ack)
	}
	for _, text := range ack.Errors {
		if text != notSavedText {
			t.Errorf("the field shows %q", text)
		}
	}
}

func TestDialog_PortDoesNotAnswer(t *testing.T) {
	f := &fakes{}
	d := newTestDialog(t, f)
	if ack := d.Command(t.Context(), command); ack != nil || len(f.opened) != 1 || f.opened[0].Title.Text != "Loading" {
		t.Errorf("answered with %v, opened %v", ack, f.opened)
	}
}

// historyOf lists the runs of a user.
type historyOf string

func (h historyOf) ListText(_ context.Context, userID string) (slacktext.Text, error) {
	return slacktext.Format("the runs of %s: %s", userID, string(h)), nil
}

func TestRun_List(t *testing.T) {
	d := newTestDialog(t, &fakes{action: oneInput})
	d.cfg.RunCommand, d.cfg.History = "/run", historyOf("none")
	for text, want := range map[string]string{"list": "the runs of U1: none", " LIST ": "the runs of U1", "help": "`/run list`"} {
		run := command
		run.Command, run.Text = "/run", text
		if reply := fmt.Sprint(d.Command(t.Context(), run)); !strings.Contains(reply, want) {
			t.Errorf("%q: %s", text, reply)
		}
	}
}

// FuzzInteraction gives the dialog payloads as Slack sends them. Every payload is answered
// with an ack that Slack accepts, and only a form of this bot becomes a request.
func FuzzInteraction(f *testing.F) {
	page := `{\"a\":\"act\",\"v\":\"1\",\"s\":0,\"p\":0}`
	view := `"callback_id":"` + modal.CallbackID + `","private_metadata":"` + page + `"`
	choice := `"callback_id":"` + modal.ChooserID + `","private_metadata":"{\"c\":\"C1\"}"`
	for _, payload := range []string{
		`{}`, `{"type":"view_submission"}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1",` + view + `}}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V2",` + view + `,"state":{"values":{"f:name":{"value":{"type":"plain_text_input","value":"It burns"}}}}}}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V.*>","callback_id":"` + modal.CallbackID + `","private_metadata":"{"}}`,
		`{"type":"block_actions","user":{"id":"U1"},"view":{"id":"V3",` + view + `},"actions":[{"block_id":"f:name","action_id":"x"}]}`,
		`{"type":"block_suggestion","action_id":"x","block_id":"f:name","value":"a","view":{"id":"V4",` + view + `}}`,
		`{"type":"message_action","callback_id":"` + ShortcutDeclareMessage + `","message":{"text":"x"}}`,
		`{"type":"message_action","callback_id":"` + ShortcutRunMessage + `","message":{"text":"x"},"trigger_id":"1"}`,
		`{"type":"block_suggestion","user":{"id":"U1"},"value":"a","view":{"id":"V5",` + choice + `}}`,
		`{"type":"block_actions","user":{"id":"U1"},"view":{"id":"V6",` + choice + `},"actions":[{"action_id":"foghorn_action","selected_option":{"value":"act"}}]}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V7",` + choice + `,"state":{"values":{"foghorn_action":{"foghorn_action":{"selected_option":{"value":"#1"}}}}}}}`,
	} {
		f.Add([]byte(payload))
	}
	services := &fakes{action: oneInput}
	d := newTestDialog(f, services)
	d.cfg.RunCommand, d.cfg.Choice = "/run", []string{"a*"}
	d.actions.port = &fakeActions{actions: []port.ListedAction{published("act", "Act")}}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var cb slack.InteractionCallback
		if json.Unmarshal(payload, &cb) != nil {
			return
		}
		clear(services.accepted)
		ack := d.Interaction(t.Context(), slackapp.Interaction{InteractionCallback: cb, RawMessage: payload})
		data, err := json.Marshal(ack)
		if err != nil || len(data) > 20<<10 {
			t.Fatalf("an ack of %d bytes, %v", len(data), err)
		}
		if len(services.accepted) > 0 && (cb.Type != slack.InteractionTypeViewSubmission || cb.View.CallbackID != modal.CallbackID) {
			t.Error("a view of another app was accepted")
		}
	})
}
