package porttest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"foghorn/integrations/emulator"
)

// addControlRoutes adds what happens in Port, and what a test reads, to the control API. See
// [emulator.Server.ControlURL] for its common part. The routes, below /control/, are:
//
//	GET  {$}              api_url, client_id, client_secret and users
//	POST users            {"email","teams"}
//	POST blueprints       {"blueprint": {…}}: creates or replaces it, as in Port's API
//	POST actions          {"action": {…}}: creates or replaces an action or an automation
//	GET  entities         ?blueprint=service
//	POST entities         {"blueprint","entity": {…}}: creates or replaces it
//	POST entities/delete  {"blueprint","identifier"}
//	POST secrets          {"name","value"}
//	GET  runs             ?action=a&status=SUCCESS&wait=5s: the runs of actions, oldest first; wait waits for the first
//	POST runs/end         {"id","status","summary"}: ends a run as its backend does
//	POST runs/approve     {"id"}: a run that waits for approval starts
//	POST runs/decline     {"id"}
//	POST outcomes         {"action","times","status","summary","label","logs"}: how the next runs of an action end, without a
//	                      call of its backend; see Outcome
func (s *Server) addControlRoutes() {
	s.EnableControl(s.State, s.Reset)
	s.HandleControl("GET {$}", emulator.HandleGet(func(context.Context, url.Values) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return map[string]any{"api_url": s.URL(), "client_id": s.ClientID, "client_secret": s.ClientSecret, "users": s.users.all()}, nil
	}))
	type request struct {
		ID          string          `json:"id"`
		Status      string          `json:"status"`
		Summary     string          `json:"summary"`
		Email       string          `json:"email"`
		Teams       []string        `json:"teams"`
		Name        string          `json:"name"`
		Value       string          `json:"value"`
		Identifier  string          `json:"identifier"`
		Blueprint   json.RawMessage `json:"blueprint"`
		Action      json.RawMessage `json:"action"`
		Entity      json.RawMessage `json:"entity"`
		BlueprintID string          `json:"-"`
	}
	for pattern, change := range map[string]func(context.Context, request) error{
		"POST users":      func(_ context.Context, in request) error { return s.AddUser(in.Email, in.Teams...) },
		"POST blueprints": func(_ context.Context, in request) error { return s.PutBlueprint(in.Blueprint) },
		"POST actions":    func(_ context.Context, in request) error { return s.PutAction(in.Action) },
		"POST entities":   func(_ context.Context, in request) error { return s.PutEntity(in.BlueprintID, in.Entity) },
		"POST entities/delete": func(_ context.Context, in request) error {
			return s.DeleteEntity(in.BlueprintID, in.Identifier)
		},
		"POST secrets":      func(_ context.Context, in request) error { s.SetSecret(in.Name, in.Value); return nil },
		"POST runs/end":     func(_ context.Context, in request) error { return s.endRunAs(in.ID, in.Status, in.Summary) },
		"POST runs/approve": func(ctx context.Context, in request) error { return s.Approve(ctx, in.ID) },
		"POST runs/decline": func(ctx context.Context, in request) error { return s.Decline(ctx, in.ID) },
	} {
		s.HandleControl(pattern, emulator.HandlePost(func(ctx context.Context, in request) (any, error) {
			_ = json.Unmarshal(in.Blueprint, &in.BlueprintID) // an identifier, or a whole blueprint
			return map[string]any{}, change(ctx, in)
		}))
	}
	s.HandleControl("GET entities", emulator.HandleGet(s.controlEntities))
	s.HandleControl("GET runs", emulator.HandleGet(s.controlRuns))
	s.HandleControl("POST outcomes", emulator.HandlePost(func(_ context.Context, in Outcome) (any, error) {
		return map[string]any{}, s.AddOutcome(in)
	}))
}

func (s *Server) controlEntities(_ context.Context, q url.Values) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entities, err := s.entitiesLocked(q.Get("blueprint"))
	return map[string]any{"entities": entities.all()}, err
}

func (s *Server) controlRuns(ctx context.Context, q url.Values) (any, error) {
	list := func() []any {
		out := []any{}
		for _, r := range s.runs {
			if r.Source == sourceAPI && cmp.Or(q.Get("action"), r.Action) == r.Action && cmp.Or(q.Get("status"), r.Status) == r.Status {
				shown := s.runToAPILocked(r, "v2")
				shown["logs"] = append([]string{}, r.Logs...)
				out = append(out, shown)
			}
		}
		return out
	}
	if q.Get("wait") != "" {
		if err := s.wait(ctx, "a run", func() bool { return len(list()) > 0 }); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	runs := list()
	s.mu.Unlock()
	return s.maskSecrets(map[string]any{"runs": runs}), nil
}

// endRunAs is EndRun with a check of the status.
func (s *Server) endRunAs(id, status, summary string) error {
	if !slices.Contains([]string{Success, Failure}, status) {
		return fmt.Errorf("the status is %q; it must be %s or %s", status, Success, Failure)
	}
	return s.EndRun(id, status, summary)
}

// An Outcome is what a backend reports about runs of an action, which are not sent to the action's own backend then.
type Outcome struct {
	Action  string   `json:"action"` // identifier
	Times   int      `json:"times"`  // number of runs; 0 means until Reset
	Status  string   `json:"status"` // SUCCESS or FAILURE; "" leaves the run in progress
	Summary string   `json:"summary"`
	Label   string   `json:"label"`
	Logs    []string `json:"logs"`
}

// AddOutcome adds an outcome. For each run, the oldest outcome of its action is used.
func (s *Server) AddOutcome(o Outcome) error {
	if !slices.Contains([]string{"", Success, Failure}, o.Status) {
		return fmt.Errorf("the status is %q; it must be %s, %s or empty", o.Status, Success, Failure)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.actions.items[o.Action] == nil || o.Times < 0 {
		return errors.New("the action does not exist, or times is negative")
	}
	s.outcomes = append(s.outcomes, o)
	return nil
}

// takeOutcomeLocked returns the outcome of a run of an action, or nil.
func (s *Server) takeOutcomeLocked(action string) *Outcome {
	i := slices.IndexFunc(s.outcomes, func(o Outcome) bool { return o.Action == action })
	if i < 0 {
		return nil
	}
	o := s.outcomes[i]
	if s.outcomes[i].Times--; o.Times == 1 {
		s.outcomes = slices.Delete(s.outcomes, i, i+1)
	} else if o.Times == 0 {
		s.outcomes[i].Times = 0
	}
	return &o
}

// apply reports an outcome about a run.
func (o Outcome) apply(s *Server, run string) {
	for _, line := range o.Logs {
		s.AddLog(run, line)
	}
	_ = s.UpdateRun(run, func(r *Run) { // it has ended already
		r.Summary, r.StatusLabel, r.Status = o.Summary, o.Label, cmp.Or(o.Status, r.Status)
	})
}
