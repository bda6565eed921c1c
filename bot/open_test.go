package bot_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foghorn/bot/dialog"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/manifests"
)

// TestOpen_AnswersInTime has views.open hang or be rate limited. The command and the shortcut are acked before Slack
// shows operation_timeout, and the person learns that there is no form.
func TestOpen_AnswersInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	limited := func(after string) emulator.Fault {
		return emulator.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {after}}}
	}
	for name, c := range map[string]struct {
		fault emulator.Fault
		limit time.Duration
	}{
		"hangs":             {emulator.Fault{Delay: 10 * time.Second}, 2800 * time.Millisecond},
		"limited for 1 s":   {limited("1"), 2800 * time.Millisecond},
		"limited for 2 s":   {limited("2"), 2800 * time.Millisecond},
		"limited for 30 s":  {limited("30"), time.Second},
		"a proxy answers":   {emulator.Fault{Status: http.StatusBadGateway, Body: "<html>"}, 2800 * time.Millisecond},
		"connection closed": {emulator.Fault{DropConnection: true}, 2800 * time.Millisecond},
	} {
		for _, known := range []bool{false, true} { // without the definition, a loading view is opened
			t.Run(fmt.Sprintf("%s, definition known %v", name, known), func(t *testing.T) {
				t.Parallel()
				e := testenv.New(t)
				if !known {
					e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/" + manifests.ActionID, Status: http.StatusServiceUnavailable})
				}
				e.Start()
				if known {
					e.OpenForm(testenv.Bob, testenv.General, "/incident")
				}
				fault := c.fault
				fault.Path = "views.open"
				e.Slack.InjectFault(fault)
				p := e.Slack.Person(testenv.Alice)
				begun := time.Now()
				ack, err := p.SlashCommand(e.Context(), testenv.General, "/incident")
				if err != nil || !strings.Contains(string(ack.Payload), "Slack didn't open the form") {
					t.Errorf("the command is answered with %s, %v", ack.Payload, err)
				}
				if took := time.Since(begun); took > c.limit {
					t.Errorf("the command was answered after %v", took)
				}
				e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Delay: time.Second}) // not part of the ack
				begun = time.Now()
				if _, err := p.UseShortcut(e.Context(), dialog.ShortcutDeclare); err != nil {
					t.Errorf("the shortcut is answered with %v", err)
				}
				if took := time.Since(begun); took > c.limit {
					t.Errorf("the shortcut was answered after %v", took)
				}
				e.ExpectMessage(p.DM(), "Slack didn't open the form")
			})
		}
	}
}
