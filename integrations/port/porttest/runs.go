package porttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"foghorn/integrations/emulator"
)

// The statuses of a run.
// https://docs.port.io/create-self-service-experiences/reflect-action-progress
const (
	InProgress         = "IN_PROGRESS"
	WaitingForApproval = "WAITING_FOR_APPROVAL"
	Success            = "SUCCESS"
	Failure            = "FAILURE"
	Declined           = "DECLINED"
)

// The sources of a run.
const (
	sourceAPI        = "API"
	sourceAutomation = "AUTOMATION"
)

// A Run is one execution of an action or an automation.
type Run struct {
	ID          string
	Action      string // identifier
	Blueprint   string // identifier; may be empty
	Entity      string // identifier; may be empty
	Status      string
	StatusLabel string
	Summary     string
	Source      string         // API or AUTOMATION
	RunAs       string         // e-mail address; "" for the client credentials themselves
	Properties  map[string]any // the inputs, with defaults
	Payload     any            // what was sent to the backend, secrets masked
	Response    any            // the backend's answer
	Logs        []string
	LogTimes    []time.Time    // the time of each of Logs
	Link        any            // a string, a list of strings, or nil
	Approval    map[string]any // state, description, userId; nil before the decision
	Event       any            // the event that started an automation
	CreatedAt   time.Time
	UpdatedAt   time.Time
	EndedAt     time.Time // zero before the end

	externalID       any
	requiredApproval any // of the action
	chain            int // number of automations that led to this run
}

// Ended reports whether the run has ended.
func (r Run) Ended() bool {
	return r.Status != InProgress && r.Status != WaitingForApproval
}

// Runs returns the runs of self-service actions, oldest first.
func (s *Server) Runs() []Run { return s.filterRuns(false) }

// AutomationRuns returns the runs of automations, oldest first.
func (s *Server) AutomationRuns() []Run { return s.filterRuns(true) }

func (s *Server) filterRuns(automations bool) []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Run
	for _, r := range s.runs {
		if (r.Source == sourceAutomation) == automations {
			out = append(out, *r)
		}
	}
	return out
}

// Run returns the run with an id.
func (s *Server) Run(id string) (Run, bool) {
	r, err := s.findRun(id)
	return r, err == nil
}

// findRun returns a copy of a run, or the error of the API.
func (s *Server) findRun(id string) (Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.runsByID.find(id)
	if err != nil {
		return Run{}, err
	}
	return *r, nil
}

// WaitRun waits until a run has a status, and returns the run.
func (s *Server) WaitRun(ctx context.Context, id, status string) (Run, error) {
	return s.waitForStatus(ctx, "run "+id, status, func(r *Run) bool { return r.ID == id })
}

// WaitAutomation waits until the latest run of an automation has a status, and returns the run.
func (s *Server) WaitAutomation(ctx context.Context, automation, status string) (Run, error) {
	return s.waitForStatus(ctx, "run of "+automation, status, func(r *Run) bool { return r.Action == automation })
}

// waitForStatus waits until the latest run that matches has a status.
func (s *Server) waitForStatus(ctx context.Context, description, status string, matches func(*Run) bool) (out Run, err error) {
	err = s.wait(ctx, description+" to be "+status, func() bool {
		for _, r := range slices.Backward(s.runs) {
			if matches(r) {
				out = *r
				return r.Status == status
			}
		}
		return false
	})
	return out, err
}

// wait waits until done, which is called with the lock after every change, is true.
func (s *Server) wait(ctx context.Context, description string, done func() bool) error {
	for {
		s.mu.Lock()
		changed, isDone := s.changed, done()
		s.mu.Unlock()
		if isDone {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", description, ctx.Err())
		case <-changed:
		}
	}
}

// EndRun ends a run as its backend would, with the errors of UpdateRun.
func (s *Server) EndRun(id, status, summary string) error {
	return s.UpdateRun(id, func(r *Run) { r.Status, r.Summary = status, summary })
}

// startRun stores a run, starts the automations of its creation and executes it unless it waits
// for approval.
func (s *Server) startRun(run *Run) map[string]any {
	run.ID, run.CreatedAt = "r_"+randomHex(16), s.Clock.Now()
	run.UpdatedAt = run.CreatedAt
	kind := "run"
	if run.Source == sourceAutomation {
		kind = "automation"
	}
	s.mu.Lock()
	if len(s.runs) >= s.cfg.MaxRuns {
		s.dropOldRunsLocked()
	}
	s.runs, s.runsByID.items[run.ID] = append(s.runs, run), run
	created, after := *run, s.runToAPILocked(run, "v2")
	s.notifyLocked()
	s.mu.Unlock()
	body := any(after)
	if created.Event != nil {
		body = map[string]any{"run": after, "event": created.Event}
	}
	s.Emit(emulator.Event{From: "port", To: "port", Kind: kind, Text: created.ID + " of " + created.Action, Body: body})
	s.dispatchRunEvent("RUN_CREATED", created, nil, after)
	if created.Status != WaitingForApproval {
		s.goAsync(func(ctx context.Context) { s.executeRun(ctx, created.ID) })
	}
	return after
}

// dropOldRunsLocked removes the oldest tenth of the runs, except those that have not ended.
func (s *Server) dropOldRunsLocked() {
	drop := s.cfg.MaxRuns/10 + 1
	var kept []*Run
	for _, r := range s.runs {
		if drop > 0 && r.Ended() {
			drop--
			delete(s.runsByID.items, r.ID)
			continue
		}
		kept = append(kept, r)
	}
	s.runs = kept
}

var errRunNotUpdatable = errors.New("the run does not exist or its status does not allow the change")

// UpdateRun changes a run that has not ended, as its backend does, and starts the automations of the change. It fails when
// the run does not exist or has ended.
func (s *Server) UpdateRun(id string, update func(*Run)) error {
	return s.updateRunIf(id, func(r *Run) bool { return !r.Ended() }, update)
}

func (s *Server) updateRunIf(id string, allowed func(*Run) bool, update func(*Run)) error {
	s.mu.Lock()
	r := s.runsByID.items[id]
	if r == nil || !allowed(r) {
		s.mu.Unlock()
		return errRunNotUpdatable
	}
	statusBefore, before := r.Status, s.runToAPILocked(r, "v2")
	update(r)
	r.UpdatedAt = s.Clock.Now()
	if r.Ended() {
		r.EndedAt = r.UpdatedAt
	}
	updated, after := *r, s.runToAPILocked(r, "v2")
	s.notifyLocked()
	s.mu.Unlock()
	if statusBefore != updated.Status && updated.Source != sourceAutomation {
		s.Emit(emulator.Event{
			From: "port", To: "port", Kind: "run", Text: fmt.Sprintf("%s %s %s", id, updated.Status, updated.Summary), Body: after,
		})
	}
	s.dispatchRunEvent("RUN_UPDATED", updated, before, after)
	return nil
}

// updateQuietly changes a run without starting automations: its logs, payload or response.
func (s *Server) updateQuietly(id string, update func(*Run)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runsByID.items[id]; r != nil {
		update(r)
		s.notifyLocked()
	}
}
