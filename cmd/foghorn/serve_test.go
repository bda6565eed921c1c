package main

import (
	"strings"
	"testing"

	"foghorn/integrations/slackapp"
)

// TestServe_RejectedToken names the setting of the token that Slack rejects for good.
func TestServe_RejectedToken(t *testing.T) {
	for method, setting := range map[string]string{"auth.test": "SLACK_BOT_TOKEN", "apps.connections.open": "SLACK_APP_TOKEN"} {
		err := tokenSettingError(&slackapp.Error{Method: method, Code: "token_revoked"})
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", method, err)
		}
	}
}
