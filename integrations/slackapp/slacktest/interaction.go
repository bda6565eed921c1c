package slacktest

import "context"

// newInteractionLocked returns the common part of interactive payloads.
func (s *Server) newInteractionLocked(kind string, u *User) map[string]any {
	return map[string]any{
		"type":                  kind,
		"team":                  map[string]any{"id": s.TeamID, "domain": s.cfg.Domain},
		"user":                  map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": s.teamOfLocked(u)},
		"api_app_id":            s.AppID,
		"token":                 verificationToken,
		"is_enterprise_install": false,
		"enterprise":            nil,
	}
}

func (s *Server) sendInteraction(ctx context.Context, kind string, payload map[string]any, answers bool) (Ack, error) {
	return s.Deliver(ctx, Envelope{Type: "interactive", Payload: payload, AcceptsResponse: answers, kind: kind})
}

// verificationToken is deprecated by Slack, but part of every payload.
const verificationToken = "emulatorVerificationToken"

// findButton returns the first button that matches, and the block_id of its block.
func findButton(blocks []any, fits func(map[string]any) bool) (block string, element map[string]any) {
	for _, b := range blocks {
		bl, _ := b.(map[string]any)
		elements, _ := bl["elements"].([]any)
		for _, e := range append(elements[:len(elements):len(elements)], bl["accessory"]) {
			el, _ := e.(map[string]any)
			if el != nil && el["type"] == "button" && fits(el) {
				id, _ := bl["block_id"].(string)
				return id, el
			}
		}
	}
	return "", nil
}

// buttonAction returns the action of a button in the payload of block_actions.
func buttonAction(block string, element map[string]any, ts string) map[string]any {
	out := map[string]any{
		"type": "button", "block_id": block, "action_id": element["action_id"], "text": element["text"], "action_ts": ts,
	}
	for _, name := range []string{"value", "url", "style"} {
		if v, ok := element[name]; ok {
			out[name] = v
		}
	}
	return out
}
