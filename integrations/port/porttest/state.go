package porttest

import (
	"maps"
	"slices"
)

// state is the JSON form of what a Server stores.
type state struct {
	Actions    []map[string]any     `json:"actions"` // and automations, oldest first
	Blueprints []map[string]any     `json:"blueprints"`
	Entities   map[string][]*entity `json:"entities"` // by blueprint
	Runs       []apiRun             `json:"runs"`     // oldest first
	Secrets    []secret             `json:"secrets"`  // without values
	Users      []*user              `json:"users"`
	Teams      []string             `json:"teams"`
}

// State returns a snapshot that can be encoded as JSON: definitions, entities, runs, users and
// teams. It contains no secrets and no credentials.
func (s *Server) State() any {
	s.mu.Lock()
	out := state{
		Actions: []map[string]any{}, Blueprints: []map[string]any{}, Entities: map[string][]*entity{}, Runs: []apiRun{},
		Secrets: s.sortedSecretsLocked(), Users: s.sortedUsersLocked(), Teams: append([]string{}, s.teams...),
	}
	for _, id := range s.actionOrder {
		out.Actions = append(out.Actions, s.actions[id].raw)
	}
	for _, id := range slices.Sorted(maps.Keys(s.blueprints)) {
		out.Blueprints = append(out.Blueprints, s.blueprints[id].raw)
	}
	for blueprint, entities := range s.entities {
		out.Entities[blueprint] = []*entity{}
		for _, id := range slices.Sorted(maps.Keys(entities)) {
			out.Entities[blueprint] = append(out.Entities[blueprint], entities[id])
		}
	}
	for _, r := range s.runs {
		out.Runs = append(out.Runs, s.runToAPILocked(r, "v2"))
	}
	s.mu.Unlock()
	return s.maskSecrets(out)
}

// Reset removes actions, automations, blueprints, entities, runs, secrets and planned faults. It
// keeps the credentials, access tokens, users and teams.
func (s *Server) Reset() {
	s.ClearFaults()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalog = newCatalog()
	s.notifyLocked()
}
