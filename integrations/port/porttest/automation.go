package porttest

import (
	"strings"
	"time"
)

// maxChain is how long a chain of automations that trigger each other grows. Port documents
// no guard; without one a test could never end.
const maxChain = 100

// dispatchRunEvent tells the automations that a run was created or has changed.
// https://docs.port.io/actions-and-automations/define-automations/setup-trigger
func (s *Server) dispatchRunEvent(kind string, chain int, before, after map[string]any) {
	action, _ := after["action"].(map[string]any)
	id := toText(action["identifier"])
	s.mu.Lock()
	definition := deepCopy(s.actions[id])
	s.mu.Unlock()
	event := s.newEvent(kind, before, after, map[string]any{"action": definition})
	event["resourceType"] = "run"
	trigger, _ := event["trigger"].(map[string]any)
	trigger["by"], trigger["origin"] = map[string]any{"orgId": organizationID, "userId": after["createdBy"]}, after["source"]
	s.runAutomations(kind, "ANY_RUN_CHANGE", "actionIdentifier", id, event, chain)
}

// dispatchEntityEvent tells the automations that an entity was created, changed or deleted.
func (s *Server) dispatchEntityEvent(kind string, chain int, blueprint, id string, before, after map[string]any) {
	event := s.newEvent(kind, before, after, map[string]any{"blueprintIdentifier": blueprint, "entityIdentifier": id, "propertyIdentifier": nil})
	event["resourceType"] = "entity"
	s.runAutomations(kind, "ANY_ENTITY_CHANGE", "blueprintIdentifier", blueprint, event, chain)
}

func (s *Server) newEvent(kind string, before, after, about map[string]any) map[string]any {
	_, verb, _ := strings.Cut(kind, "_") // CREATED, UPDATED, DELETED
	return map[string]any{
		"id": "event_" + randomHex(16), "action": strings.TrimSuffix(verb, "D"), "context": about,
		"trigger": map[string]any{"by": map[string]any{"orgId": organizationID, "userId": s.ClientID + "@clients"}, "origin": sourceAPI, "at": formatTime(time.Now())},
		"diff":    map[string]any{"before": nullIfNil(before), "after": nullIfNil(after)},
	}
}

func nullIfNil(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// runAutomations runs the published automations that an event concerns. Their conditions are
// evaluated without the lock.
func (s *Server) runAutomations(kind, anyKind, key, value string, event map[string]any, chain int) {
	if chain >= maxChain {
		return
	}
	type candidate struct {
		id        string
		condition map[string]any
	}
	var due []candidate
	s.mu.Lock()
	for _, id := range s.actionOrder {
		a := s.actions[id]
		trigger, _ := a["trigger"].(map[string]any)
		on, _ := trigger["event"].(map[string]any)
		if trigger["type"] == "automation" && a["publish"] != false && on[key] == value && (on["type"] == kind || on["type"] == anyKind) {
			condition, _ := trigger["condition"].(map[string]any)
			due = append(due, candidate{id, deepCopy(condition)})
		}
	}
	s.mu.Unlock()
	for _, c := range due {
		if seen := deepCopy[any](event); conditionHolds(c.condition, seen) {
			s.startRun(&Run{Action: c.id, Status: InProgress, Source: sourceAutomation, Properties: map[string]any{}, Event: seen, chain: chain + 1})
		}
	}
}

// conditionHolds evaluates the JQ condition of an automation: its programs see the event itself.
// No condition, or one without expressions, holds always.
func conditionHolds(condition map[string]any, event any) bool {
	expressions, _ := condition["expressions"].([]any)
	yes := 0
	for _, e := range expressions {
		if evalJQ(toText(e), event) == true {
			yes++
		}
	}
	if condition["combinator"] == "or" && len(expressions) > 0 {
		return yes > 0
	}
	return yes == len(expressions)
}
