package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/bot/store"
)

type requestsListCmd struct {
	Open   bool   `help:"Only requests that have not ended."`
	User   string `placeholder:"ID" help:"Only those of a reporter: a Slack user id, or an e-mail address."`
	Action string `help:"Only those of an action: its identifier in Port."`
	Since  string `placeholder:"TIME" help:"Only those submitted since then: a duration such as 24h or 7d, or a time."`
	Limit  int    `default:"50" help:"How many at most; 0: all."`
	JSON   bool   `help:"Print JSON."`
}

func (l requestsListCmd) Run(ctx context.Context, c *console) error {
	since, err := parseSince(l.Since, time.Now())
	if err != nil {
		return err
	}
	if l.Limit < 0 {
		return settingError("--limit", "is negative", "use 0 for all requests")
	}
	_, records, err := c.openRecords(ctx)
	if err != nil {
		return err
	}
	defer records.Close()
	filter := requestFilter{open: l.Open, action: l.Action, since: since, users: map[string]bool{l.User: true}}
	list, err := filter.list(ctx, records, l.User, l.Limit)
	if err != nil {
		return err
	}
	if strings.Contains(l.User, "@") && !l.Open {
		_, _ = fmt.Fprintln(c.stderr, "foghorn: note: e-mail addresses are erased when a request ends; ended requests are listed if an open one has the same reporter")
	}
	if l.JSON {
		enc := json.NewEncoder(c.stdout)
		enc.SetIndent("", "  ")
		rows := make([]requestJSON, len(list))
		for i, r := range list {
			rows[i] = toJSON(public(r))
		}
		return enc.Encode(rows)
	}
	return printRequests(c.stdout, list)
}

// A requestFilter says which requests are listed.
type requestFilter struct {
	open   bool
	action string
	since  time.Time
	users  map[string]bool // Slack ids; one that is empty stands for all
}

func (f requestFilter) matches(r store.Record) bool {
	return (f.action == "" || r.Action == f.action) && !r.CreatedAt.Before(f.since) && (f.users[""] || f.users[r.User]) && !(f.open && hasEnded(r))
}

// hasEnded reports whether the reporter has the result.
func hasEnded(r store.Record) bool {
	return !r.ArchivedAt.IsZero() || r.Stage == request.Tracking || r.Stage == request.Done
}

// list returns the newest requests, at most limit; 0: all.
func (f requestFilter) list(ctx context.Context, records *store.Records, user string, limit int) (list []store.Record, err error) {
	open, err := records.Open(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	f.addUsers(ctx, records, open, user)
	for _, r := range open {
		known[r.ID] = true
		if f.matches(r) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, store.CompareNewest)
	list = cut(list, limit)
	loadResults(ctx, records, list)
	if f.open {
		return list, nil
	}
	return f.addEnded(ctx, records, list, known, limit)
}

// loadResults completes the open requests that have a result, which is not readable without the submission.
func loadResults(ctx context.Context, records *store.Records, list []store.Record) {
	for i, r := range list {
		if r.Stage != request.Notifying && r.Stage != request.AwaitingChannel || r.Unsupported != "" {
			continue
		}
		if full, err := records.Load(ctx, r.ID); err == nil { // else it ended meanwhile
			list[i] = public(full)
		}
	}
}

// addEnded adds the ended requests to a list, which has those that are known.
func (f requestFilter) addEnded(ctx context.Context, records *store.Records, list []store.Record, known map[string]bool, limit int) ([]store.Record, error) {
	for r, err := range records.Ended(ctx) {
		if err != nil {
			return nil, err
		}
		// Requests end after they are submitted, so that all that follow are older.
		if r.ArchivedAt.Before(f.since) || limit > 0 && len(list) >= limit && r.ArchivedAt.Before(list[limit-1].CreatedAt) {
			break
		}
		if known[r.ID] || !f.matches(r) {
			continue
		}
		known[r.ID] = true
		at, _ := slices.BinarySearchFunc(list, r, store.CompareNewest)
		list = cut(slices.Insert(list, at, r), limit)
	}
	return cut(list, limit), nil
}

// addUsers adds the reporters of open requests who have an e-mail address.
func (f requestFilter) addUsers(ctx context.Context, records *store.Records, open []store.Record, email string) {
	if !strings.Contains(email, "@") {
		return
	}
	for _, r := range open {
		if full, err := records.Load(ctx, r.ID); err == nil && full.Request != nil && strings.EqualFold(full.Email, email) {
			f.users[full.User] = true
		}
	}
}

func cut(list []store.Record, limit int) []store.Record {
	if limit > 0 && len(list) > limit {
		return list[:limit]
	}
	return list
}

// requestJSON is a request as the commands print it: its record, and what the store knows besides.
type requestJSON struct {
	*request.Request
	ArchivedAt  time.Time `json:"archived_at,omitzero"`
	Unsupported string    `json:"unsupported,omitempty"` // why this version cannot read the record
}

func toJSON(r store.Record) requestJSON { return requestJSON{r.Request, r.ArchivedAt, r.Unsupported} }

func printRequests(w io.Writer, list []store.Record) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "No requests.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tSUBMITTED (UTC)\tREPORTER\tACTION\tSTATE\tRESULT")
	for _, r := range list {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(r.ID), formatTime(r.CreatedAt), printable(r.User), printable(r.Action), stateText(r), printable(listedResult(r)))
	}
	return table.Flush()
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime)
}

// stateText is how far a request has come.
func stateText(r store.Record) string {
	switch {
	case r.Unsupported != "":
		return "of another version: " + printable(cmp.Or(string(r.Stage), "unknown"))
	case !r.ArchivedAt.IsZero():
		return "ended"
	}
	return string(r.Stage)
}

// listedResult is what a line of the list says about a request: its result, or why it waits.
func listedResult(r store.Record) string {
	switch text := resultText(r); {
	case text != "":
		return text
	case r.Unsupported != "":
		return slacktext.Truncate(r.Unsupported, maxListedError)
	case hasEnded(r):
		return "-"
	case r.RunID != "":
		return "none yet, run " + r.RunID
	}
	return "none yet"
}

// resultText is the result of a request, as far as it is known without what people entered, and why it is not delivered.
func resultText(r store.Record) string {
	var parts []string
	if o := r.Outcome; o != nil {
		parts = append(parts, o.Status)
		if o.Incident != nil {
			parts = append(parts, o.Incident.Reference, o.Incident.Severity)
		}
	}
	if failed := lastFailure(r); failed != "" && !hasEnded(r) {
		parts = append(parts, "last error: "+slacktext.Truncate(failed, maxListedError))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// maxListedError is how much of an error a line of the list shows, in characters.
const maxListedError = 120

// lastFailure is the error of the latest attempt at the current stage.
func lastFailure(r store.Record) string {
	if len(r.History) == 0 {
		return ""
	}
	return r.History[len(r.History)-1].Error
}

type requestsExportCmd struct {
	Inputs bool `help:"Include what people entered, of requests that have not ended."`
}

// Help is the description in foghorn requests export --help.
func (requestsExportCmd) Help() string {
	return `Prints one JSON object a line: the requests that have ended and are kept (STATE_RETENTION), then the others.
It is no backup: a request cannot be restored from it.`
}

func (e requestsExportCmd) Run(ctx context.Context, c *console) error {
	_, records, err := c.openRecords(ctx)
	if err != nil {
		return err
	}
	defer records.Close()
	open, err := records.Open(ctx) // before the log: what ends meanwhile is in one of both
	if err != nil {
		return err
	}
	isOpen := map[string]bool{}
	for _, r := range open {
		isOpen[r.ID] = true
	}
	buffer := bufio.NewWriterSize(c.stdout, 64<<10)
	out := json.NewEncoder(buffer)
	for r, err := range records.AllEnded(ctx) {
		if err == nil && !isOpen[r.ID] {
			err = out.Encode(toJSON(public(r)))
		}
		if err != nil {
			return fmt.Errorf("the export is not complete: %w", errors.Join(err, buffer.Flush()))
		}
	}
	slices.Reverse(open)
	for _, r := range open {
		if full, err := records.Load(ctx, r.ID); err == nil {
			r = full
		}
		if !e.Inputs {
			r = public(r)
		}
		if err := out.Encode(toJSON(r)); err != nil {
			return fmt.Errorf("the export is not complete: %w", err)
		}
	}
	return buffer.Flush()
}
