package message

import (
	"strings"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// Visibility is private if only the reporter may see the result, else public.
func (in Input) Visibility() string {
	if in.isPrivate() {
		return "private"
	}
	return "public"
}

// hiddenMessage replaces a message in a channel after the incident became private.
func hiddenMessage() slackapp.Message {
	return textMessage(":lock: This incident is now private. Its details were removed from this message.")
}

// endedText says how long the incident took; "" while it is open.
func endedText(i request.Incident) slacktext.Text {
	if !i.HasEnded() || i.EndedAfter <= 0 {
		return ""
	}
	verb := strings.ToUpper(i.Category[:1]) + i.Category[1:] // such as Closed
	return slacktext.Format("%s after %s", verb, formatDuration(i.EndedAfter))
}

// Escalation is the reply in the thread of a posted message that says that the severity rose to the organization's
// highest level. It does not name the incident, so that nothing has to be removed if that becomes private.
func (r Renderer) Escalation(in Input, d Delivery, ts string) Delivery {
	reply := textMessage(slacktext.Format("%s Severity raised to *%s*, the highest level.", severityEmoji(1), in.severity()))
	reply.ThreadTS = ts
	return Delivery{Key: request.EscalatedPrefix + d.Key, To: d.To, Message: reply}
}
