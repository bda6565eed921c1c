package slacktest_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest"
	"foghorn/integrations/slackapp/slacktest/controltest"
)

// webAPI is where @slack/web-api keeps the types of Slack's answers, which Slack makes from
// answers that it has seen.
const webAPI = "testdata/bolt/node_modules/@slack/web-api/dist/types/response"

// slackTypes are the types of one file: the fields of interfaces, by name; nil for an enum.
type slackTypes map[string]map[string]string

var (
	shapeBegin = regexp.MustCompile(`^export (?:declare )?(interface|type|enum) (\w+)`)
	shapeField = regexp.MustCompile(`^    "?([\w-]+)"?\??: (.*?);?$`)
)

func readSlackTypes(t *testing.T, name string) slackTypes {
	t.Helper()
	f, err := os.Open(filepath.Join(webAPI, name+".d.ts"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := slackTypes{}
	var in map[string]string
	for s := bufio.NewScanner(f); s.Scan(); {
		if m := shapeBegin.FindStringSubmatch(s.Text()); m != nil {
			in = nil
			if m[1] != "enum" {
				in = map[string]string{}
			}
			out[m[2]] = in
			continue
		}
		if m := shapeField.FindStringSubmatch(s.Text()); m != nil && in != nil {
			if m[2] == "{" {
				m[2] = "any" // a map, whose lines stand deeper
			}
			in[m[1]] = m[2]
		}
	}
	if len(out[name]) < 2 {
		t.Fatalf("%s is not understood: %v", name, out[name])
	}
	return out
}

// undocumented is what Slack sends and its types do not have: the documentation shows it.
// https://docs.slack.dev/reference/methods/conversations.info
var undocumented = map[string]bool{"conversations.info/channel/user": true}

// mismatches returns where a value is not of a type. null means an absent value.
func (s slackTypes) mismatches(at, kind string, v any) (out []string) {
	if v == nil || kind == "any" || kind == "" {
		return nil
	}
	if either := strings.Split(kind, " | "); len(either) > 1 {
		if slices.ContainsFunc(either, func(k string) bool { return s.mismatches(at, k, v) == nil }) {
			return nil
		}
		return []string{fmt.Sprintf("%s is none of %s", at, kind)}
	}
	fits := true
	if item, ok := strings.CutSuffix(kind, "[]"); ok {
		list, isList := v.([]any)
		for i, x := range list {
			out = append(out, s.mismatches(fmt.Sprintf("%s/%d", at, i), item, x)...)
		}
		fits = isList
	} else if fields := s[kind]; fields != nil {
		object, isObject := v.(map[string]any)
		for name, x := range object {
			if inner, known := fields[name]; known || len(fields) == 0 || undocumented[at+"/"+name] {
				out = append(out, s.mismatches(at+"/"+name, inner, x)...)
			} else {
				out = append(out, at+"/"+name+" is not known to Slack")
			}
		}
		fits = isObject
	} else {
		switch kind {
		case "number":
			_, fits = v.(float64)
		case "boolean":
			_, fits = v.(bool)
		default: // a string, or an enum of strings
			_, fits = v.(string)
		}
	}
	if !fits {
		out = append(out, fmt.Sprintf("%s is %T, not %s", at, v, kind))
	}
	return out
}

// TestAPI_ResponseTypes compares the responses of every method with the types of Slack's own
// client: nothing that Slack never sends, and nothing of another kind.
func TestAPI_ResponseTypes(t *testing.T) {
	if _, err := os.Stat(webAPI); err != nil {
		controltest.SkipMissingTool(t, "run npm ci in testdata/bolt; .ci/run does")
	}
	a := newRecorderEnv(t, slacktest.Config{})
	in := map[string]any{"channel": a.channel.ID}
	with := func(more map[string]any) map[string]any {
		out := map[string]any{"channel": a.channel.ID}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	blocks := []any{
		map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": "*x*"}},
		map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "b", "text": plainTextJSON("B")}}},
	}
	var got []string
	check := func(method string, args map[string]any) response {
		t.Helper()
		token := a.BotToken
		if method == "apps.connections.open" {
			token = a.AppToken
		}
		reply := a.callAs(token, method, args)
		name := ""
		for _, part := range strings.Split(method, ".") {
			name += strings.ToUpper(part[:1]) + part[1:]
		}
		name += "Response"
		for _, wrong := range readSlackTypes(t, name).mismatches(method, name, map[string]any(reply)) {
			t.Error(wrong)
		}
		got = append(got, method)
		return reply
	}
	works := func(method string, args map[string]any) response {
		t.Helper()
		reply := check(method, args)
		a.expectError(reply, "")
		return reply
	}
	works("api.test", nil)
	works("apps.connections.open", nil)
	works("auth.test", nil)
	works("team.info", nil)
	bot := works("bots.info", map[string]any{"bot": a.BotID})
	if bot["bot"] == nil {
		t.Error("no bot")
	}
	works("users.info", map[string]any{"user": "U0ALICE"})
	works("users.list", nil)
	works("users.lookupByEmail", map[string]any{"email": "alice@example.com"})
	for _, method := range []string{"conversations.info", "conversations.join", "conversations.members"} {
		works(method, in)
	}
	works("conversations.list", map[string]any{"types": "public_channel,private_channel,im"})
	works("conversations.open", map[string]any{"users": "U0ALICE", "return_im": true})
	works("conversations.info", map[string]any{"channel": a.alice.DM()})

	posted := works("chat.postMessage", with(map[string]any{"text": "x", "blocks": blocks, "metadata": map[string]any{"event_type": "e", "event_payload": map[string]any{}}}))
	ts := posted["ts"]
	works("chat.postMessage", with(map[string]any{"text": "reply", "thread_ts": ts}))
	works("chat.update", with(map[string]any{"ts": ts, "text": "y", "blocks": blocks}))
	works("chat.postEphemeral", with(map[string]any{"user": "U0ALICE", "text": "z"}))
	works("chat.getPermalink", with(map[string]any{"message_ts": ts}))
	works("conversations.history", with(map[string]any{"include_all_metadata": true}))
	works("conversations.replies", with(map[string]any{"ts": ts}))
	works("chat.delete", with(map[string]any{"ts": ts}))

	opened := works("views.open", map[string]any{"trigger_id": a.newTriggerID(), "view": viewJSON("One", nil)})
	view, _ := opened["view"].(map[string]any)
	works("views.update", map[string]any{"view_id": view["id"], "view": viewJSON("Two", nil)})
	works("views.push", map[string]any{"trigger_id": a.newTriggerID(), "view": viewJSON("Three", nil)})
	works("views.publish", map[string]any{"user_id": "U0ALICE", "view": map[string]any{"type": "home", "blocks": blocks}})
	works("blocks.validate", map[string]any{"blocks": blocks})

	// Refusals too.
	a.expectError(check("chat.postMessage", with(map[string]any{"blocks": []any{map[string]any{"type": "marquee"}}})), "invalid_blocks")
	a.expectError(check("views.open", map[string]any{"trigger_id": a.newTriggerID(), "view": viewJSON(strings.Repeat("x", 25), nil)}), "invalid_arguments")
	a.SetScopes("chat:write")
	a.expectError(check("users.info", map[string]any{"user": "U0ALICE"}), "missing_scope")
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != 25 {
		t.Errorf("%d methods were compared; slacktest has 25", n)
	}
}
