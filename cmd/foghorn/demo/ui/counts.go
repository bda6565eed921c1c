package ui

import (
	"encoding/json"
	"strings"

	"foghorn/bot/message"
	"foghorn/bot/request"
)

// counts show that no request is lost and no message is sent twice.
type counts struct {
	Accepted   int // submissions that the app has acked
	Runs       int // of people, in Port
	Reported   int // requests whose result a message shows
	Duplicates int // messages that repeat a result
	Refused    int // requests that an emulator refused because it does not model them
}

// Counts counts since the start of the demo.
func (v *viewModel) Counts() (c counts) {
	cfg := v.server.cfg
	for _, a := range cfg.Slack.Acks() {
		if a.Kind == "view_submission" && a.Err == nil && closesView(a.Payload) {
			c.Accepted++
		}
	}
	c.Runs = len(cfg.Port.Runs())
	seen, requests := map[string]bool{}, map[string]bool{}
	for _, channel := range cfg.Slack.Channels() {
		for _, m := range cfg.Slack.Messages(channel.ID) {
			key := resultKey(m.Metadata)
			if key == "" {
				continue
			}
			if seen[m.Channel+key] {
				c.Duplicates++
			}
			request, _, _ := strings.Cut(key, ".")
			seen[m.Channel+key], requests[request] = true, true
		}
	}
	c.Reported = len(requests)
	c.Refused = len(cfg.Slack.Refused()) + len(cfg.Port.Refused()) + len(cfg.Incidents.Refused())
	return c
}

// closesView says whether an ack of a submission closes the view.
func closesView(payload json.RawMessage) bool {
	var ack struct {
		Action string `json:"response_action"`
	}
	_ = json.Unmarshal(payload, &ack) // an empty payload closes it
	return ack.Action == "" || ack.Action == "clear"
}

// resultKey returns the key in the metadata of a message that reports a result; "" for other messages.
func resultKey(metadata json.RawMessage) string {
	var m struct {
		Event   string               `json:"event_type"`
		Payload struct{ Key string } `json:"event_payload"`
	}
	if json.Unmarshal(metadata, &m) != nil || m.Event != message.MetadataType {
		return ""
	}
	if _, kind, _ := strings.Cut(m.Payload.Key, "."); kind == request.AwaitingApproval || kind == request.Delayed {
		return ""
	}
	return m.Payload.Key
}
