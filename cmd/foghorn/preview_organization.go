package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"foghorn/bot/identity"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

const (
	// rateLimitDelay is how long Port is not asked again after it wanted fewer calls, if it does not say how long.
	rateLimitDelay = 5 * time.Second

	// maxRateLimits is how often the permissions of one action are asked for while Port wants fewer calls.
	maxRateLimits = 10
)

// previewOrganization previews all actions in Port. It makes one call for all of them, and one for the permissions of each
// that can be run from Slack.
func previewOrganization(ctx context.Context, c *console) ([]previewLine, error) {
	client, err := previewPortClient(c)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	actions, err := client.Definitions().ListActions(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]previewLine, len(actions))
	reading, readCtx := errgroup.WithContext(ctx)
	reading.SetLimit(actionsAtOnce)
	for i, a := range actions {
		l := previewAction(ctx, actionSource{name: a.Identifier, definition: a.Raw, line: 1})
		l.Identifier = cmp.Or(l.Identifier, singleLine(a.Identifier))
		actions[i] = port.Action{} // its definition is not needed any more
		lines[i] = l
		if l.Verdict != verdictOK {
			continue
		}
		if !a.Published {
			lines[i].Reasons = append(l.Reasons, "a draft: it is not published in Port")
		}
		reading.Go(func() error {
			return addAudience(readCtx, client, a.Identifier, &lines[i])
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	return lines, nil
}

// addAudience adds to a line who may run the action. If the credentials cannot read that, the bot does not run it.
func addAudience(ctx context.Context, client *port.Client, id string, l *previewLine) error {
	for limited := 0; ; limited++ {
		p, err := client.GetExecutePermissions(ctx, id)
		switch {
		case err == nil:
			l.Audience = singleLine(identity.Audience(p))
			return nil
		case rest.IsNotFound(err): // it was deleted meanwhile
			l.Verdict, l.Reasons = verdictUnsupported, []string{"Port no longer has it"}
			return nil
		case rest.IsRejected(err) && !rest.IsUnauthorized(err):
			l.Verdict, l.Reasons = verdictUnsupported, []string{"the credentials cannot read who may run it: " + singleLine(err.Error())}
			return nil
		case !rest.IsRateLimited(err) || limited == maxRateLimits:
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("read who may run %s: %w", id, ctx.Err())
		case <-time.After(cmp.Or(rest.RetryAfter(err), rateLimitDelay)):
		}
	}
}
