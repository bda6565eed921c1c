package message

import (
	"cmp"
	"fmt"
	"strings"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// maxRunLinks is how many of a run's links are shown.
const maxRunLinks = 10

// Started informs the reporter that the submission is being processed, in the channel of the command.
func Started(in Input) slackapp.Message {
	if in.isPrivate() || in.Channel == "" {
		return StartedDirect(in)
	}
	return textMessage(slacktext.Format(":hourglass_flowing_sand: Running *%s*. I'll post the result here.", in.title()))
}

// StartedDirect is Started for a place that is not the channel of the command.
func StartedDirect(in Input) slackapp.Message {
	return textMessage(slacktext.Format(":hourglass_flowing_sand: Running *%s*. I'll send you the result directly.", in.title()))
}

// AwaitingApproval informs the reporter that the run waits for approval.
func (r Renderer) AwaitingApproval(in Input) Delivery {
	text := slacktext.Format(":raised_hand: %s is waiting for approval. You'll get a message when it is approved or declined.", r.subject(in))
	if approvers := in.approvers(); approvers != "" {
		text = slacktext.JoinLines(text, slacktext.Format("Who can approve it: %s.", approvers))
	}
	return reporterDelivery(request.AwaitingApproval, in, r.runMessage(in, text))
}

// maxApprovers is how many of those who can approve a run are named.
const maxApprovers = 10

// approvers are the names of those who can approve the run, and how many more there are; "" if no name is known.
func (in Input) approvers() string {
	var names []string
	for _, n := range in.Approvers {
		if n = name(n); n != "" && len(names) < maxApprovers {
			names = append(names, n)
		}
	}
	if more := len(in.Approvers) - len(names); more > 0 && len(names) > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// Delayed informs the reporter that the run takes long. Without a run, Port or Slack could not be
// reached.
func (r Renderer) Delayed(in Input) Delivery {
	text := slacktext.Format(":hourglass: %s is still running. I'll keep watching it.", r.subject(in))
	switch started := slacktext.Date(in.CreatedAt, "{time}"); {
	case in.RunID == "":
		text = slacktext.Format(":hourglass: %s has not started yet, because Port or Slack isn't responding. I'll keep trying for an hour.", r.subject(in))
	case started != "" && !slacktext.IsBlank(in.StatusLabel):
		text = slacktext.Format(":hourglass: %s is still running (status: %s). It started at %s. I'll keep watching it.", r.subject(in), name(in.StatusLabel), started)
	case started != "":
		text = slacktext.Format(":hourglass: %s is still running. It started at %s. I'll keep watching it.", r.subject(in), started)
	}
	return reporterDelivery(request.Delayed, in, r.runMessage(in, text))
}

// successMessage is the message about a run that succeeded and declared no incident.
func (r Renderer) successMessage(in Input, reporterOnly bool) slackapp.Message {
	text := slacktext.Format(":white_check_mark: %s finished. Run by %s.", r.subject(in), slacktext.User(in.Reporter))
	if !in.CreatedAt.IsZero() && in.Outcome.EndedAt.After(in.CreatedAt) {
		took := slacktext.Text(formatDuration(in.Outcome.EndedAt.Sub(in.CreatedAt)))
		text = slacktext.Format(":white_check_mark: %s finished. Run by %s, %s.", r.subject(in), slacktext.User(in.Reporter), took)
	}
	text = slacktext.JoinLines(text, slacktext.Quote(reason(in.Outcome.Summary)), r.relatedEntity(in), runLinks(in))
	if reporterOnly {
		return r.runMessage(in, text)
	}
	return textMessage(text)
}

// subject is what was run, and for which entity.
func (r Renderer) subject(in Input) slacktext.Text {
	title := slacktext.Format("*%s*", in.title())
	if e := in.Outcome.Entity; e != nil && e.Identifier == in.Entity {
		return slacktext.Format("%s for *%s*", title, r.entityLink(e))
	}
	if entity := name(in.Entity); entity != "" {
		return slacktext.Format("%s for *%s*", title, entity)
	}
	return title
}

// relatedEntity is a line about the entity of a run that was not for one, such as the one that it created; "" for none.
func (r Renderer) relatedEntity(in Input) slacktext.Text {
	if e := in.Outcome.Entity; e != nil && in.Entity == "" {
		return slacktext.Format("Entity: %s", r.entityLink(e))
	}
	return ""
}

// entityLink is the title of an entity with the link to its page in Port, as far as there are both.
func (r Renderer) entityLink(e *request.Entity) slacktext.Text {
	label := cmp.Or(name(e.Title), name(e.Identifier), "entity")
	if url := r.entityURL(e); url != "" {
		return slacktext.Link(url, label)
	}
	return slacktext.Literal(label)
}

// runLinks are the links that the backend of the action gave the run, one a line; "" for none.
func runLinks(in Input) slacktext.Text {
	var links []slacktext.Text
	for _, link := range in.Outcome.Links {
		if link = validURL(link); link != "" && len(links) < maxRunLinks {
			links = append(links, slacktext.Text("<"+link+">"))
		}
	}
	return slacktext.JoinLines(links...)
}

// runMessage is a text for the reporter, with a link to the run if there is one.
func (r Renderer) runMessage(in Input, text slacktext.Text) slackapp.Message {
	m := textMessage(text)
	if url := r.runURL(in); url != "" {
		m.Text = appendURL(text.Mrkdwn(), url)
		m.Blocks = append(m.Blocks, actionBlocks(linkButton("open_run", "Open in Port", url))...)
	}
	return m
}
