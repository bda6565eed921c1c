package message

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// maxRunLinks is how many of a run's links are shown.
const maxRunLinks = 10

// Started informs the reporter that the submission is being processed.
func Started(in Input) slackapp.Message {
	result := "I'll post the result here."
	if in.isPrivate() || in.Channel == "" {
		result = "I'll send you the result directly."
	}
	return textMessage(fmt.Sprintf(":hourglass_flowing_sand: Running *%s*. %s", displayName(in.Title), result))
}

// AwaitingApproval informs the reporter that the run waits for approval.
func (r Renderer) AwaitingApproval(in Input) Delivery {
	text := fmt.Sprintf(":raised_hand: *%s* is waiting for approval. You'll get a message when it is approved or declined.", displayName(in.Title))
	return reporterDelivery(request.AwaitingApproval, in, r.runMessage(in, text))
}

// Delayed informs the reporter that the run takes long. Without a run, Port or Slack could not be
// reached.
func (r Renderer) Delayed(in Input) Delivery {
	title := displayName(in.Title)
	text := fmt.Sprintf(":hourglass: *%s* has not started yet, because Port or Slack isn't responding. I'll keep trying for an hour.", title)
	if in.RunID != "" {
		text = fmt.Sprintf(":hourglass: *%s* is still running.", title)
		if started := slackDate(in.CreatedAt, "{time}"); started != "" {
			text = fmt.Sprintf(":hourglass: *%s* is still running. It started at %s.", title, started)
		}
		text += " I'll keep watching it."
	}
	return reporterDelivery(request.Delayed, in, r.runMessage(in, text))
}

// successMessage is the message about a run that succeeded and declared no incident.
func (r Renderer) successMessage(in Input, reporterOnly bool) slackapp.Message {
	text := fmt.Sprintf(":white_check_mark: *%s* finished. Run by <@%s>", displayName(in.Title), in.Reporter)
	if !in.CreatedAt.IsZero() && in.Outcome.EndedAt.After(in.CreatedAt) {
		text += ", " + formatDuration(in.Outcome.EndedAt.Sub(in.CreatedAt))
	}
	text += "."
	shown := 0
	for _, link := range in.Outcome.Links {
		if link = validURL(link); link != "" && shown < maxRunLinks {
			text += "\n<" + link + ">"
			shown++
		}
	}
	if reporterOnly {
		return r.runMessage(in, text)
	}
	return textMessage(text)
}

// runMessage is a text for the reporter, with a link to the run if there is one.
func (r Renderer) runMessage(in Input, text string) slackapp.Message {
	m := textMessage(text)
	if url := r.runURL(in); url != "" {
		m.Text = appendURL(m.Text, url)
		m.Blocks = append(m.Blocks, actionBlocks(linkButton("open_run", "Open in Port", url))...)
	}
	return m
}

func textMessage(text string) slackapp.Message {
	return slackapp.Message{Text: slacktext.TruncateMrkdwn(text, maxText), Blocks: []slack.Block{sectionBlock(text)}}
}

// formatDuration is a duration for people: its two largest units.
func formatDuration(d time.Duration) string {
	switch d = max(d.Round(time.Second), time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
