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
	readOnly := w.AddChannel(slacktest.Channel{Name: "news", BotIsMember: true, PostError: "restricted_action_read_only_channel"}).ID
	w.expectError(post(readOnly), "restricted_action_read_only_channel")
	w.RemoveChannel(readOnly)
	w.expectError(post(readOnly), "channel_not_found")
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
	w.expectError(w.call("chat.update", map[string]any{"channel": direct["channel"], "ts": direct["ts"], "text": "x"}), "")
	w.expectError(w.call("chat.update", map[string]any{"channel": "U0ALICE", "ts": direct["ts"], "text": "x"}), "channel_not_found")
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
