package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/bot/store"
)

type requestsShowCmd struct {
	ID     string `arg:"" help:"Id of the request, or its beginning."`
	Inputs bool   `help:"Show what was entered, too."`
	JSON   bool   `help:"Print JSON."`
}

func (s requestsShowCmd) Run(ctx context.Context, c *console) error {
	cfg, records, err := c.openRecords(ctx)
	if err != nil {
		return err
	}
	defer records.Close()
	r, err := findRequest(ctx, records, s.ID)
	if err != nil {
		return err
	}
	if !s.Inputs {
		r = public(r)
	}
	if s.JSON {
		enc := json.NewEncoder(c.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(toJSON(r))
	}
	out := bufio.NewWriter(c.stdout)
	printRequest(out, r, message.RunURL(message.PortAppURL(cfg.PortBaseURL), r.RunID), s.Inputs, time.Now())
	return out.Flush()
}

// printRequest prints a request for people.
func printRequest(w io.Writer, r store.Record, runURL string, inputs bool, now time.Time) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", name, printable(value))
		}
	}
	row("Request", r.ID)
	row("Unsupported", r.Unsupported)
	row("Action", strings.TrimSpace(r.Title+" ("+r.Action+")"))
	row("Entity", r.Entity)
	row("Reporter", strings.TrimSuffix(r.User+" in "+r.Channel, " in "))
	row("Submitted", formatTime(r.CreatedAt)+" UTC")
	row("State", strings.TrimSuffix(stateText(r)+", "+resultText(r), ", "))
	row("Took", totalText(r, now))
	if r.RunID != "" {
		row("Run", strings.TrimSpace(r.RunID+" "+runURL))
	}
	row("Trace", r.Trace.SampledID())
	if o := r.Outcome; o != nil {
		if o.Incident != nil {
			row("Incident", o.Incident.Permalink)
		}
		row("Reason", o.Reason)
	}
	_ = table.Flush()
	printSteps(w, r, now)
	printDeliveries(w, r)
	printInterventions(w, r)
	if inputs {
		printInputs(w, r)
	}
}

// totalText is how long the request took, or has taken so far.
func totalText(r store.Record, now time.Time) string {
	posted := time.Time{}
	for _, key := range []string{request.ToChannel, request.ToReporter} {
		if at := postedAt(r.Deliveries[key]); posted.IsZero() && !at.IsZero() {
			posted = at
		}
	}
	switch {
	case r.CreatedAt.IsZero():
		return ""
	case !posted.IsZero():
		return formatSpan(posted.Sub(r.CreatedAt)) + " from the submission to the message with the result"
	case !hasEnded(r) && r.Unsupported == "":
		return formatSpan(now.Sub(r.CreatedAt)) + " so far"
	}
	return ""
}

func formatSpan(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	case d < 10*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return d.Round(time.Second).String()
}

// waits says what a request waits for at each stage.
var waits = map[request.Stage]string{
	request.Accepted:        "until the reporter's permission was checked",
	request.CreatingRun:     "until Port had created the run",
	request.Running:         "until Port reported that the run had ended",
	request.Notifying:       "until Slack had posted the messages",
	request.AwaitingChannel: "until incident.io had the incident's channel",
	request.Tracking:        "until the incident was closed",
}

func printSteps(w io.Writer, r store.Record, now time.Time) {
	if len(r.History) == 0 {
		if r.Unsupported == "" {
			_, _ = fmt.Fprintf(w, "\nStages: not recorded before %s (%s)\n", formatTime(r.StageEnteredAt), printable(string(r.Stage)))
		}
		return
	}
	_, _ = fmt.Fprintln(w, "\nStages")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "  UTC\tLASTED\tSTAGE\tATTEMPTS\tWAITED")
	for i, s := range r.History {
		lasted, end := "", now
		switch {
		case i+1 < len(r.History):
			end = r.History[i+1].At
			lasted = formatSpan(end.Sub(s.At))
		case !hasEnded(r):
			lasted = formatSpan(end.Sub(s.At)) + " so far"
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\t%d\t%s\n", s.At.UTC().Format("15:04:05.000"), lasted, printable(string(s.Stage)), s.Failures+1, waits[s.Stage])
		if s.Failures > 0 {
			_, _ = fmt.Fprintf(table, "  %s\t\t\t\tlast error: %s\n", s.FailedAt.UTC().Format("15:04:05.000"), printable(s.Error))
		}
		if o := r.Outcome; s.Stage == request.Running && o != nil && !o.EndedAt.IsZero() && i+1 < len(r.History) {
			_, _ = fmt.Fprintf(table, "  %s\t\t\t\tthe run ended by Port's clock; it was noticed after %s\n", o.EndedAt.UTC().Format("15:04:05.000"), formatSpan(end.Sub(o.EndedAt)))
		}
	}
	_ = table.Flush()
}

// postedAt is when Slack has posted a message, by Slack's clock; zero: it has not.
func postedAt(d *request.Delivery) time.Time {
	if d == nil {
		return time.Time{}
	}
	seconds, err := strconv.ParseFloat(d.TS, 64)
	if err != nil || seconds <= 0 || seconds > 1e11 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000)).UTC()
}

func printDeliveries(w io.Writer, r store.Record) {
	if len(r.Deliveries) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w, "\nMessages")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, key := range slices.Sorted(maps.Keys(r.Deliveries)) {
		d, text := r.Deliveries[key], "not posted yet"
		if d == nil {
			continue
		}
		switch at := postedAt(d); {
		case d.TS != "" && !at.IsZero():
			text = fmt.Sprintf("posted at %s, %s after the submission", at.Format("15:04:05.000"), formatSpan(at.Sub(r.CreatedAt)))
		case d.TS != "":
			text = "posted"
		case d.ErrorCode != "":
			text = "rejected by Slack: " + d.ErrorCode
		case !d.StartedAt.IsZero():
			text = "being posted since " + d.StartedAt.UTC().Format("15:04:05.000")
		}
		_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\n", printable(key), printable(d.Conversation), printable(text))
	}
	_ = table.Flush()
}

func printInterventions(w io.Writer, r store.Record) {
	if len(r.Interventions) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w, "\nInterventions")
	for _, i := range r.Interventions {
		text := fmt.Sprintf("%s  %s by %s", formatTime(i.At), i.Kind, i.By)
		if i.Reason != "" {
			text += ": " + i.Reason
		}
		_, _ = fmt.Fprintln(w, "  "+printable(text))
	}
}

func printInputs(w io.Writer, r store.Record) {
	_, _ = fmt.Fprintln(w, "\nInputs")
	switch {
	case hasEnded(r):
		_, _ = fmt.Fprintln(w, "  erased when the request ended")
		return
	case len(r.Properties) == 0:
		_, _ = fmt.Fprintln(w, "  none")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		value, _ := json.Marshal(r.Properties[name]) // it was decoded from JSON
		_, _ = fmt.Fprintf(w, "  %s = %s\n", printable(name), printable(string(value)))
	}
	_, _ = fmt.Fprintf(w, "  reporter's e-mail = %s\n", printable(cmp.Or(r.Email, "not read yet")))
}
