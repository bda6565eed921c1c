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

const (
	sourceAPI        = "API"
	sourceAutomation = "AUTOMATION"
)

// A Run is one execution of an action or an automation.
type Run struct {
	ID          string
	Action      string // identifier
	Blueprint   string
	Entity      string
	Status      string
	StatusLabel string // statusLabel
	Summary     string
	Source      string         // API or AUTOMATION
	RunAs       string         // e-mail; "" when the credentials ran it themselves
	Properties  map[string]any // as they were sent, with defaults
	Payload     any            // what was sent to the backend, secrets masked
	Response    any            // what it answered
	Logs        []string
	LogTimes    []time.Time    // when each of Logs was written
	Link        any            // where its backend shows it: a string, a list of strings, or nil
	Approval    map[string]any // state, description, userId; nil until somebody decided
	Event       any            // what triggered an automation
	CreatedAt   time.Time
	UpdatedAt   time.Time
	EndedAt     time.Time

	externalID       any
	requiredApproval any // as the action says
	chain            int // how many automations led here
}

// Ended reports that the run has ended.
func (r Run) Ended() bool {
	return r.Status != InProgress && r.Status != WaitingForApproval
}

func (r *Run) addLog(line string) {
	r.Logs, r.LogTimes = append(r.Logs, line), append(r.LogTimes, time.Now())
}

// Runs are all runs that people and programs made, oldest first.
func (s *Server) Runs() []Run { return s.filterRuns(false) }

// AutomationRuns are the runs of automations, oldest first.
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

// Run is the run with an id.
func (s *Server) Run(id string) (Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runsByID[id]
	if r == nil {
		return Run{}, false
	}
	return *r, true
}

// WaitRun waits until a run has a status.
func (s *Server) WaitRun(ctx context.Context, id, status string) (Run, error) {
	return s.waitForStatus(ctx, "run "+id, status, func(r *Run) bool { return r.ID == id })
}

// WaitAutomation waits until the latest run of an automation has a status.
func (s *Server) WaitAutomation(ctx context.Context, automation, status string) (Run, error) {
	return s.waitForStatus(ctx, "a run of "+automation, status, func(r *Run) bool { return r.Action == automation })
}

func (s *Server) waitForStatus(ctx context.Context, what, status string, which func(*Run) bool) (Run, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		for _, r := range slices.Backward(s.runs) {
			if !which(r) {
				continue
			}
			if r.Status == status {
				defer s.mu.Unlock()
				return *r, nil
			}
			break
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return Run{}, fmt.Errorf("wait for %s to be %s: %w", what, status, ctx.Err())
		case <-changed:
		}
	}
}

var errRunNotUpdatable = errors.New("there is no such run, or it does not wait for this")

// EndRun ends a run as its backend would.
func (s *Server) EndRun(id, status, summary string) error {
	return s.updateRun(id, func(r *Run) { r.Status, r.Summary = status, summary })
}

// Approve lets a run that waits for approval go on. The run outlives ctx.
func (s *Server) Approve(ctx context.Context, id string) error {
	return errors.Join(ctx.Err(), s.decideApproval(id, "APPROVE", ""))
}

// Decline ends a run that waits for approval.
func (s *Server) Decline(ctx context.Context, id string) error {
	return errors.Join(ctx.Err(), s.decideApproval(id, "DECLINE", ""))
}

func (s *Server) decideApproval(id, decision, why string) error {
	err := s.updateRunIf(id, func(r *Run) bool { return r.Status == WaitingForApproval }, func(r *Run) {
		r.Approval = map[string]any{"state": decision + "D", "description": why, "userId": s.ClientID + "@clients"}
		if r.Status = InProgress; decision == "DECLINE" {
			r.Status = Declined
		}
	})
	if err == nil && decision == "APPROVE" {
		s.goAsync(func(ctx context.Context) { s.executeRun(ctx, id) })
	}
	return err
}

// updateRun changes a run that has not ended, and tells the automations.
func (s *Server) updateRun(id string, f func(*Run)) error {
	return s.updateRunIf(id, func(r *Run) bool { return !r.Ended() }, f)
}

func (s *Server) updateRunIf(id string, may func(*Run) bool, f func(*Run)) error {
	s.mu.Lock()
	r := s.runsByID[id]
	if r == nil || !may(r) {
		s.mu.Unlock()
		return errRunNotUpdatable
	}
	before := s.runToAPILocked(r, "v2", nil)
	f(r)
	r.UpdatedAt = time.Now()
	if r.Ended() {
		r.EndedAt = r.UpdatedAt
	}
	after, now := s.runToAPILocked(r, "v2", nil), *r
	s.notifyLocked()
	s.mu.Unlock()
	if before["status"] != now.Status && now.Source != sourceAutomation {
		s.Emit(emulator.Event{From: "port", To: "port", Kind: "run", Text: fmt.Sprintf("%s %s %s", id, now.Status, now.Summary), Body: after})
	}
	s.dispatchRunEvent("RUN_UPDATED", now.chain, before, after)
	return nil
}

// updateQuietly changes a run without telling the automations: its logs, its payload, its response.
func (s *Server) updateQuietly(id string, f func(*Run)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runsByID[id]; r != nil {
		f(r)
		s.notifyLocked()
	}
}

// appendLog writes a line, and gives the run as it then is; the zero Run when there is none.
func (s *Server) appendLog(id, line string) (logged Run) {
	s.updateQuietly(id, func(r *Run) {
		r.addLog(line)
		logged = *r
	})
	s.Emit(emulator.Event{From: "port", To: "port", Kind: "log", Text: id + ": " + line, Detail: true})
	return logged
}

// startRun adds a run, tells the automations and executes it unless it waits.
func (s *Server) startRun(run *Run) (wire map[string]any) {
	run.ID, run.CreatedAt = "r_"+randomHex(16), time.Now()
	run.UpdatedAt = run.CreatedAt
	kind := "run"
	if run.Source == sourceAutomation {
		kind = "automation"
	}
	s.mu.Lock()
	if len(s.runs) >= s.cfg.MaxRuns {
		s.dropOldRunsLocked()
	}
	s.runs, s.runsByID[run.ID] = append(s.runs, run), run
	after := s.runToAPILocked(run, "v2", nil)
	waits := run.Status == WaitingForApproval
	s.notifyLocked()
	s.mu.Unlock()
	body := after
	if run.Event != nil {
		body = map[string]any{"run": after, "event": run.Event}
	}
	s.Emit(emulator.Event{From: "port", To: "port", Kind: kind, Text: run.ID + " of " + run.Action, Body: body})
	s.dispatchRunEvent("RUN_CREATED", run.chain, nil, after)
	if !waits {
		s.goAsync(func(ctx context.Context) { s.executeRun(ctx, run.ID) })
	}
	return after
}

// dropOldRunsLocked drops the oldest tenth of the runs, as far as they have ended. The caller holds the lock.
func (s *Server) dropOldRunsLocked() {
	drop := s.cfg.MaxRuns/10 + 1
	var kept []*Run
	for _, r := range s.runs {
		if drop > 0 && r.Ended() {
			drop--
			delete(s.runsByID, r.ID)
			continue
		}
		kept = append(kept, r)
	}
	s.runs = kept
}
