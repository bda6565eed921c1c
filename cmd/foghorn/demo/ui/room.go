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

// A conversation is a conversation as the viewer sees it.
type conversation struct {
	ID, Name string
	Private  bool
	Direct   bool // with the app
	BotIn    bool
	Archived bool
}

// Sign is what stands before the name.
func (r conversation) Sign() string {
	switch {
	case r.Direct:
		return "●"
	case r.Private:
		return "🔒"
	}
	return "#"
}

// Rooms are the conversations that the viewer is in. The direct one with the app comes
// first: channels are added at the end, and what people press must not move.
func (l *viewModel) Rooms() []conversation {
	out := []conversation{{ID: l.person.DM(), Name: l.server.cfg.AppName, Direct: true, BotIn: true}}
	for _, c := range l.server.cfg.Slack.Channels() {
		if strings.HasPrefix(c.ID, "D") || c.Private && !slices.Contains(c.Members, l.As.ID) && c.Members != nil {
			continue
		}
		out = append(out, conversation{ID: c.ID, Name: c.Name, Private: c.Private, BotIn: c.BotIn, Archived: c.Archived})
	}
	return out
}

// Latest is the ts of the latest message of a room, "" when there is none.
func (l *viewModel) Latest(r conversation) string {
	all := l.person.Sees(r.ID)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].TS
}

// A messageView is a message as the viewer sees it.
type messageView struct {
	Channel, TS string
	Author      string
	Initial     string
	Bot         bool
	At          string
	Text        template.HTML // when there are no blocks
	Blocks      []block
	Only        bool // only the viewer sees it
	Edited      bool
	Replies     []messageView
}

// maxMessages is how many messages of a room are shown, the latest ones.
const maxMessages = 200

// Notes are the messages of the room, those for the viewer alone among them, in the order of time.
func (l *viewModel) Notes() (out []messageView) {
	all := append(l.person.Sees(l.Room.ID), l.server.clientState.slackbotMessagesFor(l.As.ID, l.Room.ID)...)
	slices.SortStableFunc(all, func(a, b slacktest.Message) int { return cmp.Compare(tsSeconds(a.TS), tsSeconds(b.TS)) })
	if over := len(all) - maxMessages; over > 0 {
		all = all[over:]
	}
	heads := map[string]int{}
	for _, m := range all {
		if i, ok := heads[m.ThreadTS]; ok && m.ThreadTS != m.TS {
			out[i].Replies = append(out[i].Replies, l.newMessageView(m))
			continue
		}
		heads[m.TS] = len(out)
		out = append(out, l.newMessageView(m))
	}
	return out
}

func (l *viewModel) newMessageView(m slacktest.Message) messageView {
	n := messageView{
		Channel: l.Room.ID, TS: m.TS, Author: firstNonEmpty(l.userName(m.User), m.User, "?"), Bot: m.Bot, Only: m.Ephemeral, Edited: m.Edited > 0,
		At: time.UnixMilli(int64(tsSeconds(m.TS) * 1000)).In(l.timeZone()).Format("15:04"),
	}
	n.Initial = strings.ToUpper(string([]rune(n.Author)[:1]))
	r := blockRenderer{names: l.names}
	n.Blocks = r.blocks(m.Blocks)
	if len(n.Blocks) == 0 {
		n.Text = l.names.mrkdwn(m.Text)
	}
	var attached []object
	if json.Unmarshal(m.Attachments, &attached) == nil {
		for _, a := range attached {
			blocks, _ := json.Marshal(a["blocks"]) // it came from JSON
			n.Blocks = append(n.Blocks, r.blocks(blocks)...)
			if text := firstNonEmpty(stringValue(a["text"]), stringValue(a["fallback"])); text != "" && a["blocks"] == nil {
				n.Blocks = append(n.Blocks, block{Type: "section", Text: l.names.mrkdwn(text)})
			}
		}
	}
	return n
}

// tsSeconds is a ts in seconds.
func tsSeconds(ts string) float64 {
	f, _ := strconv.ParseFloat(ts, 64) // 0 for what is no ts
	return f
}
