package incidentiotest

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
)

// Roles of an API key. https://docs.incident.io/api-reference/api-keys-v1/create
const (
	roleCreator = "incident_creator"
	roleEditor  = "incident_editor"
	roleGlobal  = "global_access" // sees private incidents
	roleOptOut  = "post_incident_flow_opt_out"
	roleViewer  = "viewer"
)

// KeyRoles are all roles of API keys. Those that the emulator does not use have no effect.
var KeyRoles = strings.Fields(`viewer incident_creator incident_editor manage_settings global_access catalog_viewer catalog_editor
	incident_memberships_editor schedules_editor schedules_reader schedule_overrides_editor workflows_editor workflows_viewer
	private_workflows_editor private_escalation_workflows_editor on_call_editor on_call_viewer escalation_creator
	post_incident_flow_opt_out security_settings_editor investigation_download team_memberships_manage status_page_publisher
	postmortems_manage api_keys_manage notification_methods_manage notification_methods_unredacted_viewer
	incident_workload_viewer incident_workload_private_viewer act_on_behalf_of_users secrets_manage secrets_use
	call_transcripts_viewer heartbeats_ping`)

// SetKeyRoles replaces the roles of the key APIKey. If the key was revoked, it is valid again.
func (s *Server) SetKeyRoles(roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[s.APIKey] = append([]string{}, roles...) // not null in JSON
}

// AddKey returns a new API key with these roles.
func (s *Server) AddKey(roles ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := newKey()
	s.keys[key] = append([]string{}, roles...)
	return key
}

// RevokeKey makes an API key invalid. It reports whether the key was valid.
func (s *Server) RevokeKey(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, valid := s.keys[key]
	delete(s.keys, key)
	return valid
}

// keyPattern matches the API keys.
var keyPattern = regexp.MustCompile(`inc_[0-9a-f]{64}`)

func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return "inc_" + hex.EncodeToString(key)
}

func (s *Server) getIdentity(c *call) (int, any) {
	return http.StatusOK, map[string]any{"identity": map[string]any{
		"name": "Port", "roles": c.roles, "dashboard_url": s.cfg.PermalinkBase, "team_roles": []any{}, "teams": []any{},
	}}
}
