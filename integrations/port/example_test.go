package port_test

import (
	"context"
	"fmt"
	"time"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// The error of CreateRun says whether a run exists.
func ExampleClient_CreateRun() {
	ctx := context.Background()
	c := port.New(port.Config{ClientID: "...", ClientSecret: "..."})
	defer c.Close()

	run, err := c.CreateRun(ctx, port.RunRequest{
		Action:     "create_incident_io_incident_webhook",
		RunAs:      "alice@example.com",
		Properties: map[string]any{"title": "Checkout errors", "severity": "Major"},
	})
	switch {
	case err == nil:
		fmt.Println("poll", run.ID)
	case rest.IsRejected(err):
		fmt.Println("there is no run:", err)
	case rest.IsRateLimited(err) || rest.IsNotSent(err):
		fmt.Println("there is no run: try again in", max(rest.RetryAfter(err), time.Second))
	default:
		fmt.Println("there may be a run: look for it after", port.CreateRunTimeout)
	}
}
