package slacktest_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

func TestWhereABotMayPost(t *testing.T) {
	w := start(t, slacktest.Config{Scopes: []string{"chat:write", "channels:join"}}, nil)
	public := w.AddChannel(slacktest.Channel{Name: "public"}).ID
	private := w.AddChannel(slacktest.Channel{Name: "private", Private: true}).ID
	joined := w.AddChannel(slacktest.Channel{Name: "joined", Private: true, BotIsMember: true}).ID
	old := w.AddChannel(slacktest.Channel{Name: "old", Archived: true, BotIsMember: true}).ID
	post := func(channel string) answer {
		return w.call("chat.postMessage", map[string]any{"channel": channel, "text": "hi"})
	}
	w.wants(post(w.room.ID), "")
	w.wants(post("#ops"), "")
	w.wants(post(joined), "")
	w.wants(post(public), "not_in_channel")
	w.wants(post(private), "channel_not_found")
	w.wants(post(old), "is_archived")
	w.wants(post("C0NOWHERE"), "channel_not_found")
	w.wants(w.call("conversations.join", map[string]any{"channel": private}), "method_not_supported_for_channel_type")
	w.wants(w.call("conversations.join", map[string]any{"channel": public}), "")
	w.wants(post(public), "")
	elsewhere := w.AddChannel(slacktest.Channel{Name: "elsewhere"}).ID
	w.SetScopes("chat:write", "chat:write.public")
	w.wants(post(elsewhere), "")

	direct := post("U0ALICE")
	w.wants(direct, "")
	if id, _ := direct["channel"].(string); !strings.HasPrefix(id, "D") || id != w.alice.DM() || len(w.Messages("U0ALICE")) != 1 {
		t.Errorf("direct message in %v", direct["channel"])
	}
}

func TestWhatABotMayPost(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	post := func(more map[string]any) answer {
		more["channel"] = w.room.ID
		return w.call("chat.postMessage", more)
	}
	w.wants(post(map[string]any{}), "no_text")
	w.wants(post(map[string]any{"text": strings.Repeat("é", 40_000)}), "")
	w.wants(post(map[string]any{"text": strings.Repeat("é", 40_001)}), "msg_too_long")
	w.wants(post(map[string]any{"blocks": "{"}), "invalid_blocks_format")
	w.wants(post(map[string]any{"text": "x", "metadata": map[string]any{"event_type": "a"}}), "invalid_metadata_schema")
	w.wants(post(map[string]any{"text": "x", "metadata": "["}), "invalid_metadata_format")
	w.wants(post(map[string]any{"text": "x", "thread_ts": "1.2"}), "thread_not_found")

	a := post(map[string]any{"blocks": []any{map[string]any{"type": "divider", "text": "x"}}})
	w.wants(a, "invalid_blocks")
	if got, want := a.messages(), "[ERROR] invalid additional property: text [json-pointer:/blocks/0]"; got != want {
		t.Errorf("messages = %q, want %q", got, want)
	}
	if list, _ := a["errors"].([]any); len(list) != 1 || list[0] != "invalid additional property: text [json-pointer:/blocks/0]" {
		t.Errorf("errors = %v", a["errors"])
	}
}

func TestAMessageIsFoundByItsMetadata(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	mark := slack.SlackMetadata{EventType: "told", EventPayload: map[string]any{"key": "r1"}}
	_, ts, err := w.api.PostMessageContext(w.ctx, w.room.ID, slack.MsgOptionText("declared", false), slack.MsgOptionMetadata(mark))
	w.must(err)
	_, _, _, err = w.api.UpdateMessageContext(w.ctx, w.room.ID, ts, slack.MsgOptionText("declared!", false))
	w.must(err)
	_, other, err := w.api.PostMessageContext(w.ctx, w.room.ID, slack.MsgOptionText("reply", false), slack.MsgOptionTS(ts))
	w.must(err)
	if other == ts {
		t.Error("two messages have one ts")
	}
	h, err := w.api.GetConversationHistoryContext(w.ctx, &slack.GetConversationHistoryParameters{
		ChannelID: w.room.ID, Oldest: ts, Inclusive: true, Limit: 10, IncludeAllMetadata: true,
	})
	w.must(err)
	if len(h.Messages) != 1 || h.Messages[0].Text != "declared!" || h.Messages[0].Metadata.EventPayload["key"] != "r1" || h.Messages[0].BotID == "" {
		t.Errorf("history = %+v", h.Messages)
	}
	thread, _, _, err := w.api.GetConversationRepliesContext(w.ctx, &slack.GetConversationRepliesParameters{ChannelID: w.room.ID, Timestamp: ts})
	w.must(err)
	if len(thread) != 2 || thread[1].Text != "reply" {
		t.Errorf("thread = %+v", thread)
	}
	link, err := w.api.GetPermalinkContext(w.ctx, &slack.PermalinkParameters{Channel: w.room.ID, Ts: ts})
	w.must(err)
	if !strings.HasSuffix(link, "/archives/C0OPS/p"+strings.Replace(ts, ".", "", 1)) {
		t.Errorf("permalink = %q", link)
	}
	_, _, err = w.api.DeleteMessageContext(w.ctx, w.room.ID, ts)
	w.must(err)
	w.wants(w.call("chat.update", map[string]any{"channel": w.room.ID, "ts": ts, "text": "x"}), "message_not_found")
	if _, err := w.alice.SlashCommand(w.ctx, w.room.ID, "good morning"); err != nil {
		t.Error(err)
	}
	all := w.Messages(w.room.ID)
	w.wants(w.call("chat.update", map[string]any{"channel": w.room.ID, "ts": all[len(all)-1].TS, "text": "x"}), "cant_update_message")
}

func TestPagesOfHistory(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	for range 25 {
		_, _, err := w.api.PostMessageContext(w.ctx, w.room.ID, slack.MsgOptionText("x", false))
		w.must(err)
	}
	seen := map[string]bool{}
	params := &slack.GetConversationHistoryParameters{ChannelID: w.room.ID, Limit: 10}
	for pages := 1; ; pages++ {
		h, err := w.api.GetConversationHistoryContext(w.ctx, params)
		w.must(err)
		for _, m := range h.Messages {
			seen[m.Timestamp] = true
		}
		if params.Cursor = h.ResponseMetaData.NextCursor; params.Cursor == "" {
			if pages != 3 || len(seen) != 25 {
				t.Errorf("%d pages with %d messages", pages, len(seen))
			}
			break
		}
	}
	w.wants(w.call("conversations.history", map[string]any{"channel": w.room.ID, "cursor": "?"}), "invalid_cursor")
}

func TestEphemeral(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	_, err := w.api.PostEphemeralContext(w.ctx, w.room.ID, "U0ALICE", slack.MsgOptionText("psst", false))
	w.must(err)
	m, err := w.WaitEphemeral(w.ctx, "U0ALICE", func(m slacktest.Message) bool { return m.Contains("psst") })
	w.must(err)
	if !m.Ephemeral || len(w.Messages(w.room.ID)) != 0 {
		t.Errorf("message = %+v", m)
	}
	w.wants(w.call("chat.postEphemeral", map[string]any{"channel": w.room.ID, "user": "U0BOB", "text": "x"}), "user_not_in_channel")
}

func TestConversations(t *testing.T) {
	w := start(t, slacktest.Config{}, nil)
	w.AddChannel(slacktest.Channel{Name: "secret", Private: true})
	w.AddChannel(slacktest.Channel{Name: "gone", Archived: true})
	ch, err := w.api.GetConversationInfoContext(w.ctx, &slack.GetConversationInfoInput{ChannelID: w.room.ID})
	w.must(err)
	if ch.Name != "ops" || !ch.IsMember || ch.IsPrivate {
		t.Errorf("channel = %+v", ch)
	}
	list, _, err := w.api.GetConversationsContext(w.ctx, &slack.GetConversationsParameters{ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
	w.must(err)
	if len(list) != 1 || list[0].Name != "ops" {
		t.Errorf("channels = %+v", list)
	}
	dm, _, _, err := w.api.OpenConversationContext(w.ctx, &slack.OpenConversationParameters{Users: []string{"U0ALICE"}})
	w.must(err)
	if dm.ID != w.alice.DM() {
		t.Errorf("direct conversation %q", dm.ID)
	}
	members, _, err := w.api.GetUsersInConversationContext(w.ctx, &slack.GetUsersInConversationParameters{ChannelID: w.room.ID})
	w.must(err)
	if len(members) != 2 {
		t.Errorf("members = %v", members)
	}
}
