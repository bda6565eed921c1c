package dialog

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
)

// Callback ids of the app's shortcuts.
const (
	ShortcutDeclare        = "foghorn_declare"         // global
	ShortcutDeclareMessage = "foghorn_declare_message" // on a message, which fills the first field and the description
	ShortcutRunMessage     = "foghorn_run_message"     // on a message, which fills the first field of several lines of the action that is chosen
)

// openFromShortcut opens the form from a shortcut. A shortcut has no answer that the user sees,
// so a problem is a direct message. Nothing is asked of Slack before the form is open: a trigger is valid for 3 s.
func (d *Dialog) openFromShortcut(ctx context.Context, i slackapp.Interaction) {
	page := modal.Page{Action: d.cfg.Action}
	var problem slacktext.Text
	switch i.CallbackID {
	case ShortcutDeclare:
		problem = d.open(ctx, i.TriggerID, i.User.ID, page, noPrefill)
	case ShortcutDeclareMessage:
		page.Channel, page.Direct = i.Channel.ID, isDirect(i.Channel.Name)
		m, link := readMessage(i)
		fill := func(f *form.Form) form.Values { return modal.PrefillMessage(f, m.Title, m.Text, link) }
		problem = d.open(ctx, i.TriggerID, i.User.ID, page, fill)
	case ShortcutRunMessage:
		if d.cfg.RunCommand != "" {
			m, link := readMessage(i)
			problem = d.openChooser(ctx, i.TriggerID, i.User.ID, modal.Chooser{
				Channel: i.Channel.ID, Direct: isDirect(i.Channel.Name), Text: m.Text, Link: link,
			})
		}
	}
	if problem != "" {
		d.sendProblem(ctx, i.User.ID, problem)
	}
}

// readMessage reads the message of a shortcut, and makes the link to it.
func readMessage(i slackapp.Interaction) (m slacktext.Message, link string) {
	m = slacktext.ReadMessage(i.RawMessage, map[string]string{i.User.ID: i.User.Name, i.Channel.ID: i.Channel.Name})
	return m, permalink(i, m)
}

func noPrefill(*form.Form) form.Values { return form.Values{} }

// sendProblem sends the user a direct message, in the background: what they did must be acked before Slack reports a timeout.
func (d *Dialog) sendProblem(ctx context.Context, userID string, problem slacktext.Text) {
	d.background.Go(func() {
		m := slackapp.Message{Text: problem.Fallback(), Blocks: []slack.Block{problem.Block()}}
		if _, err := d.cfg.Slack.PostMessage(context.WithoutCancel(ctx), userID, m); err != nil {
			d.log(ctx).WithError(err).Warn("failed to inform the user that the form did not open")
		}
	})
}

// isDirect reports that a channel is a direct or group message, by its name in a payload.
// https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
func isDirect(channelName string) bool {
	return channelName == "directmessage" || strings.HasPrefix(channelName, "mpdm-")
}

var (
	domainPattern    = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$`)
	channelPattern   = regexp.MustCompile(`^[A-Z0-9]{2,40}$`)
	timestampPattern = regexp.MustCompile(`^[0-9]{1,20}\.[0-9]{1,10}$`)
)

// permalink is the link to the message of a shortcut, as chat.getPermalink makes it; "" if the payload
// does not say which message it is.
// https://docs.slack.dev/reference/methods/chat.getPermalink
func permalink(i slackapp.Interaction, m slacktext.Message) string {
	ts := m.Timestamp
	if ts == "" {
		ts = i.MessageTs
	}
	if !channelPattern.MatchString(i.Channel.ID) || !timestampPattern.MatchString(ts) {
		return ""
	}
	if !domainPattern.MatchString(i.Team.Domain) { // an installation for an organization can omit the team
		query := url.Values{"channel": {i.Channel.ID}, "message_ts": {ts}}
		if i.Team.ID != "" {
			query.Set("team", i.Team.ID)
		}
		return "https://slack.com/app_redirect?" + query.Encode()
	}
	link := "https://" + i.Team.Domain + ".slack.com/archives/" + i.Channel.ID + "/p" + strings.Replace(ts, ".", "", 1)
	if thread := m.ThreadTimestamp; thread != ts && timestampPattern.MatchString(thread) {
		link += "?thread_ts=" + thread + "&cid=" + i.Channel.ID
	}
	return link
}
