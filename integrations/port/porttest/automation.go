package porttest

import (
	"strings"
	"time"
)

// maxChain is the largest number of automations that start each other. Port documents no limit;
// without one a loop of automations would never end.
const maxChain = 100

// An automationEvent is the change that starts an automation.
type automationEvent struct {
	ID           string       `json:"id"`
	Action       string       `json:"action"` // CREATE, UPDATE or DELETE
	ResourceType string       `json:"resourceType"`
	Context      any          `json:"context"`
	Trigger      eventTrigger `json:"trigger"`
	Diff         eventDiff    `json:"diff"`
}

type eventTrigger struct {
	By     eventUser `json:"by"`
	Origin string    `json:"origin"`
	At     string    `json:"at"`
}

type eventUser struct {
	OrgID  string `json:"orgId"`
	UserID string `json:"userId"`
}

// An eventDiff has nil before a creation and after a deletion.
type eventDiff struct {
	Before any `json:"before"`
	After  any `json:"after"`
}

type entityContext struct {
	Blueprint string  `json:"blueprintIdentifier"`
	Entity    string  `json:"entityIdentifier"`
	Property  *string `json:"propertyIdentifier"`
}

// dispatchRunEvent starts the automations on the creation or a change of a run.
// https://docs.port.io/actions-and-automations/define-automations/setup-trigger
func (s *Server) dispatchRunEvent(kind string, run Run, before *apiRun, after apiRun) {
	s.mu.Lock()
	var definition map[string]any
	if a := s.actions[run.Action]; a != nil {
		definition = a.raw
	}
	s.mu.Unlock()
	event := newEvent(kind, "run", before, after)
	event.Context = map[string]any{"action": definition}
	event.Trigger.By.UserID, event.Trigger.Origin = after.CreatedBy, run.Source
	s.runAutomations(event, run.chain, func(f eventFilter) bool {
		return f.Action == run.Action && (f.Type == kind || f.Type == "ANY_RUN_CHANGE")
	})
}

// dispatchEntityEvent starts the automations on the creation, a change or the deletion of an
// entity. before or after is nil.
func (s *Server) dispatchEntityEvent(kind string, chain int, before, after *entity) {
	subject := after
	if after == nil {
		subject = before
	}
	event := newEvent(kind, "entity", before, after)
	event.Context = entityContext{Blueprint: subject.Blueprint, Entity: subject.Identifier}
	event.Trigger.By.UserID, event.Trigger.Origin = s.clientUserID(), sourceAPI
	s.runAutomations(event, chain, func(f eventFilter) bool {
		return f.Blueprint == subject.Blueprint && (f.Type == kind || f.Type == "ANY_ENTITY_CHANGE")
	})
}

func newEvent(kind, resource string, before, after any) automationEvent {
	_, verb, _ := strings.Cut(kind, "_") // CREATED, UPDATED, DELETED
	return automationEvent{
		ID: "event_" + randomHex(16), Action: strings.TrimSuffix(verb, "D"), ResourceType: resource,
		Trigger: eventTrigger{By: eventUser{OrgID: organizationID}, At: formatTime(time.Now())},
		Diff:    eventDiff{Before: before, After: after},
	}
}

// runAutomations starts a run of every published automation whose filter and condition match.
// It evaluates conditions without the lock.
func (s *Server) runAutomations(event automationEvent, chain int, matches func(eventFilter) bool) {
	if chain >= maxChain {
		return
	}
	var candidates []*action
	s.mu.Lock()
	for _, id := range s.actionOrder {
		if a := s.actions[id]; a.Trigger.Type == "automation" && a.Publish && matches(a.Trigger.Event) {
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
