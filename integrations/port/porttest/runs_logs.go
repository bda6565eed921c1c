package porttest

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"foghorn/integrations/emulator"
)

// maxLogsLimit is the largest limit of the list of logs, and the default.
const maxLogsLimit = 50

// An apiLog is a line of a run's log as the API shows it.
type apiLog struct {
	ID        string `json:"id"`
	RunID     string `json:"runId"`
	Message   string `json:"message"`
	CreatedBy string `json:"createdBy"`
	CreatedAt string `json:"createdAt"`
}

func (s *Server) listLogs(c call) (response, error) {
	run, ok := s.Run(c.path["run_id"])
	if !ok {
		return response{}, notFound("Run", c.path["run_id"])
	}
	out := []apiLog{}
	for i := range run.Logs {
		if i >= c.number("offset", 0) && len(out) < c.number("limit", maxLogsLimit) {
			out = append(out, s.logToAPI(run, i))
		}
	}
	return newResponse(http.StatusOK, "runLogs", out), nil
}

func (s *Server) createLog(c call) (response, error) {
	in := convertJSON[struct{ Message, TerminationStatus, StatusLabel string }](c.body)
	id := c.path["run_id"]
	if run, ok := s.Run(id); !ok || run.Ended() {
		return response{}, s.runStateError(id)
	}
	run := s.AddLog(id, in.Message)
	if in.TerminationStatus != "" || in.StatusLabel != "" {
		_ = s.UpdateRun(id, func(run *Run) {
			run.Status, run.StatusLabel = cmp.Or(in.TerminationStatus, run.Status), cmp.Or(in.StatusLabel, run.StatusLabel)
		})
	}
	if run.ID == "" {
		return response{}, notFound("Run", id)
	}
	return newResponse(http.StatusCreated, "runLog", s.logToAPI(run, len(run.Logs)-1)), nil
}

// AddLog adds a line to a run's log and returns the run, or the zero Run when it does not exist.
func (s *Server) AddLog(id, line string) (updated Run) {
	s.updateQuietly(id, func(r *Run) {
		r.Logs, r.LogTimes = append(r.Logs, line), append(r.LogTimes, time.Now())
		updated = *r
	})
	s.Emit(emulator.Event{From: "port", To: "port", Kind: "log", Text: id + ": " + line, Verbose: true})
	return updated
}

func (s *Server) logToAPI(run Run, i int) apiLog {
	return apiLog{
		ID: fmt.Sprintf("%s_log_%d", run.ID, i), RunID: run.ID, Message: run.Logs[i],
		CreatedBy: s.clientUserID(), CreatedAt: formatTime(run.LogTimes[i]),
	}
}
