package testenv

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"foghorn/integrations/slackapp/slacktest"
)

// OpenForm runs the command and waits for the form.
func (e *Env) OpenForm(who, channel, command string) *slacktest.Modal {
	e.t.Helper()
	p := e.Slack.Person(who)
	if _, err := p.Types(e.Context(), channel, command); err != nil {
		e.t.Fatalf("%s types %s: %v", who, command, err)
	}
	for {
		m, err := p.Modal(e.Context())
		if err != nil {
			e.t.Fatalf("no form for %s: %v", who, err)
		}
		if len(m.Labels()) > 0 {
			return m
		}
		if err := m.Changed(e.Context()); err != nil {
			e.t.Fatalf("the loading view was not replaced: %v", err)
		}
	}
}

// Fill fills in fields: label, value, label, value.
func (e *Env) Fill(m *slacktest.Modal, pairs ...string) {
	e.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := m.Fill(pairs[i], pairs[i+1]); err != nil {
			e.t.Fatalf("fill %s: %v", pairs[i], err)
		}
	}
}

// ChangeField changes a field on which others depend.
func (e *Env) ChangeField(m *slacktest.Modal, label, value string) {
	e.t.Helper()
	if _, err := m.Change(e.Context(), label, value); err != nil {
		e.t.Fatalf("change %s: %v", label, err)
	}
}

// WaitForm waits until the form meets a condition.
func (e *Env) WaitForm(m *slacktest.Modal, what string, fits func(*slacktest.Modal) bool) {
	e.t.Helper()
	if err := m.Until(e.Context(), fits); err != nil {
		e.t.Fatalf("%s: %v; it shows %v\n%s", what, err, m.Labels(), m.Text())
	}
}

// Submit submits the form, which must close.
func (e *Env) Submit(m *slacktest.Modal) {
	e.t.Helper()
	r, err := m.Submit(e.Context())
	if err != nil {
		e.t.Fatalf("submit: %v", err)
	}
	if !r.Closed {
		e.t.Fatalf("the form did not close: %+v", r)
	}
}

// AnswerTo is the text with which a command was answered, or that its modal shows.
func (e *Env) AnswerTo(who, channel, command string) string {
	e.t.Helper()
	p := e.Slack.Person(who)
	ack, err := p.Types(e.Context(), channel, command)
	if err != nil {
		e.t.Fatal(err)
	}
	var payload struct{ Text string }
	if _ = json.Unmarshal(ack.Payload, &payload); payload.Text != "" {
		return payload.Text
	}
	m, err := p.Modal(e.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	_ = m.Until(e.Context(), func(m *slacktest.Modal) bool { return m.Title() != "Loading" })
	return m.Text()
}

// Declare declares an incident with the guide's form.
func (e *Env) Declare(who, channel, name, severity, visibility string) {
	e.t.Helper()
	m := e.OpenForm(who, channel, "/incident")
	e.Fill(m, "Name", name, "Severity", severity, "Visibility", visibility)
	e.Submit(m)
}

// TryDeclare declares an incident and returns the error of the first failed step.
func (e *Env) TryDeclare(who, channel, name string) error {
	p := e.Slack.Person(who)
	if _, err := p.Types(e.Context(), channel, "/incident"); err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	form, err := p.Modal(e.Context())
	if err != nil {
		return fmt.Errorf("open the form: %w", err)
	}
	for len(form.Labels()) == 0 { // a loading view
		if err := form.Changed(e.Context()); err != nil {
			return fmt.Errorf("wait for the form: %w", err)
		}
	}
	for label, value := range map[string]string{"Name": name, "Severity": "Minor", "Visibility": "public"} {
		if err := form.Fill(label, value); err != nil {
			return fmt.Errorf("fill %s: %w", label, err)
		}
	}
	if r, err := form.Submit(e.Context()); err != nil || !r.Closed {
		return fmt.Errorf("submit: %+v, %w", r, err)
	}
	return nil
}

// DeclareUntilAccepted declares an incident and submits again while it cannot be stored.
func (e *Env) DeclareUntilAccepted(who, channel, name string) {
	e.t.Helper()
	form := e.OpenForm(who, channel, "/incident")
	e.Fill(form, "Name", name, "Severity", "Minor", "Visibility", "public")
	for deadline := e.Context(); ; {
		r, err := form.Submit(deadline)
		if err == nil && r.Closed {
			return
		}
		if deadline.Err() != nil {
			e.t.Fatalf("%s was never accepted: %+v, %v", name, r, err)
		}
	}
}

// DeclareDuringDeploy declares an incident. When Slack shows that the app did not answer, the user repeats
// the step, as Slack asks them to. It returns how often that was.
func (e *Env) DeclareDuringDeploy(who, channel, name string) (repeated int, err error) {
	p, ctx := e.Slack.Person(who), e.Context()
	for {
		_, err := p.Types(ctx, channel, "/incident")
		if err != nil && !errors.Is(err, slacktest.ErrOperationTimeout) {
			return repeated, err
		}
		if err == nil {
			break
		}
		if repeated++; p.Top() != nil { // the app received the command, and could not ack it
			break
		}
	}
	form, err := p.WaitModal(ctx, func(m *slacktest.Modal) bool { return len(m.Labels()) > 0 })
	if err != nil {
		return repeated, err
	}
	for label, value := range map[string]string{"Name": name, "Severity": "Minor", "Visibility": "public"} {
		if err := form.Fill(label, value); err != nil {
			return repeated, err
		}
	}
	for {
		switch r, err := form.Submit(ctx); {
		case err != nil:
			return repeated, err
		case r.Closed:
			return repeated, nil
		case r.Trouble == "":
			return repeated, fmt.Errorf("submitted: %+v", r)
		}
		repeated++
	}
}

// DeclareMany declares n incidents by eight people, each in its own channel: C0S0, C0S1, …
func (e *Env) DeclareMany(n int) {
	e.t.Helper()
	e.OpenForm(Alice, General, "/incident") // the definition is known now
	const atOnce = 8
	var people sync.WaitGroup
	for p := range atOnce {
		who, email := fmt.Sprintf("U0S%d", p), fmt.Sprintf("s%d@example.com", p)
		e.Port.AddUser(email)
		e.Slack.AddUser(slacktest.User{ID: who, Name: who, RealName: who, Email: email})
		people.Go(func() {
			for i := p; i < n; i += atOnce {
				channel := fmt.Sprintf("C0S%d", i)
				e.Slack.AddChannel(slacktest.Channel{ID: channel, Name: strings.ToLower(channel), BotIn: true})
				if err := e.TryDeclare(who, channel, channel+"."); err != nil {
					e.t.Errorf("incident %d: %v", i, err)
					return
				}
			}
		})
	}
	people.Wait()
}
