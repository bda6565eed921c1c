package bot

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/slackapp"
)

// Callback ids of the app's shortcuts.
const (
	ShortcutDeclare        = "foghorn_declare"         // anywhere
	ShortcutDeclareMessage = "foghorn_declare_message" // on a message, which goes into the description
)

// shortcut opens the form from a shortcut. There is no ack to speak through, so what goes
// wrong is a direct message.
func (b *Bot) shortcut(ctx context.Context, cb slack.InteractionCallback) {
	page, fill := modal.Page{Action: b.cfg.Action}, prefill(func(*form.Form) form.Values { return form.Values{} })
	switch cb.CallbackID {
	case ShortcutDeclare:
	case ShortcutDeclareMessage:
		page.Channel = cb.Channel.ID
		text := strings.TrimSpace(cb.Message.Text)
		if link, err := b.slack.Permalink(ctx, cb.Channel.ID, cb.Message.Timestamp); err == nil {
			text = strings.TrimSpace(text + "\n" + link)
		}
		fill = func(f *form.Form) form.Values { return modal.PrefillDescription(f, text) }
	default:
		return
	}
	if sorry := b.open(ctx, cb.TriggerID, cb.User.ID, page, fill); sorry != "" {
		if _, err := b.slack.Post(ctx, cb.User.ID, slackapp.Message{Text: sorry}); err != nil {
			b.cfg.Log.WithError(err).Warn("say why there is no form")
		}
	}
}
