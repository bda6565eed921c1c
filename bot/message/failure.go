package message

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// failureMessage informs the reporter why there is no result.
func (r Renderer) failureMessage(in Input) slackapp.Message {
	subject, why := r.subject(in), reason(in.Outcome.Reason)
	quote := slacktext.Quote(why)
	switch in.Outcome.Status {
	case request.NoEmail:
		text := slacktext.Format(":x: %s did not run. Port needs your email address.", subject)
		return textMessage(slacktext.JoinLines(text, slacktext.Literal(why)))
	case request.Denied:
		return textMessage(slacktext.Format(":x: %s did not run. %s", subject, why))
	case request.Rejected:
		text := slacktext.Format(":x: %s did not run. Port rejected it:", subject)
		if quote == "" {
			text = slacktext.Format(":x: %s did not run. Port rejected it.", subject)
		}
		return textMessage(slacktext.JoinLines(text, quote, "Nothing was created. Correct the input and run the command again."))
	case request.NotStarted:
		text := slacktext.Format(":x: %s did not run.", subject)
		return textMessage(slacktext.JoinLines(text, quote, "Nothing was created. Run the command again if it is still needed."))
	case request.Declined:
		text := slacktext.Format(":no_entry: %s was declined in Port.", subject)
		if who := name(in.Outcome.DeclinedBy); who != "" {
			text = slacktext.Format(":no_entry: %s was declined by %s.", subject, who)
		}
		return r.runMessage(in, slacktext.JoinLines(text, quote))
	case request.Cancelled:
		return r.runMessage(in, slacktext.JoinLines(slacktext.Format(":no_entry: %s was cancelled in Port.", subject), quote))
	case request.Abandoned:
		next := slacktext.Literal("Nothing was created. Run the command again if it is still needed.")
		switch {
		case in.RunID != "":
			next = "Its run in Port was not stopped. Check the run before you run the action again, to avoid a duplicate."
		case in.Outcome.MayHaveRun:
			next = "Port may have started it. Check the runs of the action in Port before you run it again, to avoid a duplicate."
		}
		return r.runMessage(in, slacktext.JoinLines(slacktext.Format(":no_entry: The person who operates this bot stopped %s.", subject), quote, next))
	case request.Unknown:
		return r.runMessage(in, slacktext.JoinLines(slacktext.Format(":grey_question: The result of %s is unknown.", subject), quote,
			"Check the run in Port before you run it again, to avoid a duplicate."))
	}
	return r.runMessage(in, slacktext.JoinLines(slacktext.Format(":x: %s failed.", subject), quote, logText(in.Outcome.Log), runLinks(in),
		slacktext.Literal(in.Outcome.Hint), "Nothing was posted to a channel."))
}

// The end of the log of a run that failed, as a message shows it.
const (
	maxLogLines   = 5
	maxLogLineLen = 200 // UTF-16 code units
)

// LastLogLines are the last lines of the entries of a log, each as long as fits a message. An entry can have several.
func LastLogLines(entries []string) (last []string) {
	for _, entry := range slices.Backward(entries) {
		for _, line := range slices.Backward(strings.FieldsFunc(entry, func(r rune) bool { return r == '\n' || r == '\r' })) {
			if line = truncate(slacktext.SingleLine(line), maxLogLineLen); slacktext.IsBlank(line) {
				continue
			}
			if last = append(last, line); len(last) == maxLogLines {
				slices.Reverse(last)
				return last
			}
		}
	}
	slices.Reverse(last)
	return last
}

func logText(lines []string) slacktext.Text {
	if len(lines) == 0 {
		return ""
	}
	return slacktext.JoinLines("The log of the run ends with:", slacktext.Quote(strings.Join(lines, "\n")))
}

// fallbackMessage is a channel's message for the reporter, who can share it there. It is sent when
// Slack rejected the message in the channel.
func fallbackMessage(m slackapp.Message, why slacktext.Text) slackapp.Message {
	text := ":mute: " + why
	above := text.Mrkdwn()
	return slackapp.Message{
		Text:   slacktext.TruncateMrkdwn(m.Text, maxText-slacktext.Length(above)-1) + "\n" + above,
		Blocks: slices.Concat([]slack.Block{text.Block()}, m.Blocks),
	}
}
