package slacktest_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

func TestChat_ChannelAccess(t *testing.T) {
	w := newEnv(t, slacktest.Config{Scopes: []string{"chat:write", "channels:join"}}, nil)
	public := w.AddChannel(slacktest.Channel{Name: "public"}).ID
	private := w.AddChannel(slacktest.Channel{Name: "private", Private: true}).ID
	joined := w.AddChannel(slacktest.Channel{Name: "joined", Private: true, BotIsMember: true}).ID
	old := w.AddChannel(slacktest.Channel{Name: "old", Archived: true, BotIsMember: true}).ID
	post := func(channel string) response {
		return w.call("chat.postMessage", map[string]any{"channel": channel, "text": "hi"})
	}
	w.expectError(post(w.channel.ID), "")
	w.expectError(post("#ops"), "")
	w.expectError(post(joined), "")
	w.expectError(post(public), "not_in_channel")
	w.expectError(post(private), "channel_not_found")
	w.expectError(post(old), "is_archived")
	w.expectError(post("C0NOWHERE"), "channel_not_found")
	w.expectError(w.call("conversations.join", map[string]any{"channel": private}), "method_not_supported_for_channel_type")
	w.expectError(w.call("conversations.join", map[string]any{"channel": public}), "")
	w.expectError(post(public), "")
	elsewhere := w.AddChannel(slacktest.Channel{Name: "elsewhere"}).ID
	w.SetScopes("chat:write", "chat:write.public")
	w.expectError(post(elsewhere), "")

	direct := post("U0ALICE")
	w.expectError(direct, "")
	if id, _ := direct["channel"].(string); !strings.HasPrefix(id, "D") || id != w.alice.DM() || len(w.Messages("U0ALICE")) != 1 {
		t.Errorf("direct message in %v", direct["channel"])
	}
}

func TestChat_MessageLimits(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	post := func(more map[string]any) response {
		more["channel"] = w.channel.ID
		return w.call("chat.postMessage", more)
	}
	w.expectError(post(map[string]any{}), "no_text")
	w.expectError(post(map[string]any{"text": strings.Repeat("é", 40_000)}), "")
	w.expectError(post(map[string]any{"text": strings.Repeat("é", 40_001)}), "msg_too_long")
	w.expectError(post(map[string]any{"blocks": "{"}), "invalid_blocks_format")
	w.expectError(post(map[string]any{"text": "x", "metadata": map[string]any{"event_type": "a"}}), "invalid_metadata_schema")
	w.expectError(post(map[string]any{"text": "x", "metadata": "["}), "invalid_metadata_format")
	w.expectError(post(map[string]any{"text": "x", "thread_ts": "1.2"}), "thread_not_found")

	a := post(map[string]any{"blocks": []any{map[string]any{"type": "divider", "text": "x"}}})
	w.expectError(a, "invalid_blocks")
	if got, want := a.detailMessages(), "[ERROR] invalid additional property: text [json-pointer:/blocks/0]"; got != want {
		t.Errorf("messages = %q, want %q", got, want)
	}
	if list, _ := a["errors"].([]any); len(list) != 1 || list[0] != "invalid additional property: text [json-pointer:/blocks/0]" {
		t.Errorf("errors = %v", a["errors"])
	}
}

func TestConversations_HistoryMetadata(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	mark := slack.SlackMetadata{EventType: "told", EventPayload: map[string]any{"key": "r1"}}
	_, ts, err := w.api.PostMessageContext(w.ctx, w.channel.ID, slack.MsgOptionText("declared", false), slack.MsgOptionMetadata(mark))
	w.noError(err)
	_, _, _, err = w.api.UpdateMessageContext(w.ctx, w.channel.ID, ts, slack.MsgOptionText("declared!", false))
	w.noError(err)
	_, other, err := w.api.PostMessageContext(w.ctx, w.channel.ID, slack.MsgOptionText("reply", false), slack.MsgOptionTS(ts))
	w.noError(err)
	if other == ts {
		t.Error("two messages have one ts")
	}
	h, err := w.api.GetConversationHistoryContext(w.ctx, &slack.GetConversationHistoryParameters{
		ChannelID: w.channel.ID, Oldest: ts, Inclusive: true, Limit: 10, IncludeAllMetadata: true,
	})
	w.noError(err)
	if len(h.Messages) != 1 || h.Messages[0].Text != "declared!" || h.Messages[0].Metadata.EventPayload["key"] != "r1" || h.Messages[0].BotID == "" {
		t.Errorf("history = %+v", h.Messages)
	}
	thread, _, _, err := w.api.GetConversationRepliesContext(w.ctx, &slack.GetConversationRepliesParameters{ChannelID: w.channel.ID, Timestamp: ts})
	w.noError(err)
	if len(thread) != 2 || thread[1].Text != "reply" {
		t.Errorf("thread = %+v", thread)
	}
	link, err := w.api.GetPermalinkContext(w.ctx, &slack.PermalinkParameters{Channel: w.channel.ID, Ts: ts})
	w.noError(err)
	if !strings.HasSuffix(link, "/archives/C0OPS/p"+strings.Replace(ts, ".", "", 1)) {
		t.Errorf("permalink = %q", link)
	}
	_, _, err = w.api.DeleteMessageContext(w.ctx, w.channel.ID, ts)
	w.noError(err)
	w.expectError(w.call("chat.update", map[string]any{"channel": w.channel.ID, "ts": ts, "text": "x"}), "message_not_found")
	if _, err := w.alice.SendMessage(w.ctx, w.channel.ID, "good morning"); err != nil {
		t.Error(err)
	}
	all := w.Messages(w.channel.ID)
	w.expectError(w.call("chat.update", map[string]any{"channel": w.channel.ID, "ts": all[len(all)-1].TS, "text": "x"}), "cant_update_message")
}

func TestConversations_HistoryPagination(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	for range 25 {
		_, _, err := w.api.PostMessageContext(w.ctx, w.channel.ID, slack.MsgOptionText("x", false))
		w.noError(err)
	}
	seen := map[string]bool{}
	params := &slack.GetConversationHistoryParameters{ChannelID: w.channel.ID, Limit: 10}
	for pages := 1; ; pages++ {
		h, err := w.api.GetConversationHistoryContext(w.ctx, params)
		w.noError(err)
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
	w.expectError(w.call("conversations.history", map[string]any{"channel": w.channel.ID, "cursor": "?"}), "invalid_cursor")
}

func TestChat_PostEphemeral(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	_, err := w.api.PostEphemeralContext(w.ctx, w.channel.ID, "U0ALICE", slack.MsgOptionText("psst", false))
	w.noError(err)
	m, err := w.WaitEphemeral(w.ctx, "U0ALICE", func(m slacktest.Message) bool { return m.Contains("psst") })
	w.noError(err)
	if !m.Ephemeral || len(w.Messages(w.channel.ID)) != 0 {
		t.Errorf("message = %+v", m)
	}
	w.expectError(w.call("chat.postEphemeral", map[string]any{"channel": w.channel.ID, "user": "U0BOB", "text": "x"}), "user_not_in_channel")
}

func TestConversations_Methods(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	w.AddChannel(slacktest.Channel{Name: "secret", Private: true})
	w.AddChannel(slacktest.Channel{Name: "gone", Archived: true})
	ch, err := w.api.GetConversationInfoContext(w.ctx, &slack.GetConversationInfoInput{ChannelID: w.channel.ID})
	w.noError(err)
	if ch.Name != "ops" || !ch.IsMember || ch.IsPrivate {
		t.Errorf("channel = %+v", ch)
	}
	list, _, err := w.api.GetConversationsContext(w.ctx, &slack.GetConversationsParameters{ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
	w.noError(err)
	if len(list) != 1 || list[0].Name != "ops" {
		t.Errorf("channels = %+v", list)
	}
	dm, _, _, err := w.api.OpenConversationContext(w.ctx, &slack.OpenConversationParameters{Users: []string{"U0ALICE"}})
	w.noError(err)
	if dm.ID != w.alice.DM() {
		t.Errorf("direct conversation %q", dm.ID)
	}
	members, _, err := w.api.GetUsersInConversationContext(w.ctx, &slack.GetUsersInConversationParameters{ChannelID: w.channel.ID})
	w.noError(err)
	if len(members) != 2 {
		t.Errorf("members = %v", members)
	}
}
