package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ConnectionErrorText is what Slack shows when the ack of a submission is late or invalid. The app is
// not informed.
const ConnectionErrorText = "We had some trouble connecting. Try again?"

// Result is the outcome of a submission for the person.
type Result struct {
	Sent            bool              `json:"sent"`             // false: the client found errors and sent nothing
	Closed          bool              `json:"closed"`           // the modal is closed
	Errors          map[string]string `json:"errors"`           // by label; of the client if not Sent, otherwise of the app
	Updated         bool              `json:"updated"`          // the app updated the modal
	Pushed          bool              `json:"pushed"`           // the app pushed a modal; Person.WaitTopModal returns it
	ConnectionError string            `json:"connection_error"` // ConnectionErrorText or ""
	Reason          string            `json:"reason"`           // with ConnectionError: the cause, for the developer
	Ack             Ack               `json:"ack"`
}

// Submit clicks the submit button: it validates the fields as Slack's client does, sends
// view_submission and applies the ack. A late or invalid ack is not an error; it sets
// Result.ConnectionError.
func (m *Modal) Submit(ctx context.Context) (Result, error) { return m.submit(ctx, true) }

// SubmitUnchecked is Submit without the validation of the client.
func (m *Modal) SubmitUnchecked(ctx context.Context) (Result, error) { return m.submit(ctx, false) }

func (m *Modal) submit(ctx context.Context, check bool) (res Result, err error) {
	s := m.p.s
	res.Errors = map[string]string{}
	res.Ack, err = m.p.interact(ctx, "view_submission", func(payload map[string]any) (bool, error) {
		v, err := m.viewLocked()
		switch {
		case err != nil:
			return false, err
		case v.body["submit"] == nil:
			return false, errors.New("modal has no submit button")
		case s.topViewLocked(v.user) != v:
			return false, errors.New("modal is not the top one")
		}
		v.errors = nil
		if check {
			v.errors = v.validateInputs()
		}
		if len(v.errors) > 0 {
			res.Errors = v.errorsByLabel()
			s.notifyErrorsLocked(v)
			return false, nil
		}
		res.Sent = true
		payload["trigger_id"] = s.newTriggerLocked(m.p.ID)
		payload["view"] = v.toPayloadLocked(s)
		payload["response_urls"] = s.responseURLsLocked(v)
		s.emit("person", "slack", "submission", textOf(v.body["title"]), payload["view"])
		return true, nil
	})
	if word := Error(""); res.Sent && errors.As(err, &word) {
		res.ConnectionError, res.Reason = ConnectionErrorText, word.Error()
		return res, nil
	}
	if err != nil || !res.Sent {
		return res, err
	}
	err = m.withView(func(v *view) error {
		if err := s.applyAckLocked(v, res.Ack.Payload, &res); err != nil {
			res.ConnectionError, res.Reason = ConnectionErrorText, err.Error()
			s.emit("slack", "person", "error", ConnectionErrorText+" ("+res.Reason+")", nil)
		}
		m.seen = v.version
		return nil
	})
	if errors.Is(err, ErrNotOpen) { // the person closed it in the meantime
		res.Closed, err = true, nil
	}
	return res, err
}

// applyAckLocked applies the ack of a submission. It returns an error for an invalid ack.
// https://docs.slack.dev/surfaces/modals#handling_submissions
func (s *Server) applyAckLocked(v *view, payload json.RawMessage, res *Result) error {
	if payload == nil {
		s.removeViewLocked(v)
		res.Closed = true
		return nil
	}
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if err := json.Unmarshal(payload, &a); err != nil {
		return fmt.Errorf("decode ack: %w", err)
	}
	switch a.Action {
	case "clear":
		s.removeViewLocked(s.stacks[v.user][0])
		res.Closed = true
	case "errors":
		return s.setErrorsLocked(v, a.Errors, res)
	case "update", "push":
		content, err := decodeJSON(a.View)
		if err != nil {
			return fmt.Errorf("view: %w", err)
		}
		body, err := parseView(content, "/view", "modal")
		if err != nil {
			return fmt.Errorf("view: %w", withDetails(err))
		}
		if s.hasExternalIDLocked(body, v) {
			return Error("duplicate_external_id")
		}
		if a.Action == "update" {
			s.changeViewLocked(v, body)
			res.Updated = true
			return nil
		}
		if len(s.stacks[v.user]) >= MaxStack {
			return Error("push_limit_reached")
		}
		s.pushViewLocked(v.user, body)
		res.Pushed = true
	default:
		return fmt.Errorf("unknown response_action %q", a.Action)
	}
	return nil
}

// setErrorsLocked shows the errors of the app below the fields. Each must be for an input block.
func (s *Server) setErrorsLocked(v *view, byBlock map[string]string, res *Result) error {
	if len(byBlock) == 0 {
		return errors.New("response_action errors has no errors")
	}
	inputs := map[string]bool{}
	for _, f := range v.fields() {
		inputs[f.block] = inputs[f.block] || f.isInput
	}
	for _, id := range slices.Sorted(maps.Keys(byBlock)) {
		if !inputs[id] {
			return fmt.Errorf("errors for %q, which is not an input block", id)
		}
	}
	v.errors = byBlock
	res.Errors = v.errorsByLabel()
	s.notifyErrorsLocked(v)
	return nil
}

// notifyErrorsLocked emits that the modal shows errors.
func (s *Server) notifyErrorsLocked(v *view) {
	s.notifyLocked()
	s.emitVerbose("slack", "person", "view", "errors: "+textOf(v.body["title"]), v.errorsByLabel())
}

// withDetails adds the details of an API error to its text.
func withDetails(err error) error {
	no, ok := err.(apiError)
	if !ok {
		return err
	}
	return fmt.Errorf("%w %s", no.code, marshalJSON(no.details))
}

// responseURLsLocked returns the response_urls for the inputs with response_url_enabled.
func (s *Server) responseURLsLocked(v *view) []any {
	out := []any{}
	for _, f := range v.fields() {
		if on, _ := f.element["response_url_enabled"].(bool); !on {
			continue
		}
		channel, _ := v.value(f).(string)
		if channel == "" {
			continue
		}
		out = append(out, map[string]any{
			"block_id": f.block, "action_id": f.action, "channel_id": channel,
			"response_url": s.newResponseURLLocked("actions", v.user, channel, ""),
		})
	}
	return out
}
