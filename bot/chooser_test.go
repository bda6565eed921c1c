package bot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/bot/dialog"
	"foghorn/bot/modal"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
)

// putAction adds an action with one input, a text.
func putAction(t *testing.T, e *testenv.Env, id, title, description, input string) {
	t.Helper()
	definition, err := json.Marshal(map[string]any{
		"identifier": id, "title": title, "description": description,
		"trigger": map[string]any{"type": "self-service", "operation": "CREATE", "userInputs": map[string]any{
			"properties": map[string]any{"input": json.RawMessage(input)}, "required": []any{},
		}},
		"invocationMethod": map[string]any{"type": "KAFKA", "payload": map[string]any{}},
	})
	if err == nil {
		err = e.Port.PutActionUnchecked(definition)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const textInput = `{"type":"string","title":"Reason"}`

// newChooserEnv is an environment whose bot has /restart for one action, and /run to choose among the others.
func newChooserEnv(t *testing.T, patterns ...string) *testenv.Env {
	t.Helper()
	e := newEnvWithCommands(t)
	putAction(t, e, "deploy_service", "Deploy a service", "Ships a version", textInput)
	putAction(t, e, "delete_service", "Delete a service", "", textInput)
	if err := e.Port.SetExecutePermissions("delete_service", `{"users":["bob@example.com"]}`); err != nil {
		t.Fatal(err)
	}
	edit := e.EditConfig
	e.EditConfig = func(c *bot.Config) {
		edit(c)
		c.RunCommand, c.Choice = "/run", append([]string{}, patterns...)
		if len(patterns) == 0 {
			c.Choice = []string{"*"}
		}
	}
	return e
}

// openChooser runs the command and waits for the view in which an action is chosen.
func openChooser(t *testing.T, e *testenv.Env, who, command string) *slacktest.Modal {
	t.Helper()
	p := e.Slack.Person(who)
	if _, err := p.SlashCommand(e.Context(), testenv.General, command); err != nil {
		t.Fatal(err)
	}
	m, err := p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return m.Title() == "Run an action" })
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// offeredActions are the texts of the options for a query.
func offeredActions(t *testing.T, e *testenv.Env, m *slacktest.Modal, query string) (texts []string) {
	t.Helper()
	options, err := m.SearchOptions(e.Context(), "Action", query)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range options {
		texts = append(texts, o.Text)
	}
	return texts
}

// chooseAction chooses an action by its title and waits for its form.
func chooseAction(t *testing.T, e *testenv.Env, m *slacktest.Modal, title string) {
	t.Helper()
	offeredActions(t, e, m, title)
	if _, err := m.Change(e.Context(), "Action", title); err != nil {
		t.Fatal(err)
	}
	e.WaitForm(m, "the form of "+title, func(m *slacktest.Modal) bool { return m.Title() != "Run an action" && m.Title() != "Loading" })
}

func expectRun(t *testing.T, e *testenv.Env, action, input string) {
	t.Helper()
	e.WaitFor("Port has the run", func() bool { return len(e.Port.Runs()) == 1 })
	if run := e.Port.Runs()[0]; run.Action != action || run.Properties["input"] != input {
		t.Errorf("Port runs %+v", run)
	}
}

// TestChooser_RunsAction has two commands and the choice in one process.
func TestChooser_RunsAction(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	m := openChooser(t, e, testenv.Alice, "/run")
	if got := offeredActions(t, e, m, ""); !slices.Equal(got, []string{"Create incident.io Incident (Webhook)", "Deploy a service", "Restart a service"}) {
		t.Errorf("Alice is offered %q", got)
	}
	for query, want := range map[string]string{"DEPLOY": "Deploy a service", "ships": "Deploy a service", "service restart": "Restart a service", "delete": ""} {
		if got := strings.Join(offeredActions(t, e, m, query), ", "); got != want {
			t.Errorf("%q finds %q", query, got)
		}
	}
	chooseAction(t, e, m, "Deploy a service")
	e.Fill(m, "Reason", "new version")
	e.Submit(m)
	expectRun(t, e, "deploy_service", "new version")
	if err := e.Port.EndRun(e.Port.Runs()[0].ID, "SUCCESS", ""); err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage(testenv.General, "Deploy a service* finished")
	e.WaitIdle()

	e.Submit(e.OpenForm(testenv.Alice, testenv.General, "/restart checkout"))
	e.WaitFor("Port has both runs", func() bool { return len(e.Port.Runs()) == 2 })
	if err := e.Stop(); err != nil { // what she ran is known after a restart
		t.Fatal(err)
	}
	e.Start()
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/run list"); !strings.Contains(reply, "Deploy a service") || !strings.Contains(reply, "Restart a service") {
		t.Errorf("her runs: %s", reply)
	}
	again := openChooser(t, e, testenv.Alice, "/run")
	if got := offeredActions(t, e, again, ""); !slices.Equal(got, []string{"Restart a service", "Deploy a service", "Create incident.io Incident (Webhook)"}) {
		t.Errorf("what she ran last is not first: %q", got)
	}
	if got := offeredActions(t, e, openChooser(t, e, testenv.Bob, "/run"), "service"); !slices.Equal(got, []string{"Delete a service", "Deploy a service", "Restart a service"}) {
		t.Errorf("Bob is offered %q", got)
	}
}

// TestChooser_Filter opens the form of the only action that matches, and filters otherwise.
func TestChooser_Filter(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	for command, title := range map[string]string{"/run deploy": "Deploy a service", "/run RESTART_service": "Restart a service"} {
		m := e.OpenForm(testenv.Alice, testenv.General, command)
		e.WaitForm(m, command, func(m *slacktest.Modal) bool { return m.Title() == title })
		if err := m.Dismiss(e.Context()); err != nil {
			t.Fatal(err)
		}
	}
	m := openChooser(t, e, testenv.Alice, "/run service")
	if !strings.Contains(m.Text(), `Actions that match "service"`) {
		t.Errorf("it shows %s", m.Text())
	}
	if got := offeredActions(t, e, m, ""); !slices.Equal(got, []string{"Deploy a service", "Restart a service"}) {
		t.Errorf("nothing typed: %q", got)
	}
	if got := offeredActions(t, e, m, "incident"); len(got) != 1 {
		t.Errorf("another text typed: %q", got)
	}
	if err := m.Dismiss(e.Context()); err != nil {
		t.Fatal(err)
	}
	m = openChooser(t, e, testenv.Alice, "/run delete") // she may not
	if !strings.Contains(m.Text(), `No action that you may run matches "delete"`) || len(offeredActions(t, e, m, "")) != 3 {
		t.Errorf("it shows %s", m.Text())
	}
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/run help"); !strings.Contains(reply, "`/run some text`") {
		t.Errorf("help: %s", reply)
	}
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/unknown"); !strings.Contains(reply, "`/run`") {
		t.Errorf("an unknown command: %s", reply)
	}
}

// TestChooser_SubmittedWithoutAction has Slack send the submission without the choice before it.
func TestChooser_SubmittedWithoutAction(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"fast": 0, "slow": 4 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newChooserEnv(t).Start()
			m := openChooser(t, e, testenv.Alice, "/run")
			r, err := m.SubmitUnchecked(e.Context())
			if err != nil || r.Errors["Action"] != "Choose an action." {
				t.Fatalf("an empty submission: %+v, %v", r, err)
			}
			offeredActions(t, e, m, "")
			e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/deploy_service", Delay: delay, Times: 1})
			answer := forgeChooser(t, e, m, "view_submission", testenv.Alice, "deploy_service")
			if !strings.Contains(answer, `"update"`) {
				t.Fatalf("answered with %s", answer)
			}
			if delay == 0 {
				if !strings.Contains(answer, "Deploy a service") {
					t.Errorf("answered with %s", answer)
				}
				return
			}
			e.WaitForm(m, "the form", func(m *slacktest.Modal) bool { return m.Title() == "Deploy a service" })
		})
	}
}

// forgeChooser sends a payload from the view in which an action is chosen, and returns the answer.
func forgeChooser(t *testing.T, e *testenv.Env, m *slacktest.Modal, kind, who, action string) string {
	t.Helper()
	var view map[string]any
	if err := json.Unmarshal(m.JSON(), &view); err != nil {
		t.Fatal(err)
	}
	option := fmt.Sprintf(`{"text":{"type":"plain_text","text":"x"},"value":%q}`, action)
	view["state"] = json.RawMessage(`{"values":{"foghorn_action":{"foghorn_action":{"type":"external_select","selected_option":` + option + `}}}}`)
	return deliverForged(t, e, map[string]any{
		"type": kind, "user": map[string]any{"id": who}, "view": view,
		"actions": []any{map[string]any{"block_id": "foghorn_action", "action_id": "foghorn_action", "type": "external_select", "action_ts": "1.1", "selected_option": json.RawMessage(option)}},
	})
}

func deliverForged(t *testing.T, e *testenv.Env, payload map[string]any) string {
	t.Helper()
	ack, err := e.Slack.Deliver(e.Context(), slacktest.Envelope{Type: "interactive", AcceptsResponse: true, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return string(ack.Payload)
}

// TestChooser_Forged sends choices and forms of actions that Alice is not offered: nothing opens and nothing runs.
func TestChooser_Forged(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t, "deploy_*", "delete_service", "auto", "draft")
	putAction(t, e, "secret_action", "Secret", "", textInput)
	for id, rest := range map[string]string{
		"auto":  `"trigger":{"type":"automation","event":{"type":"RUN_UPDATED","actionIdentifier":"x"}}`,
		"draft": `"publish":false,"trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{},"required":[]}}`,
	} {
		definition := fmt.Sprintf(`{"identifier":%q,"title":"Title of %s",%s,"invocationMethod":{"type":"KAFKA","payload":{}}}`, id, id, rest)
		if err := e.Port.PutActionUnchecked(json.RawMessage(definition)); err != nil {
			t.Fatal(err)
		}
	}
	e.Start()
	for action, want := range map[string]string{
		"secret_action":  "can't be run from Slack",      // outside PORT_ACTIONS
		"delete_service": "don't have permission to run", // without permission
		"auto":           "can't be run from Slack",
		"draft":          "can't be run from Slack",
		"nothing":        "can't be run from Slack",
		"deploy_nothing": "Port has no action",
		"../runs":        "can't be run from Slack",
		"#0000":          "can't be run from Slack",
	} {
		for _, kind := range []string{"view_submission", "block_actions"} {
			m := openChooser(t, e, testenv.Alice, "/run")
			if got := offeredActions(t, e, m, ""); !slices.Equal(got, []string{"Deploy a service"}) {
				t.Fatalf("offered %q", got)
			}
			answer := forgeChooser(t, e, m, kind, testenv.Alice, action)
			if kind == "block_actions" {
				e.WaitForm(m, action, func(m *slacktest.Modal) bool { return strings.Contains(m.Text(), want) })
				if len(m.Labels()) > 0 {
					t.Errorf("%s of %s opened a form", kind, action)
				}
			} else if !strings.Contains(answer, want) || strings.Contains(answer, `"input"`) {
				t.Errorf("%s of %s: %s", kind, action, answer)
			}
			if err := m.Dismiss(e.Context()); err != nil {
				t.Fatal(err)
			}
		}
		metadata, err := json.Marshal(modal.Page{Action: action, Version: "1", Channel: testenv.General})
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"view_submission", "block_suggestion", "block_actions"} {
			deliverForged(t, e, map[string]any{
				"type": kind, "user": map[string]any{"id": testenv.Alice}, "block_id": "f:input", "action_id": "value",
				"actions": []any{map[string]any{"block_id": "f:input", "action_id": "value", "type": "plain_text_input"}},
				"view": map[string]any{
					"id": "V0FORGED" + kind + action, "callback_id": modal.CallbackID, "private_metadata": string(metadata),
					"state": map[string]any{"values": map[string]any{"f:input": map[string]any{"value": map[string]any{"type": "plain_text_input", "value": "x"}}}},
				},
			})
		}
	}
	e.WaitIdle()
	if runs := e.Port.Runs(); len(runs) > 0 {
		t.Errorf("Port runs %+v", runs)
	}
}

// TestChooser_NoMember refuses people who may run nothing, and explains it.
func TestChooser_NoMember(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t).Start()
	m := openChooser(t, e, testenv.Gus, "/run")
	if got := offeredActions(t, e, m, ""); len(got) > 0 {
		t.Errorf("offered %q", got)
	}
	e.WaitForm(m, "the reason", func(m *slacktest.Modal) bool { return strings.Contains(m.Text(), "share your email address") })
	if reply := e.AnswerTo(testenv.Gus, testenv.General, "/run deploy"); !strings.Contains(reply, "share your email address") {
		t.Errorf("answered with %s", reply)
	}
}

// TestChooser_OddNames offers actions whose names Slack cannot show as they are.
func TestChooser_OddNames(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t)
	long := strings.Repeat("long_", 40)
	for id, title := range map[string]string{
		"markup": "<!here> *bold* & <@U0BOB>\u202e", "empty": "  ", long + "1": "One of two long ones", "long_title": strings.Repeat("Title ", 30),
		"twin_a": "Twin", "twin_b": "twin", long + "2": "Two of two long ones",
	} {
		putAction(t, e, id, title, "odd", textInput)
	}
	e.Start()
	m := openChooser(t, e, testenv.Alice, "/run")
	want := []string{"<!here> *bold* & <@U0BOB>", "empty", "One of two long ones"}
	got := offeredActions(t, e, m, "odd")
	if len(got) != 7 || !slices.Equal(got[:3], want) || !strings.HasPrefix(got[3], "Title Title") || got[4] != "Twin (twin_a)" || got[5] != "twin (twin_b)" {
		t.Errorf("offered %q", got)
	}
	chooseAction(t, e, m, "Two of two long ones")
	e.Fill(m, "Reason", "x")
	e.Submit(m)
	expectRun(t, e, long+"2", "x")
	chooseAction(t, e, openChooser(t, e, testenv.Alice, "/run"), "twin (twin_b)")
}

// TestChooser_Message runs an action from a message: its text is the value of the first field of several lines.
func TestChooser_Message(t *testing.T) {
	t.Parallel()
	e := newChooserEnv(t)
	putAction(t, e, "open_ticket", "Open a ticket", "", `{"type":"string","format":"multi-line","title":"Details"}`)
	e.Start()
	for _, text := range []string{`disk \"full\" on db-1 & more\nsince 9am`, strings.Repeat(`😀\"\n`, 1500)} {
		ts, err := e.Slack.AddMessage(testenv.General, json.RawMessage(`{"user":"U0BOB","text":"`+text+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		p := e.Slack.Person(testenv.Alice)
		if _, err := p.UseMessageShortcut(e.Context(), dialog.ShortcutRunMessage, testenv.General, ts); err != nil {
			t.Fatal(err)
		}
		m, err := p.WaitModal(e.Context(), func(m *slacktest.Modal) bool { return m.Title() == "Run an action" })
		if err != nil {
			t.Fatal(err)
		}
		chooseAction(t, e, m, "Open a ticket")
		var want string
		if err := json.Unmarshal([]byte(`"`+text+`"`), &want); err != nil {
			t.Fatal(err)
		}
		want = strings.TrimSuffix(want, "\n")
		got := fieldValue(t, m, "Details")
		body, link, _ := strings.Cut(got, "https://")
		if !strings.HasSuffix(link, strings.Replace(ts, ".", "", 1)) || !strings.HasPrefix(want, strings.TrimSuffix(strings.TrimSpace(body), "…")) || len(body) < min(len(want), 1500) {
			t.Errorf("the field has %q", got)
		}
		e.Submit(m)
	}
	e.WaitFor("Port has the runs", func() bool { return len(e.Port.Runs()) == 2 })
}

// TestChooser_Off has no command and no shortcut for a choice.
func TestChooser_Off(t *testing.T) {
	t.Parallel()
	e := newEnvWithCommands(t).Start()
	if reply := e.AnswerTo(testenv.Alice, testenv.General, "/run"); !strings.Contains(reply, "This app answers to `/incident`, `/restart`.") {
		t.Errorf("answered with %s", reply)
	}
	view := modal.Chooser{Channel: testenv.General}.Render()
	for _, kind := range []string{"view_submission", "block_actions", "block_suggestion"} {
		answer := deliverForged(t, e, map[string]any{
			"type": kind, "user": map[string]any{"id": testenv.Alice}, "view": map[string]any{
				"id": "V0FORGED", "callback_id": view.CallbackID, "private_metadata": view.PrivateMetadata,
			},
		})
		if strings.Contains(answer, "restart_service") {
			t.Errorf("%s: %s", kind, answer)
		}
	}
}
