package porttest

import (
	"strings"
	"time"
)

// maxChain is how long a chain of automations that trigger each other grows. Port documents
// no guard; without one a test could never end.
const maxChain = 100

// runEvent tells the automations that a run was created or has changed.
// https://docs.port.io/actions-and-automations/define-automations/setup-trigger
func (s *Server) runEvent(kind string, chain int, before, after map[string]any) {
	action, _ := after["action"].(map[string]any)
	id := text(action["identifier"])
	s.mu.Lock()
	definition := copyOf(s.actions[id])
	s.mu.Unlock()
	event := s.event(kind, before, after, map[string]any{"action": definition})
	event["resourceType"] = "run"
	trigger, _ := event["trigger"].(map[string]any)
	trigger["by"], trigger["origin"] = map[string]any{"orgId": orgID, "userId": after["createdBy"]}, after["source"]
	s.fire(kind, "ANY_RUN_CHANGE", "actionIdentifier", id, event, chain)
}

// entityEvent tells the automations that an entity was created, changed or deleted.
func (s *Server) entityEvent(kind string, chain int, blueprint, id string, before, after map[string]any) {
	event := s.event(kind, before, after, map[string]any{"blueprintIdentifier": blueprint, "entityIdentifier": id, "propertyIdentifier": nil})
	event["resourceType"] = "entity"
	s.fire(kind, "ANY_ENTITY_CHANGE", "blueprintIdentifier", blueprint, event, chain)
}

func (s *Server) event(kind string, before, after, about map[string]any) map[string]any {
	_, verb, _ := strings.Cut(kind, "_") // CREATED, UPDATED, DELETED
	return map[string]any{
		"id": "event_" + random(16), "action": strings.TrimSuffix(verb, "D"), "context": about,
		"trigger": map[string]any{"by": map[string]any{"orgId": orgID, "userId": s.ClientID + "@clients"}, "origin": sourceAPI, "at": stamp(time.Now())},
		"diff":    map[string]any{"before": orNil(before), "after": orNil(after)},
	}
}

func orNil(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// fire runs the published automations that an event concerns. Their conditions are
// evaluated without the lock.
func (s *Server) fire(kind, anyKind, key, value string, event map[string]any, chain int) {
	if chain >= maxChain {
		return
	}
	type candidate struct {
		id        string
		condition map[string]any
	}
	var due []candidate
	s.mu.Lock()
	for _, id := range s.order {
		a := s.actions[id]
		trigger, _ := a["trigger"].(map[string]any)
		on, _ := trigger["event"].(map[string]any)
		if trigger["type"] == "automation" && a["publish"] != false && on[key] == value && (on["type"] == kind || on["type"] == anyKind) {
			condition, _ := trigger["condition"].(map[string]any)
			due = append(due, candidate{id, copyOf(condition)})
		}
	}
	s.mu.Unlock()
	for _, c := range due {
		if seen := copyOf[any](event); holds(c.condition, seen) {
			s.begin(&Run{Action: c.id, Status: InProgress, Source: sourceAutomation, Properties: map[string]any{}, Event: seen, chain: chain + 1})
		}
	}
}

// holds evaluates the JQ condition of an automation: its programs see the event itself.
// No condition, or one without expressions, holds always.
func holds(condition map[string]any, event any) bool {
	expressions, _ := condition["expressions"].([]any)
	yes := 0
	for _, e := range expressions {
		if query(text(e), event) == true {
			yes++
		}
	}
	if condition["combinator"] == "or" && len(expressions) > 0 {
		return yes > 0
	}
	return yes == len(expressions)
}
