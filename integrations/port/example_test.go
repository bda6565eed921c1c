package port_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// What an error of CreateRun says about the run decides what to do next.
func ExampleClient_CreateRun() {
	ctx := context.Background()
	c := port.New(port.Config{ClientID: "...", ClientSecret: "..."})
	defer c.Close()

	run, err := c.CreateRun(ctx, port.RunRequest{
		Action:     "create_incident_io_incident_webhook",
		RunAs:      "alice@example.com",
		Properties: map[string]any{"title": "Checkout errors", "severity": "Major"},
	})
	if err == nil {
		fmt.Println("follow", run.ID)
		return
	}
	switch e, _ := errors.AsType[*rest.Error](err); { // every error of a Client is one
	case e.Rejected():
		fmt.Println("tell Alice what Port says:", e.Message)
	case e.RateLimited() || e.NotSent():
		fmt.Println("there is no run: ask again in", max(e.RetryAfter, time.Second))
	default:
		fmt.Println("there may be a run: look for it after", port.CreateRunTimeout)
	}
}
