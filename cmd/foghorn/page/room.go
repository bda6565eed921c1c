package page

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

// A room is a conversation as the viewer sees it.
type room struct {
	ID, Name string
	Private  bool
	Direct   bool // with the app
	BotIn    bool
	Archived bool
}

// Sign is what stands before the name.
func (r room) Sign() string {
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
func (l *look) Rooms() []room {
	out := []room{{ID: l.person.DM(), Name: l.page.cfg.App, Direct: true, BotIn: true}}
	for _, c := range l.page.cfg.Slack.Channels() {
		if strings.HasPrefix(c.ID, "D") || c.Private && !slices.Contains(c.Members, l.As.ID) && c.Members != nil {
			continue
		}
		out = append(out, room{ID: c.ID, Name: c.Name, Private: c.Private, BotIn: c.BotIn, Archived: c.Archived})
	}
	return out
}

// Latest is the ts of the latest message of a room, "" when there is none.
func (l *look) Latest(r room) string {
	all := l.person.Sees(r.ID)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].TS
}

// A note is a message as the viewer sees it.
type note struct {
	Channel, TS string
	Author      string
	Initial     string
	Bot         bool
	At          string
	Text        template.HTML // when there are no blocks
	Blocks      []block
	Only        bool // only the viewer sees it
	Edited      bool
	Replies     []note
}

// maxNotes is how many messages of a room are shown, the latest ones.
const maxNotes = 200

// Notes are the messages of the room, those for the viewer alone among them, in the order of time.
func (l *look) Notes() (out []note) {
	all := append(l.person.Sees(l.Room.ID), l.page.desk.told(l.As.ID, l.Room.ID)...)
	slices.SortStableFunc(all, func(a, b slacktest.Message) int { return cmp.Compare(stamp(a.TS), stamp(b.TS)) })
	if over := len(all) - maxNotes; over > 0 {
		all = all[over:]
	}
	heads := map[string]int{}
	for _, m := range all {
		if i, ok := heads[m.ThreadTS]; ok && m.ThreadTS != m.TS {
			out[i].Replies = append(out[i].Replies, l.note(m))
			continue
		}
		heads[m.TS] = len(out)
		out = append(out, l.note(m))
	}
	return out
}

func (l *look) note(m slacktest.Message) note {
	n := note{
		Channel: l.Room.ID, TS: m.TS, Author: first(l.userName(m.User), m.User, "?"), Bot: m.Bot, Only: m.Ephemeral, Edited: m.Edited > 0,
		At: time.UnixMilli(int64(stamp(m.TS) * 1000)).In(l.zone()).Format("15:04"),
	}
	n.Initial = strings.ToUpper(string([]rune(n.Author)[:1]))
	r := renderer{names: l.names}
	n.Blocks = r.blocks(m.Blocks)
	if len(n.Blocks) == 0 {
		n.Text = l.names.mrkdwn(m.Text)
	}
	var attached []object
	if json.Unmarshal(m.Attachments, &attached) == nil {
		for _, a := range attached {
			blocks, _ := json.Marshal(a["blocks"]) // it came from JSON
			n.Blocks = append(n.Blocks, r.blocks(blocks)...)
			if text := first(str(a["text"]), str(a["fallback"])); text != "" && a["blocks"] == nil {
				n.Blocks = append(n.Blocks, block{Type: "section", Text: l.names.mrkdwn(text)})
			}
		}
	}
	return n
}

// stamp is a ts in seconds.
func stamp(ts string) float64 {
	f, _ := strconv.ParseFloat(ts, 64) // 0 for what is no ts
	return f
}
