package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// actionTimeout bounds an action of a viewer. An ack takes up to 3 s, a start of the bot takes longer.
const actionTimeout = 20 * time.Second

// handleAction runs what the viewer has pressed. Its effect on the page arrives as an update, like any other
// change; only a search and a preview have a response.
func (s *Server) handleAction(w http.ResponseWriter, r *http.Request) {
	handlers := map[string]func(context.Context, url.Values) (response any, err error){
		"type": s.handleType, "shortcut": s.handleShortcut, "click": s.handleClick, "home": s.handleHome, // in a conversation
		"field": s.handleField, "search": s.handleSearch, "press": s.handleModalButton, // in a modal
		"submit": s.handleSubmit, "close": s.handleClose,
		"decide": s.handleDecision, "approval": s.handleApproval, "edit": s.handleEdit, // in Port and incident.io
		"fault": s.handleFault, "disconnect": s.handleDisconnect,
		"bot": s.handleBot, "choose": s.handleChooseAction, "preview": s.handlePreview,
	}
	handle, ok := handlers[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form is invalid: "+err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
	defer cancel()
	response, err := handle(ctx, r.PostForm)
	s.hub.notify()
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case response != nil:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(response)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) person(form url.Values) *slacktest.Person {
	return s.cfg.Slack.Person(form.Get("user"))
}

// mrkdwnEscaper escapes what a user types, as Slack's client does.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
var mrkdwnEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// handleType sends a message or a slash command. If a command fails, only this user gets a message from Slackbot.
func (s *Server) handleType(ctx context.Context, form url.Values) (any, error) {
	text := form.Get("text")
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "/") {
		_, err := s.person(form).SendMessage(form.Get("channel"), mrkdwnEscaper.Replace(text))
		return nil, err
	}
	ack, err := s.person(form).SlashCommand(ctx, form.Get("channel"), text)
	if message := ack.UserMessage(); message != "" {
		s.clientState.addSlackbotMessage(form.Get("user"), form.Get("channel"), message)
		return nil, nil
	}
	return nil, err
}

// handleShortcut runs a shortcut, on a message if the form has a ts.
func (s *Server) handleShortcut(ctx context.Context, form url.Values) (any, error) {
	var err error
	if ts := form.Get("ts"); ts != "" {
		_, err = s.person(form).UseMessageShortcut(ctx, form.Get("callback"), form.Get("channel"), ts)
	} else {
		_, err = s.person(form).UseShortcut(ctx, form.Get("callback"))
	}
	if code := slacktest.Error(""); errors.As(err, &code) {
		return nil, fmt.Errorf("the app did not answer: %s", code)
	}
	return nil, err
}

// handleHome opens the Home tab. Slack does not show whether the app has handled the event.
func (s *Server) handleHome(ctx context.Context, form url.Values) (any, error) {
	_, err := s.person(form).OpenHome(ctx)
	if code := slacktest.Error(""); errors.As(err, &code) {
		return nil, nil
	}
	return nil, err
}

// handleClick clicks a button of a message or of the Home tab.
func (s *Server) handleClick(ctx context.Context, form url.Values) (any, error) {
	if form.Get("channel") == homeID {
		_, err := s.person(form).ClickHomeButton(ctx, form.Get("action"))
		return nil, err
	}
	messages := append(s.cfg.Slack.Messages(form.Get("channel")), s.cfg.Slack.Ephemerals(form.Get("user"))...)
	i := slices.IndexFunc(messages, func(m slacktest.Message) bool { return m.TS == form.Get("ts") })
	if i < 0 {
		return nil, errors.New("the message no longer exists")
	}
	_, err := s.person(form).ClickButton(ctx, messages[i], form.Get("action"))
	return nil, err
}

// handleDecision approves or declines a run that waits for it.
func (s *Server) handleDecision(ctx context.Context, form url.Values) (any, error) {
	if form.Get("decision") == "approve" {
		return nil, s.cfg.Port.Approve(ctx, form.Get("run"))
	}
	return nil, s.cfg.Port.Decline(ctx, form.Get("run"))
}

var errNoBot = errors.New("the demo runs without the bot")

// handleApproval makes the bot's action require approval, or not.
func (s *Server) handleApproval(_ context.Context, form url.Values) (any, error) {
	if s.cfg.Bot == nil {
		return nil, errNoBot
	}
	raw, ok := s.cfg.Port.Action(s.cfg.Bot.State().Action)
	var action object
	if !ok || json.Unmarshal(raw, &action) != nil {
		return nil, errors.New("the action no longer exists in Port")
	}
	for _, readOnly := range []string{"createdAt", "createdBy", "updatedAt", "updatedBy", "id"} {
		delete(action, readOnly)
	}
	action["requiredApproval"] = form.Get("on") == "true"
	changed, err := json.Marshal(action)
	if err != nil {
		return nil, err
	}
	return nil, s.cfg.Port.PutAction(changed)
}

// handleEdit changes an incident.
func (s *Server) handleEdit(_ context.Context, form url.Values) (any, error) {
	return nil, s.cfg.Incidents.Edit(form.Get("id"), incidentiotest.Edit{
		Status: form.Get("status"), Severity: form.Get("severity"), Visibility: form.Get("visibility"),
	})
}

// handleFault turns a fault on or off.
func (s *Server) handleFault(_ context.Context, form url.Values) (any, error) {
	return nil, s.faults.set(form.Get("name"), form.Get("on") == "true")
}

// handleDisconnect closes all Socket Mode connections.
func (s *Server) handleDisconnect(context.Context, url.Values) (any, error) {
	s.cfg.Slack.DropConnections()
	return nil, nil
}

// handleBot kills or starts the bot.
func (s *Server) handleBot(ctx context.Context, form url.Values) (any, error) {
	if s.cfg.Bot == nil {
		return nil, errNoBot
	}
	if form.Get("operation") == "kill" {
		s.cfg.Bot.Kill()
		return nil, nil
	}
	return nil, s.startBot(ctx, "")
}

// handleChooseAction restarts the bot with another action: one of the page's, or a pasted one.
func (s *Server) handleChooseAction(ctx context.Context, form url.Values) (any, error) {
	if s.cfg.Bot == nil {
		return nil, errNoBot
	}
	definition := []byte(form.Get("json"))
	for _, a := range s.cfg.Actions {
		if a.ID == form.Get("action") {
			definition = a.JSON
		}
	}
	if err := s.cfg.Port.PutAction(definition); err != nil {
		return nil, err
	}
	var action struct{ Identifier string }
	_ = json.Unmarshal(definition, &action) // Port has parsed it
	s.cfg.Bot.Stop(ctx)
	return nil, s.startBot(ctx, action.Identifier)
}

// startBot starts the bot and waits until it is connected.
func (s *Server) startBot(ctx context.Context, action string) error {
	if err := s.cfg.Bot.Start(action); err != nil {
		return err
	}
	if err := s.cfg.Slack.WaitConnections(ctx, 2); err != nil {
		return fmt.Errorf("wait for the bot's connections: %w", err)
	}
	return nil
}

// preview is a pasted action as modals.
type preview struct {
	Modals   []modalView
	Problems []string
}

// handlePreview renders the views of a pasted action.
func (s *Server) handlePreview(ctx context.Context, form url.Values) (any, error) {
	views, problems, err := s.cfg.Preview(ctx, []byte(form.Get("json")))
	if err != nil {
		return nil, err
	}
	p := preview{Problems: problems}
	for _, view := range views {
		p.Modals = append(p.Modals, s.newModalView(unknownNames, view, nil, time.UTC))
	}
	html, err := s.renderTemplate("preview", p)
	return map[string]string{"html": string(html)}, err
}
