package ui

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// A conversation is a channel or a direct conversation that the viewer sees.
type conversation struct {
	ID, Name    string
	Private     bool
	Direct      bool // with the app
	Home        bool // the Home tab of the app, not its messages
	BotIsMember bool
}

// homeID is the ID of the Home tab in the address of the page.
const homeID = "home"

// Prefix returns the sign before the name.
func (c conversation) Prefix() string {
	switch {
	case c.Direct:
		return "●"
	case c.Private:
		return "🔒"
	}
	return "#"
}

// Conversations returns the conversations of the user. The direct one with the app is the first, because new
// channels are added at the end and links must not move.
func (v *viewModel) Conversations() []conversation {
	out := []conversation{{ID: v.person.DM(), Name: v.server.cfg.AppName, Direct: true, BotIsMember: true}}
	for _, c := range v.server.cfg.Slack.Channels() {
		isMember := !c.Private || c.Members == nil || slices.Contains(c.Members, v.User.ID)
		if isMember && !isDirect(c) {
			out = append(out, conversation{ID: c.ID, Name: c.Name, Private: c.Private, BotIsMember: c.BotIsMember})
		}
	}
	return out
}

func isDirect(c slacktest.Channel) bool { return strings.HasPrefix(c.ID, "D") }

// LatestTS returns the ts of the latest message of a conversation; "" when there is none.
func (v *viewModel) LatestTS(c conversation) string {
	messages := v.person.VisibleMessages(c.ID)
	if len(messages) == 0 {
		return ""
	}
	return messages[len(messages)-1].TS
}

// DM returns the direct conversation with the app.
func (v *viewModel) DM() conversation { return v.Conversations()[0] }

// HomeTab returns the Home tab of the user; nil if the app has published none.
func (v *viewModel) HomeTab() *messageView {
	var view struct{ Blocks json.RawMessage }
	if json.Unmarshal(v.person.HomeView(), &view) != nil {
		return nil
	}
	return &messageView{Channel: homeID, Blocks: blockRenderer{names: v.names()}.renderBlocks(view.Blocks)}
}

// A messageView is a message as the viewer sees it.
type messageView struct {
	Channel, TS string
	Author      string
	Initial     string
	Bot         bool
	Time        string
	Text        template.HTML // shown when there are no blocks
	Blocks      []block
	Ephemeral   bool
	Edited      bool
	Replies     []*messageView
}

// maxMessages is the number of messages of a conversation that are shown, the latest ones.
const maxMessages = 200

// Messages returns the messages of the conversation in the order of time, ephemeral ones and Slackbot's included.
func (v *viewModel) Messages() (out []*messageView) {
	channel := v.Conversation.ID
	messages := append(v.person.VisibleMessages(channel), v.server.clientState.slackbotMessagesFor(v.User.ID, channel)...)
	slices.SortStableFunc(messages, func(a, b slacktest.Message) int {
		return cmp.Compare(tsSeconds(a.TS), tsSeconds(b.TS))
	})
	messages = messages[max(0, len(messages)-maxMessages):]
	threads := map[string]*messageView{}
	for _, m := range messages {
		message := v.newMessageView(m)
		if parent := threads[m.ThreadTS]; parent != nil && m.ThreadTS != m.TS {
			parent.Replies = append(parent.Replies, message)
			continue
		}
		threads[m.TS] = message
		out = append(out, message)
	}
	return out
}

func (v *viewModel) newMessageView(m slacktest.Message) *messageView {
	names := v.names()
	author := cmp.Or(names.user(m.User), m.User, "?")
	blocks := blockRenderer{names: names}
	out := &messageView{
		Channel: v.Conversation.ID, TS: m.TS, Author: author, Initial: strings.ToUpper(string([]rune(author)[:1])),
		Time: time.UnixMilli(int64(tsSeconds(m.TS) * 1000)).In(v.timeZone()).Format("15:04"),
		Bot:  m.Bot, Ephemeral: m.Ephemeral, Edited: m.Edited > 0,
		Blocks: blocks.renderBlocks(m.Blocks),
	}
	if len(out.Blocks) == 0 {
		out.Text = renderMrkdwn(names, m.Text)
	}
	var attachments []object
	if json.Unmarshal(m.Attachments, &attachments) == nil {
		for _, a := range attachments {
			out.Blocks = append(out.Blocks, blocks.renderAttachment(a)...)
		}
	}
	return out
}

// tsSeconds is a ts in seconds; 0 for a text that is not a ts.
func tsSeconds(ts string) float64 {
	f, _ := strconv.ParseFloat(ts, 64)
	return f
}
