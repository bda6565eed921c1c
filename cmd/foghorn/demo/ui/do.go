package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// actionTimeout bounds what a person does: an ack takes 3 s at most, a start of the bot longer.
const actionTimeout = 20 * time.Second

// handleAction carries out what the viewer has pressed. The page hears of what it changed as of any
// other change.
func (p *Server) handleAction(w http.ResponseWriter, r *http.Request) {
	acts := map[string]func(context.Context, url.Values) (any, error){
		"type": p.handleType, "shortcut": p.handleShortcut, "click": p.handleClick,
		"field": p.handleField, "search": p.handleSearch, "press": p.handleModalButton, "submit": p.handleSubmit, "close": p.handleClose,
		"decide": p.handleDecision, "status": p.handleStatus, "switch": p.handleFault, "bot": p.handleBot,
		"choose": p.handleChooseAction, "approval": p.handleApproval, "preview": p.handlePreview,
	}
	act, ok := acts[r.PathValue("what")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
	defer cancel()
	out, err := act(ctx, r.PostForm)
	p.hub.notify()
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case out != nil:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *Server) person(form url.Values) *slacktest.Person { return p.cfg.Slack.Person(form.Get("as")) }

// mrkdwnEscaper is what Slack's client makes of what a person types.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
var mrkdwnEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// handleType says something in a channel. Slack shows what became of a command that the app did
// not answer to the person alone.
func (p *Server) handleType(ctx context.Context, form url.Values) (any, error) {
	text := form.Get("text")
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "/") {
		text = mrkdwnEscaper.Replace(text)
	}
	ack, err := p.person(form).Types(ctx, form.Get("channel"), text)
	if shown := ack.Shown(); shown != "" {
		p.clientState.addSlackbotMessage(form.Get("as"), form.Get("channel"), shown)
		return nil, nil
	}
	return nil, err
}

func (p *Server) handleShortcut(ctx context.Context, form url.Values) (any, error) {
	var err error
	if ts := form.Get("ts"); ts != "" {
		_, err = p.person(form).MessageShortcut(ctx, form.Get("callback"), form.Get("channel"), ts)
	} else {
		_, err = p.person(form).Shortcut(ctx, form.Get("callback"))
	}
	if word := slacktest.Error(""); errors.As(err, &word) {
		return nil, fmt.Errorf("the app did not answer: %s", word)
	}
	return nil, err
}

func (p *Server) handleClick(ctx context.Context, form url.Values) (any, error) {
	all := append(p.cfg.Slack.Messages(form.Get("channel")), p.cfg.Slack.Ephemerals(form.Get("as"))...)
	i := slices.IndexFunc(all, func(m slacktest.Message) bool { return m.TS == form.Get("ts") })
	if i < 0 {
		return nil, errors.New("the message is gone")
	}
	_, err := p.person(form).Clicks(ctx, all[i], form.Get("action"))
	return nil, err
}

// openModal is the view that a form of the page is about: it must still be the top one.
func (p *Server) openModal(form url.Values) (*slacktest.Modal, error) {
	m := p.person(form).Top()
	if m == nil || m.ID() != form.Get("view") {
		return nil, errors.New("this view is no longer open")
	}
	return m, nil
}

// handleField puts values into a field, as soon as the person has changed it.
func (p *Server) handleField(ctx context.Context, form url.Values) (any, error) {
	m, err := p.openModal(form)
	if err != nil {
		return nil, err
	}
	return nil, p.fillField(ctx, m, form, form.Get("field"))
}

// fillField puts what the form holds for a field into it.
func (p *Server) fillField(ctx context.Context, m *slacktest.Modal, form url.Values, name string) error {
	fields := m.Fields()
	i := slices.IndexFunc(fields, func(f slacktest.Field) bool { return f.BlockID == name || f.ActionID == name })
	if i < 0 || fields[i].Kind == "file_input" {
		return nil
	}
	f, values := fields[i], form["value:"+name]
	if f.Kind == "datetimepicker" {
		for i, v := range values {
			zone := (&viewModel{As: p.findUser(form.Get("as"))}).timeZone()
			if at, err := time.ParseInLocation(dateTimeLayout, v, zone); err == nil {
				values[i] = strconv.FormatInt(at.Unix(), 10)
			}
		}
	}
	if !f.Dispatches {
		return m.Fill(name, values...)
	}
	if slices.Equal(p.currentValues(m, f), slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })) {
		return nil // the app has heard of it
	}
	_, err := m.Change(ctx, name, values...)
	return err
}

// currentValues are the values that a field holds, as a form of the page sends them.
func (p *Server) currentValues(m *slacktest.Modal, f slacktest.Field) []string {
	var view struct {
		State struct{ Values map[string]map[string]object }
	}
	_ = json.Unmarshal(m.JSON(), &view) // a view that has gone holds nothing
	return formValues(view.State.Values[f.BlockID][f.ActionID][inputKinds[f.Kind].value])
}

func (p *Server) findUser(id string) slacktest.User {
	for _, u := range p.cfg.Slack.Users() {
		if u.ID == id {
			return u
		}
	}
	return slacktest.User{}
}

func (p *Server) handleSearch(ctx context.Context, form url.Values) (any, error) {
	m, err := p.openModal(form)
	if err != nil {
		return nil, err
	}
	found, err := m.Search(ctx, form.Get("field"), form.Get("query"))
	if err != nil {
		return nil, err
	}
	return append([]slacktest.Option{}, found...), nil
}

func (p *Server) handleModalButton(ctx context.Context, form url.Values) (any, error) {
	m, err := p.openModal(form)
	if err != nil {
		return nil, err
	}
	_, err = m.Click(ctx, form.Get("action"))
	return nil, err
}

// handleSubmit fills all fields and presses the submit button.
func (p *Server) handleSubmit(ctx context.Context, form url.Values) (any, error) {
	m, err := p.openModal(form)
	if err != nil {
		return nil, err
	}
	for _, name := range form["field"] {
		if err := p.fillField(ctx, m, form, name); err != nil {
			return nil, err
		}
	}
	result, err := m.Submit(ctx)
	if err != nil {
		return nil, err
	}
	p.clientState.setSubmitError(m.ID(), result.Trouble)
	return nil, nil
}

// handleClose closes the view, or all that lie on top of each other.
func (p *Server) handleClose(ctx context.Context, form url.Values) (any, error) {
	m, err := p.openModal(form)
	if err != nil {
		return nil, nil // it has closed
	}
	if form.Get("all") != "" {
		err = m.Dismiss(ctx)
	} else {
		err = m.Close(ctx)
	}
	if word := slacktest.Error(""); errors.As(err, &word) {
		return nil, nil // the person does not see that the app did not hear
	}
	return nil, err
}

// handleDecision approves or declines a run that waits.
func (p *Server) handleDecision(ctx context.Context, form url.Values) (any, error) {
	if form.Get("decision") == "approve" {
		return nil, p.cfg.Port.Approve(ctx, form.Get("run"))
	}
	return nil, p.cfg.Port.Decline(ctx, form.Get("run"))
}

// handleApproval makes the bot's action need approval, or not.
func (p *Server) handleApproval(_ context.Context, form url.Values) (any, error) {
	if p.cfg.Bot == nil {
		return nil, errors.New("there is no bot here")
	}
	raw, ok := p.cfg.Port.Action(p.cfg.Bot.State().Action)
	var a object
	if !ok || json.Unmarshal(raw, &a) != nil {
		return nil, errors.New("the action is gone from Port")
	}
	for _, audit := range []string{"createdAt", "createdBy", "updatedAt", "updatedBy", "id"} {
		delete(a, audit)
	}
	a["requiredApproval"] = form.Get("on") == "true"
	changed, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	return nil, p.cfg.Port.PutAction(changed)
}

func (p *Server) handleStatus(_ context.Context, form url.Values) (any, error) {
	if !p.cfg.Incidents.SetStatus(form.Get("id"), form.Get("status")) {
		return nil, errors.New("incident.io knows no such incident or status")
	}
	return nil, nil
}

func (p *Server) handleFault(_ context.Context, form url.Values) (any, error) {
	return nil, p.faults.set(form.Get("name"), form.Get("on") == "true")
}

func (p *Server) handleBot(ctx context.Context, form url.Values) (any, error) {
	if p.cfg.Bot == nil {
		return nil, errors.New("there is no bot here")
	}
	if form.Get("do") == "kill" {
		p.cfg.Bot.Kill()
		return nil, nil
	}
	return nil, p.startBot(ctx, "")
}

// startBot starts the bot and waits until it listens.
func (p *Server) startBot(ctx context.Context, action string) error {
	if err := p.cfg.Bot.Start(action); err != nil {
		return err
	}
	if err := p.cfg.Slack.WaitSockets(ctx, 2); err != nil {
		return fmt.Errorf("the bot did not connect: %w", err)
	}
	return nil
}

// handleChooseAction gives the bot another action: one of the page's, or one that was pasted.
func (p *Server) handleChooseAction(ctx context.Context, form url.Values) (any, error) {
	if p.cfg.Bot == nil {
		return nil, errors.New("there is no bot here")
	}
	definition := []byte(form.Get("json"))
	for _, d := range p.cfg.Actions {
		if d.ID == form.Get("definition") {
			definition = d.JSON
		}
	}
	if err := p.cfg.Port.PutAction(definition); err != nil {
		return nil, err
	}
	var named struct{ Identifier string }
	_ = json.Unmarshal(definition, &named) // Port has read it
	p.cfg.Bot.Stop(ctx)
	return nil, p.startBot(ctx, named.Identifier)
}

// handlePreview draws the views of a definition that was pasted.
func (p *Server) handlePreview(ctx context.Context, form url.Values) (any, error) {
	views, problems, err := p.cfg.Preview(ctx, []byte(form.Get("json")))
	if err != nil {
		return nil, err
	}
	var shown previewView
	n := names{user: func(string) string { return "" }, channel: func(string) string { return "" }, link: p.localURL}
	for _, v := range views {
		shown.Forms = append(shown.Forms, p.newFormView(n, v, nil, time.UTC))
	}
	shown.Problems = problems
	html, err := p.renderPart("preview", shown)
	return map[string]string{"html": string(html)}, err
}

// previewView is what a pasted definition looks like.
type previewView struct {
	Forms    []formView
	Problems []string
}
