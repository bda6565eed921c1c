package slacktest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

func inputBlock(label string, element map[string]any, more ...string) map[string]any {
	element["action_id"] = "v"
	b := map[string]any{"type": "input", "block_id": label, "label": plainTextJSON(label), "element": element}
	for _, k := range more {
		b[k] = true
	}
	return b
}

func optionList(names ...string) []any {
	var out []any
	for _, n := range names {
		out = append(out, map[string]any{"text": plainTextJSON(n), "value": strings.ToLower(n)})
	}
	return out
}

// allFieldsView is a modal with every input element.
func allFieldsView() map[string]any {
	el := func(kind string, more map[string]any) map[string]any {
		out := map[string]any{"type": kind}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	list := map[string]any{"options": optionList("Red", "Green", "Blue")}
	view := viewJSON("Everything", nil)
	view["blocks"] = []any{
		inputBlock("text", el("plain_text_input", map[string]any{"min_length": 2, "max_length": 5})),
		inputBlock("email", el("email_text_input", nil)),
		inputBlock("url", el("url_text_input", nil)),
		inputBlock("number", el("number_input", map[string]any{"is_decimal_allowed": false, "min_value": "1", "max_value": "9"})),
		inputBlock("decimal", el("number_input", map[string]any{"is_decimal_allowed": true, "initial_value": "1.5"})),
		inputBlock("date", el("datepicker", nil)),
		inputBlock("time", el("timepicker", map[string]any{"timezone": "Europe/Berlin"})),
		inputBlock("moment", el("datetimepicker", nil)),
		inputBlock("one", el("static_select", list)),
		inputBlock("radio", el("radio_buttons", list)),
		inputBlock("boxes", el("checkboxes", list)),
		inputBlock("several", el("multi_static_select", map[string]any{"options": optionList("Red", "Green", "Blue"), "max_selected_items": 2})),
		inputBlock("user", el("users_select", nil)),
		inputBlock("users", el("multi_users_select", nil)),
		inputBlock("channel", el("conversations_select", nil)),
		inputBlock("rich", el("rich_text_input", nil)),
		inputBlock("file", el("file_input", nil)),
		inputBlock("maybe", el("plain_text_input", nil), "optional"),
	}
	return view
}

func TestModal_ClientValidation(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	m := a.openModal(allFieldsView())
	res, err := m.Submit(a.ctx)
	a.noError(err)
	if res.Sent || len(res.Errors) != 16 || res.Errors["maybe"] != "" || res.Errors["decimal"] != "" || res.Errors["text"] != "Please complete this required field." {
		t.Errorf("result of nothing = %+v", res)
	}
	for label, wrong := range map[string][]string{
		"text": {"x"}, "email": {"alice"}, "url": {"example.com"}, "number": {"1.5"}, "decimal": {"many"}, "several": {"Red", "Green", "Blue"},
	} {
		a.noError(m.Fill(label, wrong...))
	}
	res, err = m.Submit(a.ctx)
	a.noError(err)
	for _, label := range []string{"text", "email", "url", "number", "decimal", "several"} {
		if res.Errors[label] == "" || strings.Contains(res.Errors[label], "required") {
			t.Errorf("%s: %q", label, res.Errors[label])
		}
	}
	for label, wrong := range map[string]string{
		"date": "tomorrow", "time": "noon", "moment": "now", "one": "Purple", "user": "Nobody", "channel": "nowhere", "none": "x",
	} {
		if err := m.Fill(label, wrong); err == nil {
			t.Errorf("%s took %q", label, wrong)
		}
	}
	if err := m.Fill("one", "Red", "Blue"); err == nil {
		t.Error("a select of one took two")
	}
	a.noError(m.Fill("number", "10"))
	res, err = m.Submit(a.ctx)
	a.noError(err)
	if !strings.Contains(res.Errors["number"], "at most 9") {
		t.Errorf("number: %q", res.Errors["number"])
	}
	res, err = m.SubmitUnchecked(a.ctx)
	a.noError(err)
	if got := (<-a.interactions).View.State.Values["number"]["v"].Value; !res.Sent || got != "10" {
		t.Errorf("unchecked: %+v with %q", res, got)
	}
}

func TestModal_StateValues(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	m := a.openModal(allFieldsView())
	for label, values := range map[string][]string{
		"text": {"hello"}, "email": {"a@example.com"}, "url": {"https://example.com/x"}, "number": {"7"}, "decimal": {"-1.25"},
		"date": {"2026-01-31"}, "time": {"15:04"}, "moment": {"2026-01-31T15:04:00Z"}, "one": {"Green"}, "radio": {"red"},
		"boxes": {"Red", "Blue"}, "several": {"Green"}, "user": {"Alice Jones"}, "users": {"alice.jones"}, "channel": {"ops"},
		"rich": {"bold"}, "file": {"a.png"},
	} {
		a.noError(m.Fill(label, values...))
	}
	res, err := m.Submit(a.ctx)
	a.noError(err)
	if !res.Closed {
		t.Fatalf("result = %+v", res)
	}
	values := (<-a.interactions).View.State.Values
	got := map[string]any{}
	for label, v := range values {
		x := v["v"]
		switch x.Type {
		case "checkboxes", "multi_static_select":
			var list []string
			for _, o := range x.SelectedOptions {
				list = append(list, o.Value)
			}
			got[label] = strings.Join(list, ",")
		default:
			got[label] = x.Value + x.SelectedDate + x.SelectedTime + x.SelectedOption.Value + x.SelectedUser + strings.Join(x.SelectedUsers, ",") + x.SelectedConversation
		}
	}
	want := map[string]any{
		"text": "hello", "email": "a@example.com", "url": "https://example.com/x", "number": "7", "decimal": "-1.25", "date": "2026-01-31",
		"time": "15:04", "moment": "", "one": "green", "radio": "red", "boxes": "red,blue", "several": "green", "user": "U0ALICE",
		"users": "U0ALICE", "channel": "C0OPS", "rich": "", "file": "", "maybe": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := values["moment"]["v"].SelectedDateTime; n != 1769871840 {
		t.Errorf("moment = %d", n)
	}
}

func TestModal_StateShapes(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	a.Set(func(o *slacktest.Settings) { o.UntouchedState = true })
	m := a.openModal(allFieldsView())
	var view struct {
		State struct {
			Values map[string]map[string]json.RawMessage
		}
	}
	a.noError(json.Unmarshal(m.JSON(), &view))
	for label, want := range map[string]string{
		"text":    `{"type":"plain_text_input","value":null}`,
		"decimal": `{"type":"number_input","value":"1.5"}`,
		"date":    `{"selected_date":null,"type":"datepicker"}`,
		"time":    `{"selected_time":null,"timezone":"Europe/Berlin","type":"timepicker"}`,
		"moment":  `{"selected_date_time":null,"type":"datetimepicker"}`,
		"one":     `{"selected_option":null,"type":"static_select"}`,
		"boxes":   `{"selected_options":[],"type":"checkboxes"}`,
		"users":   `{"selected_users":[],"type":"multi_users_select"}`,
		"channel": `{"selected_conversation":null,"type":"conversations_select"}`,
		"file":    `{"files":[],"type":"file_input"}`,
	} {
		if got := string(view.State.Values[label]["v"]); got != want {
			t.Errorf("%s: %s, want %s", label, got, want)
		}
	}
}

func TestModal_SearchOptions(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	a.respond = func(cb slack.InteractionCallback) any {
		if cb.Type != slack.InteractionTypeBlockSuggestion {
			return nil
		}
		return map[string]any{"options": optionList("Find "+cb.Value, "Other")}
	}
	view := viewJSON("Search", nil)
	view["blocks"] = []any{inputBlock("Service", map[string]any{"type": "external_select", "min_query_length": 2})}
	m := a.openModal(view)
	if err := m.Fill("Service", "Find api"); err == nil {
		t.Error("an option was taken that was never offered")
	}
	found, err := m.SearchOptions(a.ctx, "Service", "a")
	a.noError(err)
	if len(found) != 0 || len(a.interactions) != 0 {
		t.Errorf("a short query found %v", found)
	}
	found, err = m.SearchOptions(a.ctx, "Service", "api")
	a.noError(err)
	if cb := <-a.interactions; cb.ActionID != "v" || cb.BlockID != "Service" || cb.Value != "api" || len(found) != 2 {
		t.Errorf("asked %+v, found %v", cb, found)
	}
	a.noError(m.Fill("Service", found[0].Value))
	res, err := m.Submit(a.ctx)
	a.noError(err)
	if got := (<-a.interactions).View.State.Values["Service"]["v"].SelectedOption.Value; got != "find api" || !res.Closed {
		t.Errorf("picked %q, %+v", got, res)
	}

	a.respond = func(slack.InteractionCallback) any {
		return map[string]any{"options": optionList(strings.Repeat("x", 76))}
	}
	view["blocks"] = []any{inputBlock("Service", map[string]any{"type": "external_select", "min_query_length": 0})}
	m = a.openModal(view)
	if _, err := m.SearchOptions(a.ctx, "Service", ""); err == nil || !strings.Contains(err.Error(), "less than 76") {
		t.Errorf("error = %v", err)
	}
}

func TestModal_BlockActions(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	view := viewJSON("Live", nil)
	button := map[string]any{"type": "button", "action_id": "more", "value": "m1", "text": plainTextJSON("More")}
	view["blocks"] = []any{
		inputBlock("Kind", map[string]any{"type": "static_select", "options": optionList("A", "B")}, "dispatch_action"),
		map[string]any{"type": "actions", "block_id": "bar", "elements": []any{button}},
		map[string]any{"type": "section", "block_id": "s", "text": plainTextJSON("Pick"), "accessory": map[string]any{"type": "static_select", "action_id": "p", "options": optionList("C")}},
	}
	m := a.openModal(view)
	if err := m.Fill("Kind", "A"); err == nil {
		t.Error("Fill did not refuse a field that dispatches")
	}
	_, err := m.Change(a.ctx, "Kind", "A")
	a.noError(err)
	cb := <-a.interactions
	if act := cb.ActionCallback.BlockActions[0]; act.ActionID != "v" || act.SelectedOption.Value != "a" || cb.View.ID != m.ID() || cb.View.State.Values["Kind"]["v"].SelectedOption.Value != "a" || cb.TriggerID == "" {
		t.Errorf("action = %+v", act)
	}
	a.expectError(a.call("views.push", map[string]any{"trigger_id": cb.TriggerID, "view": viewJSON("Two", nil)}), "")
	_, err = m.ClickButton(a.ctx, "More")
	a.noError(err)
	if act := (<-a.interactions).ActionCallback.BlockActions[0]; act.ActionID != "more" || act.Value != "m1" || act.BlockID != "bar" {
		t.Errorf("action = %+v", act)
	}
	_, err = m.Change(a.ctx, "Pick", "C")
	a.noError(err)
	<-a.interactions
}

func TestPerson_ButtonsAndShortcuts(t *testing.T) {
	a := newRecorderEnv(t, slacktest.Config{})
	a.expectError(a.call("chat.postMessage", map[string]any{"channel": a.channel.ID, "text": "x", "blocks": []any{map[string]any{
		"type": "actions", "block_id": "bar", "elements": []any{map[string]any{"type": "button", "action_id": "go", "value": "1", "text": plainTextJSON("Go")}},
	}}}), "")
	msg, err := a.WaitMessage(a.ctx, a.channel.ID, func(m slacktest.Message) bool { return m.Contains("Go") })
	a.noError(err)
	_, err = a.alice.ClickButton(a.ctx, msg, "go")
	a.noError(err)
	cb := <-a.interactions
	if cb.Channel.ID != a.channel.ID || cb.Message.Timestamp != msg.TS || cb.ActionCallback.BlockActions[0].Value != "1" || cb.ResponseURL == "" {
		t.Errorf("click = %+v", cb)
	}
	if _, err := a.alice.ClickButton(a.ctx, msg, "stop"); err == nil {
		t.Error("a button that is not there was pressed")
	}
	_, err = a.alice.UseShortcut(a.ctx, "declare")
	a.noError(err)
	if cb := <-a.interactions; cb.Type != slack.InteractionTypeShortcut || cb.CallbackID != "declare" || cb.TriggerID == "" || cb.ResponseURL != "" {
		t.Errorf("shortcut = %+v", cb)
	}
	_, err = a.alice.UseMessageShortcut(a.ctx, "escalate", a.channel.ID, msg.TS)
	a.noError(err)
	if cb := <-a.interactions; cb.Type != slack.InteractionTypeMessageAction || cb.Message.Text != "x" || cb.ResponseURL == "" {
		t.Errorf("message shortcut = %+v", cb)
	}
}
