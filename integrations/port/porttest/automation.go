package porttest

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// maxChain is the largest number of automations that start each other. Port documents no limit;
// without one a loop of automations would never end.
const maxChain = 100

// dispatchRunEvent starts the automations on the creation or a change of a run.
// https://docs.port.io/actions-and-automations/define-automations/setup-trigger
func (s *Server) dispatchRunEvent(kind string, run Run, before, after map[string]any) {
	s.mu.Lock()
	definition := s.actions.items[run.Action]
	creator := s.creatorLocked(&run)
	s.mu.Unlock()
	event := newEvent(kind, "run", creator, run.Source, before, after)
	event["context"] = map[string]any{"action": definition}
	s.runAutomations(event, run.chain, func(f eventFilter) bool {
		return f.Action == run.Action && (f.Type == kind || f.Type == "ANY_RUN_CHANGE")
	})
}

// reportEntity emits the event of the creation, a change or the deletion of an entity, and starts the automations on it.
// before or after is nil.
func (s *Server) reportEntity(chain int, before, after *Entity) {
	kind, subject := "ENTITY_UPDATED", cmp.Or(after, before)
	text := fmt.Sprintf("%s %q of %s", subject.Identifier, subject.Title, subject.Blueprint)
	switch {
	case before == nil:
		kind = "ENTITY_CREATED"
	case after == nil:
		kind, text = "ENTITY_DELETED", text+" is deleted"
	}
	s.Emit(emulator.Event{From: "port", To: "port", Kind: "entity", Text: text, Body: subject})
	event := newEvent(kind, "entity", s.clientUserID(), sourceAPI, before, after)
	event["context"] = map[string]any{
		"blueprintIdentifier": subject.Blueprint, "entityIdentifier": subject.Identifier, "propertyIdentifier": nil,
	}
	s.runAutomations(event, chain, func(f eventFilter) bool {
		return f.Blueprint == subject.Blueprint && (f.Type == kind || f.Type == "ANY_ENTITY_CHANGE")
	})
}

// newEvent returns the event of a change. before is nil for a creation, after for a deletion.
func newEvent(kind, resource, userID, origin string, before, after any) map[string]any {
	_, verb, _ := strings.Cut(kind, "_") // CREATED, UPDATED, DELETED
	return map[string]any{
		"id": "event_" + randomHex(16), "action": strings.TrimSuffix(verb, "D"), "resourceType": resource,
		"trigger": map[string]any{
			"by": map[string]any{"orgId": organizationID, "userId": userID}, "origin": origin, "at": formatTime(time.Now()),
		},
		"diff": map[string]any{"before": before, "after": after},
	}
}

// runAutomations starts a run of every published automation whose filter and condition match.
// It evaluates conditions without the lock.
func (s *Server) runAutomations(event map[string]any, chain int, matches func(eventFilter) bool) {
	if chain >= maxChain {
		return
	}
	var candidates []*action
	s.mu.Lock()
	for _, a := range s.actions.all() {
		if a.Trigger.Type == "automation" && a.Publish && matches(a.Trigger.Event) {
			candidates = append(candidates, a)
		}
	}
	s.mu.Unlock()
	for _, a := range candidates {
		if data := convertJSON[any](event); conditionHolds(a.Trigger.Condition, data) {
			s.startRun(&Run{
				Action: a.Identifier, Status: InProgress, Source: sourceAutomation, Properties: map[string]any{}, Event: data, chain: chain + 1,
			})
		}
	}
}

// conditionHolds evaluates a JQ condition, whose programs get the event itself. A condition
// without expressions holds.
func conditionHolds(c condition, event any) bool {
	trueCount := countTrue(c.Expressions, event)
	if c.Combinator == "or" && len(c.Expressions) > 0 {
		return trueCount > 0
	}
	return trueCount == len(c.Expressions)
}
