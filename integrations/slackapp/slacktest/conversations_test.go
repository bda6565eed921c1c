package slacktest_test

import (
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest"

	"github.com/slack-go/slack"
)

func TestConversations_Open(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	w.AddUser(slacktest.User{ID: "U0BOB", Name: "bob"})
	w.AddUser(slacktest.User{ID: "U0GONE", Name: "gone", Deleted: true})
	open := func(users string) response { return w.call("conversations.open", map[string]any{"users": users}) }
	two, again := open("U0ALICE,U0BOB"), open("U0BOB, U0ALICE")
	w.expectError(two, "")
	id := two["channel"].(map[string]any)["id"]
	if id != again["channel"].(map[string]any)["id"] {
		t.Errorf("opened %v and %v", two, again)
	}
	w.expectError(w.call("chat.postMessage", map[string]any{"channel": id, "text": "hi both"}), "")
	w.expectError(open("U0GONE"), "user_disabled")
	w.expectError(open("U0NOBODY"), "user_not_found")
	w.expectError(open(""), "users_list_not_supplied")
	w.expectError(open(w.BotUser), "cannot_dm_bot")
	info := w.call("conversations.info", map[string]any{"channel": id, "include_num_members": true})
	if ch := info["channel"].(map[string]any); ch["is_mpim"] != true || ch["num_members"] != float64(3) {
		t.Errorf("channel = %v", ch)
	}
	w.expectError(w.call("conversations.open", map[string]any{"channel": w.alice.DM()}), "")
	w.SetScopes("im:write", "channels:history")
	w.expectError(w.call("conversations.history", map[string]any{"channel": w.alice.DM()}), "missing_scope")
	if _, err := w.alice.SendMessage(w.alice.DM(), "hello bot"); err != nil {
		t.Error(err)
	}
	if _, err := w.Person("U0BOB").SendMessage(w.alice.DM(), "not mine"); err == nil {
		t.Error("bob wrote in alice's direct conversation")
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
	if first := thread[0]; first.ThreadTimestamp != ts || first.ReplyCount != 1 || first.LatestReply != other || len(first.ReplyUsers) != 1 {
		t.Errorf("the first message of the thread is %+v", first)
	}
	link, err := w.api.GetPermalinkContext(w.ctx, &slack.PermalinkParameters{Channel: w.channel.ID, Ts: ts})
	w.noError(err)
	if !strings.HasSuffix(link, "/archives/C0OPS/p"+strings.Replace(ts, ".", "", 1)) {
		t.Errorf("permalink = %q", link)
	}
	_, _, err = w.api.DeleteMessageContext(w.ctx, w.channel.ID, ts)
	w.noError(err)
	w.expectError(w.call("chat.update", map[string]any{"channel": w.channel.ID, "ts": ts, "text": "x"}), "message_not_found")
	if _, err := w.alice.SendMessage(w.channel.ID, "good morning"); err != nil {
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
