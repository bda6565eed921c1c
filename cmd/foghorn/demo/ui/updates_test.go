package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An update stream sends every part at first, and then only the part that has changed.
func TestStreamUpdates_OnlyChangedParts(t *testing.T) {
	s, address := newTestServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/updates?user=U1&channel=C1", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	received := map[string]int{}
	messageSent := false
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if lines.Text() == ":" && !messageSent { // all parts are sent
			messageSent = true
			if _, err := s.cfg.Slack.Person("U2").SendMessage("C1", "good news"); err != nil {
				t.Fatal(err)
			}
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var part struct{ ID, HTML string }
		if err := json.Unmarshal([]byte(data), &part); err != nil {
			t.Fatal(err)
		}
		received[part.ID]++
		if part.ID == "conversation" && strings.Contains(part.HTML, "good news") {
			break
		}
	}
	if received["conversation"] != 2 || received["modal"] != 1 || received["faults"] != 1 {
		t.Errorf("received %v (%v)", received, ctx.Err())
	}
}
