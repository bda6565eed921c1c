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
// none, errUnproven if that cannot be proven. If the action has an input for the request's id, that identifies the run.
// Otherwise it is a run of the same person with equal properties, created since the request, that
// belongs to no other request. Of an old request such a run proves nothing, because the run of another request that has
// ended since could be taken for it.
func (w *Workflow) findLostRun(ctx context.Context, j *job) (*port.Run, error) {
	sent, identified := requestIDInput(j)
	query := port.RunsQuery{Action: j.Action, Exclude: []string{"payload", "response"}, Limit: port.MaxRuns}
	if !identified {
		sent, query.UserEmail = j.Properties, j.Email
	}
	runs, err := w.cfg.Port.ListRuns(ctx, query)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		same := compareRun(run, j, sent, identified)
		if same == different {
			continue
		}
		if identified && same == equal {
			return &run, nil
		}
		if holder, ok := w.index.RequestForRun(run.ID); ok && holder != j.ID {
			continue
		}
		if same == unknown || j.CreatedAt.Before(w.index.KnownSince()) {
			return nil, errUnproven
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

// compareRun says whether a run is that of a request, by the inputs that were sent. identified says that they are its id.
func compareRun(run port.Run, j *job, sent map[string]any, identified bool) sameness {
	same := compareInputs(run, sent)
	switch {
	case run.Action != "" && run.Action != j.Action:
		return different
	case identified && same == equal:
		return equal
	case isOlder(run, j):
		return different
	case identified && len(run.Properties)+len(run.RawInputs) > 0: // the request's own run would show its id
		return different
	}
	return same
}

// requestIDInput is the input with the request's id, which no other run has; false if the action has none.
func requestIDInput(j *job) (input map[string]any, ok bool) {
	if !j.HasRequestIDInput {
		return nil, false
	}
	for name, value := range j.Properties {
		if value == j.RunInputID() {
			return map[string]any{name: value}, true
		}
	}
	return nil, false
}

// isOlder reports whether a run was created before the request, also if the clocks differ.
func isOlder(run port.Run, j *job) bool {
	return !run.CreatedAt.IsZero() && run.CreatedAt.Before(j.CreatedAt.Add(-MaxClockSkew))
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

// A sameness says whether the inputs of a run are those of a request.
type sameness int

const (
	equal     sameness = iota
	different          // at least one input has another value
	unknown            // Port shows an input in a form that cannot be compared
)

// compareInputs compares the inputs that Port shows of a run with those that were sent. Port may have added defaults, and
// shows an entity as an object.
func compareInputs(run port.Run, sent map[string]any) sameness {
	result := equal
	for name, value := range sent {
		raw, hasRaw := run.RawInputs[name]
		resolved, hasResolved := run.Properties[name]
		switch {
		case hasRaw && isEqual(raw, value), hasResolved && isEqual(resolved, value):
		case hasRaw && isComparable(raw, value), hasResolved && isComparable(resolved, value):
			return different
		default:
			result = unknown
		}
	}
	return result
}

// isEqual reports whether two inputs are the same. An entity is the same as its identifier.
func isEqual(shown, sent any) bool {
	return reflect.DeepEqual(normalizeInput(shown), normalizeInput(sent))
}

// isComparable reports that two inputs that are not equal are different: both are of the same kind. Port may show a date
// in another form.
func isComparable(shown, sent any) bool {
	a, b := normalizeInput(shown), normalizeInput(sent)
	if isDate(a) && isDate(b) {
		return false
	}
	return a != nil && reflect.TypeOf(a) == reflect.TypeOf(b)
}

func isDate(v any) bool {
	s, _ := v.(string)
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// normalizeInput is an input as encoding/json decodes it, with the identifier of each entity in its place.
func normalizeInput(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	_ = json.Unmarshal(data, &out) // it was just encoded
	return replaceEntities(out)
}

func replaceEntities(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["identifier"].(string); ok {
			return id
		}
	case []any:
		for i := range v {
			v[i] = replaceEntities(v[i])
		}
	}
	return v
}
