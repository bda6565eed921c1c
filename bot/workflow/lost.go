package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"foghorn/integrations/port"
)

// runIndex knows which request a run belongs to, if the request is open or ended after KnownSince.
type runIndex interface {
	RequestForRun(runID string) (id string, ok bool)
	KnownSince() time.Time
}

// errUnproven reports that the run was not found in a list that can be incomplete.
var errUnproven = errors.New("the list of runs does not reach back to the request")

// findLostRun looks for the run of a request whose answer was lost; nil if it is proven that Port has
// none, errUnproven if that cannot be proven. An action with a request-id input identifies the run.
// Otherwise it is a run of the same person with equal properties, created since the request, that
// belongs to no other request. Of an old request such a run proves nothing, because the run of another request that has
// ended since could be taken for it.
func (w *Workflow) findLostRun(ctx context.Context, j *job) (*port.Run, error) {
	query := port.RunsQuery{Action: j.Action, Exclude: []string{"payload", "response"}, Limit: port.MaxRuns}
	if !j.HasRequestIDInput {
		query.UserEmail = j.Email
	}
	runs, err := w.cfg.Port.ListRuns(ctx, query)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		if !mayBeRunOf(j, run) {
			continue
		}
		if j.HasRequestIDInput {
			return &run, nil
		}
		if j.CreatedAt.Before(w.index.KnownSince()) {
			return nil, errUnproven
		}
		if holder, ok := w.index.RequestForRun(run.ID); ok && holder != j.ID {
			continue
		}
		claimed, err := w.store.ClaimRun(ctx, run.ID, j.ID)
		if err != nil {
			return nil, err
		}
		if claimed {
			return &run, nil
		}
	}
	if !provesAbsence(runs, j.CreatedAt.Add(-MaxClockSkew)) {
		return nil, errUnproven
	}
	return nil, nil
}

// mayBeRunOf reports whether a run has the action and the inputs of a request, and is not older.
func mayBeRunOf(j *job, run port.Run) bool {
	if run.Action != "" && run.Action != j.Action || !hasProperties(run.Properties, j.Properties) {
		return false
	}
	return j.HasRequestIDInput || run.CreatedAt.IsZero() || !run.CreatedAt.Before(j.CreatedAt.Add(-MaxClockSkew))
}

// provesAbsence reports whether a list contains every run that was created after a time: it is complete,
// or it is sorted newest first and ends before that time. Port lists at most port.MaxRuns runs, and
// documents no order.
func provesAbsence(runs []port.Run, after time.Time) bool {
	if len(runs) < port.MaxRuns {
		return true
	}
	newestFirst := slices.IsSortedFunc(runs, func(a, b port.Run) int { return b.CreatedAt.Compare(a.CreatedAt) })
	oldest := runs[len(runs)-1].CreatedAt
	return newestFirst && !oldest.IsZero() && oldest.Before(after)
}

// hasProperties reports whether a run has all of the wanted properties. Port may have added defaults.
func hasProperties(run, want map[string]any) bool {
	for name, value := range want {
		if !reflect.DeepEqual(normalizeJSON(run[name]), normalizeJSON(value)) {
			return false
		}
	}
	return true
}

// normalizeJSON is a value as encoding/json decodes it.
func normalizeJSON(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	_ = json.Unmarshal(data, &out) // it was just encoded
	return out
}
