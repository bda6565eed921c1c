package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"foghorn/bot/request"
	"foghorn/bot/store"
)

const (
	// appliedTimeout is how long a command waits until the bot has done what it asks for. A call of Port or Slack that is
	// being made can take as long.
	appliedTimeout  = 20 * time.Second
	appliedInterval = 100 * time.Millisecond

	// maxReason and maxBy bound what an operator writes, in characters.
	maxReason = 500
	maxBy     = 100
)

type requestsRetryCmd struct {
	ID string `arg:"" help:"Id of the request, or its beginning."`
	By string `placeholder:"NAME" help:"Who is recorded; by default the user and the host."`
}

// Help is the description in foghorn requests retry --help.
func (requestsRetryCmd) Help() string {
	return `Continues a request now that waits for its next attempt. It is safe: a run that may exist is looked for before
another one is created, and so is a message. A bot that is stopped continues when it starts.`
}

func (cmd requestsRetryCmd) Run(ctx context.Context, c *console) error {
	_, records, err := c.openRecords(ctx)
	if err != nil {
		return err
	}
	defer records.Close()
	r, i, err := prepareIntervention(ctx, records, cmd.ID, request.Intervention{Kind: request.Retry, By: cmd.By})
	if err != nil {
		return err
	}
	return ask(ctx, c, records, r, i)
}

type requestsAbandonCmd struct {
	ID     string `arg:"" help:"Id of the request, or its beginning."`
	Reason string `required:"" help:"What the reporter receives in Slack."`
	By     string `placeholder:"NAME" help:"Who is recorded; by default the user and the host."`
	Yes    bool   `help:"Do not ask."`
}

// Help is the description in foghorn requests abandon --help.
func (requestsAbandonCmd) Help() string {
	return `Ends a request whose result is not delivered. The reporter receives the reason in Slack.
A run that Port has created is not stopped, and the message says so.`
}

func (cmd requestsAbandonCmd) Run(ctx context.Context, c *console) error {
	cmd.Reason = strings.TrimSpace(cmd.Reason)
	if n := utf8.RuneCountInString(cmd.Reason); n == 0 || n > maxReason || !utf8.ValidString(cmd.Reason) {
		return settingError("--reason", fmt.Sprintf("has %d characters", n), fmt.Sprintf("write 1 to %d: the reporter receives it", maxReason))
	}
	_, records, err := c.openRecords(ctx)
	if err != nil {
		return err
	}
	defer records.Close()
	r, i, err := prepareIntervention(ctx, records, cmd.ID, request.Intervention{Kind: request.Abandon, By: cmd.By, Reason: cmd.Reason})
	if err != nil {
		return err
	}
	if isDelivered(r) {
		return fmt.Errorf("the result of request %s is delivered: there is nothing to abandon", r.ID)
	}
	if !cmd.Yes {
		_, _ = fmt.Fprintf(c.stdout, "Request %s of %s: %s, at the stage %s. %s\nThe reporter receives: %s\nAbandon it? [y/N] ",
			r.ID, printable(r.User), printable(r.Title), r.Stage, runWarning(r), printable(cmd.Reason))
		line, _ := bufio.NewReader(c.stdin).ReadString('\n')
		if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
			return fmt.Errorf("nothing was changed\n  hint: answer yes, or use --yes in scripts")
		}
	}
	return ask(ctx, c, records, r, i)
}

// runWarning says what becomes of the run of a request that is abandoned.
func runWarning(r store.Record) string {
	switch {
	case r.RunID != "":
		return "Its run " + printable(r.RunID) + " in Port is not stopped."
	case r.Stage == request.CreatingRun, r.Outcome != nil && r.Outcome.MayHaveRun:
		return "Port may have created its run, which is not stopped."
	}
	return "Port has not created a run."
}

// prepareIntervention finds the request, and completes what is asked for.
func prepareIntervention(ctx context.Context, records *store.Records, id string, i request.Intervention) (store.Record, request.Intervention, error) {
	if i.By = strings.TrimSpace(i.By); i.By == "" {
		i.By = operatorName()
	}
	if utf8.RuneCountInString(i.By) > maxBy || !utf8.ValidString(i.By) {
		return store.Record{}, i, settingError("--by", "is too long", fmt.Sprintf("write at most %d characters", maxBy))
	}
	i.By = printable(i.By)
	i.At = time.Now().UTC()
	r, err := findRequest(ctx, records, id)
	switch {
	case err != nil:
		return r, i, err
	case !r.ArchivedAt.IsZero() || r.Stage == request.Done:
		return r, i, fmt.Errorf("request %s has ended: there is nothing to %s", r.ID, i.Kind)
	case i.Kind == request.Abandon && abandonedBy(r) != "":
		return r, i, fmt.Errorf("request %s was abandoned by %s, and the bot informs the reporter: there is nothing to abandon", r.ID, abandonedBy(r))
	case r.Unsupported != "":
		return r, i, fmt.Errorf("request %s is of another version and is not changed: %s", r.ID, r.Unsupported)
	}
	return r, i, nil
}

// isDelivered reports whether the reporter has the result.
func isDelivered(r store.Record) bool { return hasEnded(r) || r.Stage == request.AwaitingChannel }

// abandonedBy is the operator who abandoned a request; empty: it was not abandoned.
func abandonedBy(r store.Record) string {
	for _, i := range r.Interventions {
		if i.Kind == request.Abandon {
			return i.By
		}
	}
	return ""
}

// ask asks the bot, and waits until it has done it.
func ask(ctx context.Context, c *console, records *store.Records, r store.Record, i request.Intervention) error {
	switch err := records.Ask(ctx, r.ID, i); {
	case errors.Is(err, store.ErrNotFound):
		return endedMeanwhile(ctx, c, records, r, i)
	case errors.Is(err, store.ErrPending):
		return fmt.Errorf("%s request %s: %w\n  hint: foghorn requests show %s shows what was done", i.Kind, r.ID, err, r.ID)
	case err != nil:
		return fmt.Errorf("%s request %s: %w", i.Kind, r.ID, err)
	}
	if !records.IsBotRunning(ctx) {
		_, err := fmt.Fprintf(c.stdout, "No bot is running: request %s is stored, and done when foghorn serve starts.\n", i.Kind)
		return err
	}
	return waitDone(ctx, c, records, r, i)
}

// waitDone waits until the bot has done what it was asked for.
func waitDone(ctx context.Context, c *console, records *store.Records, r store.Record, i request.Intervention) error {
	waiting, cancel := context.WithTimeout(ctx, appliedTimeout)
	defer cancel()
	for {
		now, err := records.Load(waiting, r.ID)
		switch {
		case err == nil && now.Has(i):
			return printDone(c, now, i)
		case err == nil && i.Kind == request.Abandon && (isDelivered(now) || abandonedBy(now) != ""), errors.Is(err, store.ErrNotFound):
			return endedMeanwhile(ctx, c, records, r, i)
		case err != nil && waiting.Err() == nil: // what was asked for is on disk
			_, printErr := fmt.Fprintf(c.stdout, "The %s is stored, and done when foghorn serve starts: the bot ended meanwhile (%s).\n", i.Kind, printable(err.Error()))
			return printErr
		}
		select {
		case <-waiting.Done():
			_, err := fmt.Fprintf(c.stdout, "The %s is stored. The bot does it once a call that it is making has ended; foghorn requests show %s shows it.\n", i.Kind, r.ID)
			return err
		case <-time.After(appliedInterval):
		}
	}
}

// endedMeanwhile reports whether the request ended because of what was asked for, or before.
func endedMeanwhile(ctx context.Context, c *console, records *store.Records, r store.Record, i request.Intervention) error {
	now, err := findRequest(ctx, records, r.ID)
	if err != nil {
		return err
	}
	if by := abandonedBy(now); by != "" && !now.Has(i) {
		return fmt.Errorf("request %s was abandoned by %s meanwhile: %s is not done", r.ID, by, i.Kind)
	}
	if !now.Has(i) {
		return fmt.Errorf("request %s ended before the bot could %s it: %s", r.ID, i.Kind, resultText(now))
	}
	return printDone(c, now, i)
}

// printDone says what the bot has done.
func printDone(c *console, r store.Record, i request.Intervention) error {
	text := "The bot continues with request " + r.ID + "."
	if i.Kind == request.Abandon {
		text = "Request " + r.ID + " is abandoned, and the bot informs the reporter. " + runWarning(r)
	}
	_, err := fmt.Fprintln(c.stdout, text)
	return err
}
