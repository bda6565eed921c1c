package home

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/bot/slacktext"
)

// ActionOpen is the beginning of the action ids of buttons that open the form of a command. The value of such a button is
// the command.
const ActionOpen = "foghorn_open."

const (
	maxButtons = 25 // of a block, https://docs.slack.dev/reference/block-kit/blocks/actions-block
	maxLabel   = 75 // characters of a button, https://docs.slack.dev/reference/block-kit/block-elements/button-element
	maxTitle   = 100
	maxURL     = 500 // a longer link is replaced by the one to the run

	maxListed    = 10       // requests in the list
	maxListBytes = 12 << 10 // of the list as an answer to a command, which may have 20 KB
)

// content is what the tab of a user shows.
type content struct {
	buttons     []button
	open, ended []*request.Request // the newest first
	unreadable  bool               // the requests could not be read
}

type button struct {
	command, title string // the title of its action; empty: not known
}

// renderHome renders the tab: some 50 blocks of the 100 that Slack allows.
func renderHome(c content, portAppURL string) []slack.Block {
	blocks := []slack.Block{header("Run an action")}
	var elements []slack.BlockElement
	for _, b := range c.buttons {
		label := slacktext.Truncate(b.command, maxLabel)
		if title := name(b.title); title != "" {
			label = slacktext.Truncate(title, maxLabel-len(" ()")-slacktext.Length(label)) + " (" + label + ")"
		}
		text := slack.NewTextBlockObject(slack.PlainTextType, slacktext.Truncate(label, maxLabel), false, false)
		elements = append(elements, slack.NewButtonBlockElement(ActionOpen+b.command, b.command, text))
	}
	for some := range slices.Chunk(elements, maxButtons) {
		blocks = append(blocks, slack.NewActionBlock("", some...))
	}
	if c.unreadable {
		return append(blocks, slacktext.Text("Your requests can't be shown at the moment. Open this tab again in a minute.").Block())
	}
	if len(c.open) > 0 {
		blocks = append(blocks, header("In progress"))
		for _, r := range c.open {
			blocks = append(blocks, openLine(r, portAppURL).Block())
		}
	}
	blocks = append(blocks, header("Your last runs"))
	if len(c.ended) == 0 {
		blocks = append(blocks, slacktext.Text("Nothing yet. What you run here, or with a command, is listed when it has ended.").Block())
	}
	for _, r := range c.ended {
		blocks = append(blocks, endedLine(r, portAppURL).Block())
	}
	return blocks
}

func header(text string) slack.Block {
	return slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false))
}

// renderList renders the text that lists requests, as many as fit.
func renderList(open, ended []*request.Request, portAppURL string) slacktext.Text {
	lines := []slacktext.Text{"*Your last runs*"}
	for _, r := range open {
		lines = append(lines, openLine(r, portAppURL))
	}
	for _, r := range ended {
		lines = append(lines, endedLine(r, portAppURL))
	}
	if len(lines) == 1 {
		return "You haven't run anything with this app recently."
	}
	text := slacktext.JoinLines(lines[:min(len(lines), 1+maxListed)]...)
	for n := min(len(lines), 1+maxListed); n > 2 && answerSize(text) > maxListBytes; n-- {
		text = slacktext.JoinLines(lines[:n-1]...)
	}
	return text
}

// answerSize is the size of a text in the answer to a command, in bytes.
func answerSize(text slacktext.Text) int {
	answer, _ := json.Marshal([]any{text.Fallback(), text.Block()}) // texts encode
	return len(answer)
}

// openLine is an open request: what runs, and how far it has come.
func openLine(r *request.Request, portAppURL string) slacktext.Text {
	return line(":hourglass_flowing_sand:", title(r), runURL(r, portAppURL), stageText(r), r.CreatedAt)
}

// stageText says in plain words how far an open request has come.
func stageText(r *request.Request) string {
	switch r.Stage {
	case request.Accepted, request.CreatingRun:
		return "starting"
	case request.Running:
		if r.Deliveries[request.AwaitingApproval].Completed() {
			return "waiting for approval"
		}
		return "running"
	case request.Notifying:
		return "finished; the result is being posted"
	case request.AwaitingChannel:
		return "finished; the incident's channel is awaited"
	}
	return "in progress"
}

// endedLine is a request that has ended: the result, its time and its link.
func endedLine(r *request.Request, portAppURL string) slacktext.Text {
	o := r.Outcome
	emoji, result := resultText(o.Status)
	label, link := title(r), runURL(r, portAppURL)
	if i := o.Incident; i != nil {
		if severity := name(i.Severity); severity != "" {
			result = severity
		}
		label = strings.TrimSpace(name(i.Reference) + " " + label)
		link = cmp.Or(slacktext.ValidURL(i.Permalink, maxURL), link)
		if i.Visibility != "" && i.Visibility != "public" {
			result += ", private"
		}
	}
	at := o.EndedAt
	if at.IsZero() {
		at = r.StageEnteredAt
	}
	return line(emoji, label, link, result, at)
}

// resultText says in plain words how a request ended.
func resultText(status string) (emoji, text string) {
	switch status {
	case request.Success:
		return ":white_check_mark:", "succeeded"
	case request.Failure:
		return ":x:", "failed"
	case request.Declined:
		return ":no_entry:", "declined"
	case request.Cancelled:
		return ":no_entry:", "canceled"
	case request.Rejected:
		return ":x:", "not run: Port rejected it"
	case request.NotStarted:
		return ":x:", "not run: Port or Slack didn't respond"
	case request.NoEmail:
		return ":x:", "not run: Port needs your email address, which Slack doesn't share"
	case request.Denied:
		return ":x:", "not run: no permission"
	case request.Abandoned:
		return ":no_entry:", "stopped by the person who operates this bot"
	}
	return ":grey_question:", "result unknown"
}

// line is a request on one line.
func line(emoji, label, link, status string, at time.Time) slacktext.Text {
	shown := slacktext.Literal(label)
	if link != "" {
		shown = slacktext.Link(link, label)
	}
	text := slacktext.Format("%s *%s* · %s", slacktext.Text(emoji), shown, status)
	if date := slacktext.Date(at, "{date_short_pretty} at {time}"); date != "" {
		text += " · " + date
	}
	return text
}

// title is the title of the request's action, with the entity that it works on.
func title(r *request.Request) string {
	shown := cmp.Or(name(r.Title), name(r.Action), "an action")
	if entity := name(r.Entity); entity != "" {
		shown += " for " + entity
	}
	return shown
}

// name is a name as the tab shows it.
func name(s string) string { return slacktext.Name(s, maxTitle) }

// runURL is the page of the run in Port; "" if there is no run.
func runURL(r *request.Request, portAppURL string) string {
	return slacktext.ValidURL(message.RunURL(portAppURL, r.RunID), maxURL)
}
