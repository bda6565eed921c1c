package page

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

// doTimeout bounds what a person does: an ack takes 3 s at most, a start of the bot longer.
const doTimeout = 20 * time.Second

// do carries out what the viewer has pressed. The page hears of what it changed as of any
// other change.
func (p *Page) do(w http.ResponseWriter, r *http.Request) {
	acts := map[string]func(context.Context, url.Values) (any, error){
		"type": p.doType, "shortcut": p.doShortcut, "click": p.doClick,
		"field": p.doField, "search": p.doSearch, "press": p.doPress, "submit": p.doSubmit, "close": p.doClose,
		"decide": p.doDecide, "status": p.doStatus, "switch": p.doSwitch, "bot": p.doBot,
		"choose": p.doChoose, "approval": p.doApproval, "preview": p.doPreview,
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
	ctx, cancel := context.WithTimeout(r.Context(), doTimeout)
	defer cancel()
	out, err := act(ctx, r.PostForm)
	p.hub.changed()
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

func (p *Page) person(form url.Values) *slacktest.Person { return p.cfg.Slack.Person(form.Get("as")) }

// escaped is what Slack's client makes of what a person types.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// doType says something in a channel. Slack shows what became of a command that the app did
// not answer to the person alone.
func (p *Page) doType(ctx context.Context, form url.Values) (any, error) {
	text := form.Get("text")
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "/") {
		text = escaped.Replace(text)
	}
	ack, err := p.person(form).Types(ctx, form.Get("channel"), text)
	if shown := ack.Shown(); shown != "" {
		p.desk.note(form.Get("as"), form.Get("channel"), shown)
		return nil, nil
	}
	return nil, err
}

func (p *Page) doShortcut(ctx context.Context, form url.Values) (any, error) {
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

func (p *Page) doClick(ctx context.Context, form url.Values) (any, error) {
	all := append(p.cfg.Slack.Messages(form.Get("channel")), p.cfg.Slack.Ephemerals(form.Get("as"))...)
	i := slices.IndexFunc(all, func(m slacktest.Message) bool { return m.TS == form.Get("ts") })
	if i < 0 {
		return nil, errors.New("the message is gone")
	}
	_, err := p.person(form).Clicks(ctx, all[i], form.Get("action"))
	return nil, err
}

// modal is the view that a form of the page is about: it must still be the top one.
func (p *Page) modal(form url.Values) (*slacktest.Modal, error) {
	m := p.person(form).Top()
	if m == nil || m.ID() != form.Get("view") {
		return nil, errors.New("this view is no longer open")
	}
	return m, nil
}

// doField puts values into a field, as soon as the person has changed it.
func (p *Page) doField(ctx context.Context, form url.Values) (any, error) {
	m, err := p.modal(form)
	if err != nil {
		return nil, err
	}
	return nil, p.fill(ctx, m, form, form.Get("field"))
}

// fill puts what the form holds for a field into it.
func (p *Page) fill(ctx context.Context, m *slacktest.Modal, form url.Values, name string) error {
	fields := m.Fields()
	i := slices.IndexFunc(fields, func(f slacktest.Field) bool { return f.BlockID == name || f.ActionID == name })
	if i < 0 || fields[i].Kind == "file_input" {
		return nil
	}
	f, values := fields[i], form["value:"+name]
	if f.Kind == "datetimepicker" {
		for i, v := range values {
			zone := (&look{As: p.user(form.Get("as"))}).zone()
			if at, err := time.ParseInLocation(momentLayout, v, zone); err == nil {
				values[i] = strconv.FormatInt(at.Unix(), 10)
			}
		}
	}
	if !f.Dispatches {
		return m.Fill(name, values...)
	}
	if slices.Equal(p.held(m, f), slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })) {
		return nil // the app has heard of it
	}
	_, err := m.Change(ctx, name, values...)
	return err
}

// held are the values that a field holds, as a form of the page sends them.
func (p *Page) held(m *slacktest.Modal, f slacktest.Field) []string {
	var view struct {
		State struct{ Values map[string]map[string]object }
	}
	_ = json.Unmarshal(m.JSON(), &view) // a view that has gone holds nothing
	return heldValues(view.State.Values[f.BlockID][f.ActionID][kinds[f.Kind].value])
}

func (p *Page) user(id string) slacktest.User {
	for _, u := range p.cfg.Slack.Users() {
		if u.ID == id {
			return u
		}
	}
	return slacktest.User{}
}

func (p *Page) doSearch(ctx context.Context, form url.Values) (any, error) {
	m, err := p.modal(form)
	if err != nil {
		return nil, err
	}
	found, err := m.Search(ctx, form.Get("field"), form.Get("query"))
	if err != nil {
		return nil, err
	}
	return append([]slacktest.Option{}, found...), nil
}

func (p *Page) doPress(ctx context.Context, form url.Values) (any, error) {
	m, err := p.modal(form)
	if err != nil {
		return nil, err
	}
	_, err = m.Click(ctx, form.Get("action"))
	return nil, err
}

// doSubmit fills all fields and presses the submit button.
func (p *Page) doSubmit(ctx context.Context, form url.Values) (any, error) {
	m, err := p.modal(form)
	if err != nil {
		return nil, err
	}
	for _, name := range form["field"] {
		if err := p.fill(ctx, m, form, name); err != nil {
			return nil, err
		}
	}
	result, err := m.Submit(ctx)
	if err != nil {
		return nil, err
	}
	p.desk.trying(m.ID(), result.Trouble)
	return nil, nil
}

// doClose closes the view, or all that lie on top of each other.
func (p *Page) doClose(ctx context.Context, form url.Values) (any, error) {
	m, err := p.modal(form)
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

// doDecide approves or declines a run that waits.
func (p *Page) doDecide(ctx context.Context, form url.Values) (any, error) {
	if form.Get("decision") == "approve" {
		return nil, p.cfg.Port.Approve(ctx, form.Get("run"))
	}
	return nil, p.cfg.Port.Decline(ctx, form.Get("run"))
}

// doApproval makes the bot's action need approval, or not.
func (p *Page) doApproval(_ context.Context, form url.Values) (any, error) {
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

func (p *Page) doStatus(_ context.Context, form url.Values) (any, error) {
	if !p.cfg.Incidents.SetStatus(form.Get("id"), form.Get("status")) {
		return nil, errors.New("incident.io knows no such incident or status")
	}
	return nil, nil
}

func (p *Page) doSwitch(_ context.Context, form url.Values) (any, error) {
	return nil, p.switches.set(form.Get("name"), form.Get("on") == "true")
}

func (p *Page) doBot(ctx context.Context, form url.Values) (any, error) {
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
func (p *Page) startBot(ctx context.Context, action string) error {
	if err := p.cfg.Bot.Start(action); err != nil {
		return err
	}
	if err := p.cfg.Slack.WaitSockets(ctx, 2); err != nil {
		return fmt.Errorf("the bot did not connect: %w", err)
	}
	return nil
}

// doChoose gives the bot another action: one of the page's, or one that was pasted.
func (p *Page) doChoose(ctx context.Context, form url.Values) (any, error) {
	if p.cfg.Bot == nil {
		return nil, errors.New("there is no bot here")
	}
	definition := []byte(form.Get("json"))
	for _, d := range p.cfg.Definitions {
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

// doPreview draws the views of a definition that was pasted.
func (p *Page) doPreview(ctx context.Context, form url.Values) (any, error) {
	views, problems, err := p.cfg.Preview(ctx, []byte(form.Get("json")))
	if err != nil {
		return nil, err
	}
	var shown previewed
	n := names{user: func(string) string { return "" }, channel: func(string) string { return "" }, link: p.local}
	for _, v := range views {
		shown.Forms = append(shown.Forms, p.formOf(n, v, nil, time.UTC))
	}
	shown.Problems = problems
	html, err := p.part("preview", shown)
	return map[string]string{"html": string(html)}, err
}

// previewed is what a pasted definition looks like.
type previewed struct {
	Forms    []form
	Problems []string
}
