package porttest

// State returns a snapshot that can be encoded as JSON: the actions and automations, blueprints, entities by blueprint,
// runs, users, teams, and the names of the secrets. It contains no secrets and no credentials.
func (s *Server) State() any {
	s.mu.Lock()
	entities, runs := map[string][]*Entity{}, []any{}
	for blueprint, stored := range s.entities {
		entities[blueprint] = stored.all()
	}
	for _, r := range s.runs {
		runs = append(runs, s.runToAPILocked(r, "v2"))
	}
	out := map[string]any{
		"actions": s.actions.all(), "blueprints": s.blueprints.all(), "entities": entities, "runs": runs,
		"secrets": s.secrets.all(), "teams": s.teams.ids(), "users": s.users.all(),
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
