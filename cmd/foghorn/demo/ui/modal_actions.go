package ui

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// openModal returns the view that a form of the page is about. It must still be the top one.
func (s *Server) openModal(form url.Values) (*slacktest.Modal, error) {
	m := s.person(form).TopModal()
	if m == nil || m.ID() != form.Get("view") {
		return nil, errors.New("this view is no longer open")
	}
	return m, nil
}

// handleField sets the values of a field, as soon as the user has changed it. A browser can send the change after
// the submission that closes the view, which is not an error.
func (s *Server) handleField(ctx context.Context, form url.Values) (any, error) {
	m, err := s.openModal(form)
	if err != nil {
		return nil, nil
	}
	return nil, s.fillField(ctx, m, form, form.Get("field"))
}

// handleSearch returns the options that the app finds for a query.
func (s *Server) handleSearch(ctx context.Context, form url.Values) (any, error) {
	m, err := s.openModal(form)
	if err != nil {
		return nil, err
	}
	found, err := m.SearchOptions(ctx, form.Get("field"), form.Get("query"))
	if err != nil {
		return nil, err
	}
	return append([]slacktest.Option{}, found...), nil
}

// handleModalButton presses a button within the view.
func (s *Server) handleModalButton(ctx context.Context, form url.Values) (any, error) {
	m, err := s.openModal(form)
	if err != nil {
		return nil, err
	}
	_, err = m.ClickButton(ctx, form.Get("action"))
	return nil, err
}

// handleSubmit fills all fields and submits the view.
func (s *Server) handleSubmit(ctx context.Context, form url.Values) (any, error) {
	m, err := s.openModal(form)
	if err != nil {
		return nil, err
	}
	for _, name := range form["field"] {
		if err := s.fillField(ctx, m, form, name); err != nil {
			return nil, err
		}
	}
	result, err := m.Submit(ctx)
	if err != nil {
		return nil, err
	}
	s.clientState.setSubmitError(m.ID(), result.ConnectionError)
	return nil, nil
}

// handleClose closes the top view, or all views of the stack. As in Slack, the user does not see whether the app
// has handled it.
func (s *Server) handleClose(ctx context.Context, form url.Values) (any, error) {
	m, err := s.openModal(form)
	if err != nil {
		return nil, nil // it is closed already
	}
	if form.Get("views") == "all" {
		err = m.Dismiss(ctx)
	} else {
		err = m.Close(ctx)
	}
	if code := slacktest.Error(""); errors.As(err, &code) {
		return nil, nil
	}
	return nil, err
}

// fillField sets a field to the values in the form. The app learns of a change if the field dispatches actions.
func (s *Server) fillField(ctx context.Context, m *slacktest.Modal, form url.Values, name string) error {
	fields := m.Fields()
	i := slices.IndexFunc(fields, func(f slacktest.Field) bool { return f.BlockID == name || f.ActionID == name })
	if i < 0 || fields[i].Kind == "file_input" {
		return nil
	}
	f, values := fields[i], form[valuePrefix+name]
	if f.Kind == "datetimepicker" {
		zone := loadTimeZone(s.findUser(form.Get("user")))
		for i, v := range values {
			if t, err := time.ParseInLocation(dateTimeLayout, v, zone); err == nil {
				values[i] = strconv.FormatInt(t.Unix(), 10)
			}
		}
	}
	if !f.Dispatches {
		return m.Fill(name, values...)
	}
	given := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	if slices.Equal(currentValues(m, f), given) {
		return nil // nothing has changed
	}
	_, err := m.Change(ctx, name, values...)
	return err
}

// currentValues returns the values of a field as a form of the page sends them.
func currentValues(m *slacktest.Modal, f slacktest.Field) []string {
	var view struct {
		State struct{ Values map[string]map[string]object }
	}
	_ = json.Unmarshal(m.JSON(), &view) // a closed view has no values
	return formValues(view.State.Values[f.BlockID][f.ActionID][inputTypes[f.Kind].value])
}
