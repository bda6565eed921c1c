package porttest

import (
	"context"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// maxChain is how long a chain of automations that trigger each other grows. Port documents
// no guard; without one a test could never end.
const maxChain = 20

// runEvent tells the automations that a run was created or has changed.
// https://docs.port.io/actions-and-automations/define-automations/setup-trigger
func (s *Server) runEvent(ctx context.Context, kind string, before, after map[string]any) {
	action, _ := after["action"].(map[string]any)
	s.mu.Lock()
	definition := copyOf(s.actions[text(action["identifier"])])
	s.mu.Unlock()
	verb := map[string]string{"RUN_CREATED": "CREATE", "RUN_UPDATED": "UPDATE"}[kind]
	s.fire(ctx, kind, "ANY_RUN_CHANGE", "actionIdentifier", text(action["identifier"]), map[string]any{
		"id": "event_" + random(16), "action": verb, "resourceType": "run",
		"trigger": map[string]any{"by": map[string]any{"orgId": "org_emulated", "userId": after["createdBy"]}, "origin": "API", "at": stamp(time.Now())},
		"context": map[string]any{"action": definition}, "diff": map[string]any{"before": orNil(before), "after": after},
	})
}

// entityEvent tells the automations that an entity was created, changed or deleted.
func (s *Server) entityEvent(ctx context.Context, kind, blueprint, id string, before, after map[string]any) {
	verb := strings.TrimSuffix(strings.TrimPrefix(kind, "ENTITY_"), "D")
	s.fire(ctx, kind, "ANY_ENTITY_CHANGE", "blueprintIdentifier", blueprint, map[string]any{
		"id": "event_" + random(16), "action": verb, "resourceType": "entity",
		"trigger": map[string]any{"by": map[string]any{"orgId": "org_emulated"}, "origin": "API", "at": stamp(time.Now())},
		"context": map[string]any{"blueprintIdentifier": blueprint, "entityIdentifier": id},
		"diff":    map[string]any{"before": orNil(before), "after": orNil(after)},
	})
}

func orNil(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

type chainKey struct{}

// fire runs the published automations that an event concerns.
func (s *Server) fire(ctx context.Context, kind, anyKind, key, value string, event map[string]any) {
	depth, _ := ctx.Value(chainKey{}).(int)
	if depth >= maxChain {
		return
	}
	ctx = context.WithValue(ctx, chainKey{}, depth+1)
	s.mu.Lock()
	var due []string
	for _, id := range s.order {
		a := s.actions[id]
		trigger, _ := a["trigger"].(map[string]any)
		on, _ := trigger["event"].(map[string]any)
		if trigger["type"] != "automation" || a["publish"] == false || on[key] != value || on["type"] != kind && on["type"] != anyKind {
			continue
		}
		if condition, ok := trigger["condition"].(map[string]any); ok && !holds(condition, event) {
			continue
		}
		due = append(due, id)
	}
	s.mu.Unlock()
	for _, id := range due {
		s.begin(ctx, &Run{
			ID: "r_" + random(16), Action: id, Status: InProgress, Source: "AUTOMATION", Properties: map[string]any{},
			CreatedAt: time.Now(), updated: time.Now(), event: copyOf[any](event),
		})
	}
}

// holds evaluates the JQ condition of an automation: its programs see the event itself.
func holds(condition map[string]any, event any) bool {
	expressions, _ := condition["expressions"].([]any)
	if len(expressions) == 0 {
		return true
	}
	any, all := false, true
	for _, e := range expressions {
		yes := truth(text(e), event)
		any, all = any || yes, all && yes
	}
	if condition["combinator"] == "or" {
		return any
	}
	return all
}

func truth(program string, event any) bool {
	parsed, err := gojq.Parse("def env: {}; {} as $ENV | " + program)
	if err != nil {
		return false
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), templateTime)
	defer cancel()
	v, ok := code.RunWithContext(ctx, copyOf(event)).Next()
	return ok && v == true
}
