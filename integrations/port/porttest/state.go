package porttest

import (
	"maps"
	"slices"
)

// State returns a snapshot that can be encoded as JSON: the actions and automations, blueprints, entities by blueprint,
// runs, users, teams, and the names of the secrets. It contains no secrets and no credentials.
func (s *Server) State() any {
	s.mu.Lock()
	entities, runs := map[string][]*entity{}, []any{}
	for blueprint, stored := range s.entities {
		entities[blueprint] = []*entity{}
		for _, id := range slices.Sorted(maps.Keys(stored)) {
			entities[blueprint] = append(entities[blueprint], stored[id])
		}
	}
	for _, r := range s.runs {
		runs = append(runs, s.runToAPILocked(r, "v2"))
	}
	out := map[string]any{"entities": entities, "runs": runs, "teams": append([]string{}, s.teams...)}
	for _, list := range []handler{s.listActions, s.listBlueprints, s.listSecrets, s.listUsers} {
		answer, _ := list(call{}) // never fails without parameters
		maps.Copy(out, answer.body)
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
