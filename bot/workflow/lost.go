package workflow

import (
	"context"
	"encoding/json"
	"reflect"

	"foghorn/integrations/port"
)

// runIndex knows which request a run belongs to.
type runIndex interface {
	RequestForRun(runID string) (id string, ok bool)
}

// findLostRun looks for the run of a request whose answer was lost; nil when Port has none. An action
// with a request-id input identifies the run. Otherwise it is a run of the same person with equal
// properties, created since the request, that belongs to no other request.
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
		if run.Action != "" && run.Action != j.Action || !hasProperties(run.Properties, j.Properties) {
			continue
		}
		if j.HasRequestIDInput {
			return &run, nil
		}
		if !run.CreatedAt.IsZero() && run.CreatedAt.Before(j.CreatedAt.Add(-maxClockSkew)) {
			continue
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
	return nil, nil
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
