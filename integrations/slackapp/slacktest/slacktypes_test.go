package slacktest_test

import (
	"bufio"
	"encoding/json"
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
const (
	webAPI      = "testdata/bolt/node_modules/@slack/web-api/dist/types/response"
	slackEvents = "testdata/bolt/node_modules/@slack/types/dist/events"
)

// slackTypes are the types of one file: the fields of interfaces, by name; nil for an enum.
type slackTypes map[string]map[string]string

var (
	shapeBegin = regexp.MustCompile(`^export (?:declare )?(interface|type|enum) (\w+)`)
	shapeField = regexp.MustCompile(`^    "?([\w-]+)"?\??: (.*?);?$`)
)

func readSlackTypes(t *testing.T, dir, file, name string) slackTypes {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, file+".d.ts"))
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

// undocumented is what Slack sends and its types do not have: they are made from samples, and those of another method or
// of an event show it. A # is an index.
// https://docs.slack.dev/reference/methods/conversations.info
var undocumented = regexp.MustCompile(`^(conversations\.info/channel/user|chat\.update/message/attachments` +
	`|conversations\.replies/messages/#/(root|subtype|client_msg_id|blocks/.*/(text|user_id|url))|message\w*(<nil>)?/(app_id|metadata|team|bot_\w+|parent_user_id))$`)

var pathIndex = regexp.MustCompile(`/\d+`)

// mismatches returns where a value is not of a type. null means an absent value.
func (s slackTypes) mismatches(at, kind string, v any) (out []string) {
	if v == nil || kind == "any" || kind == "" || strings.HasPrefix(kind, "(") { // the last is a union of types of other files
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
			if inner, known := fields[name]; known || len(fields) == 0 || undocumented.MatchString(pathIndex.ReplaceAllString(at, "/#")+"/"+name) {
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
		case "true":
			fits = v == true
		default: // a string, or an enum of strings; a type of another file is not compared
			_, enum := s[kind]
			_, fits = v.(string)
			fits = fits || !enum && kind != "string" && !strings.HasPrefix(kind, "'")
		}
	}
	if !fits {
		out = append(out, fmt.Sprintf("%s is %T, not %s", at, v, kind))
	}
	return out
}

// TestAPI_ResponseTypes calls every method with Slack's own client, and compares the responses and the events with the
// types of that client: nothing that Slack never sends, and nothing of another kind.
func TestAPI_ResponseTypes(t *testing.T) {
	w := newEnv(t, slacktest.Config{
		Channels:  []slacktest.Channel{{ID: "C0ELSE", Name: "else"}},
		BotEvents: []string{"message.channels", "app_mention", "app_home_opened", "member_joined_channel"},
	}, nil)
	methods, events, failed := map[string]bool{}, map[string]int{}, 0
	for line := range strings.Lines(controltest.NewClient(t, w.ControlURL()).RunNode("testdata/bolt", "webapi.js")) {
		var got struct {
			Method string
			Answer map[string]any
			Event  map[string]any
		}
		w.noError(json.Unmarshal([]byte(line), &got))
		if got.Method == "" {
			kind := fmt.Sprint(got.Event["type"], got.Event["subtype"])
			events[kind]++
			for _, wrong := range readSlackTypes(t, slackEvents, eventTypes[kind].file, eventTypes[kind].name).mismatches(kind, eventTypes[kind].name, got.Event) {
				t.Error(wrong)
			}
			continue
		}
		if got.Answer["ok"] == false {
			failed++
		}
		methods[got.Method] = true
		name := ""
		for _, part := range strings.Split(got.Method, ".") {
			name += strings.ToUpper(part[:1]) + part[1:]
		}
		name += "Response"
		for _, wrong := range readSlackTypes(t, webAPI, name, name).mismatches(got.Method, name, got.Answer) {
			t.Error(wrong)
		}
	}
	if failed != 3 {
		t.Errorf("%d calls failed, of which 3 are to", failed)
	}
	for _, c := range slacktest.Coverage() {
		if method := strings.TrimPrefix(c.Route, "/api/"); c.State != "absent" && !methods[method] {
			t.Errorf("%s was not called", method)
		}
	}
	for kind := range eventTypes {
		if events[kind] == 0 {
			t.Errorf("no event %s among %v", kind, events)
		}
	}
}

// eventTypes are the types of events, by type and subtype.
var eventTypes = map[string]struct{ file, name string }{
	"message<nil>":               {"message", "GenericMessageEvent"},
	"messagebot_message":         {"message", "BotMessageEvent"},
	"messagethread_broadcast":    {"message", "ThreadBroadcastMessageEvent"},
	"messagemessage_changed":     {"message", "MessageChangedEvent"},
	"messagemessage_deleted":     {"message", "MessageDeletedEvent"},
	"app_mention<nil>":           {"app", "AppMentionEvent"},
	"app_home_opened<nil>":       {"app", "AppHomeOpenedEvent"},
	"member_joined_channel<nil>": {"member", "MemberJoinedChannelEvent"},
}
