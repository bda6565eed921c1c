package slacktest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestValidate_Messages(t *testing.T) {
	const text = `{"type":"plain_text","text":"x"}`
	inputBlock := `{"type":"input","block_id":"b","label":` + text + `,"element":{"type":"plain_text_input"}}`
	view := func(blocks, more string) string {
		return `{"type":"modal","title":` + text + `,"blocks":[` + blocks + `]` + more + `}`
	}
	submit := `,"submit":` + text
	for _, tc := range []struct{ name, view, want string }{
		{"title", modalJSONWith("title", plainJSON(25)), "must be less than 25 characters [json-pointer:/view/title/text]"},
		{"mrkdwn title", modalJSONWith("title", mrkdwnJSON(1)), "unsupported type: mrkdwn [json-pointer:/view/title/type]"},
		{"metadata", modalJSONWith("private_metadata", `"`+repeatX(3001)+`"`), "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"code points", modalJSONWith("title", `{"type":"plain_text","text":"`+strings.Repeat("😀", 24)+`"}`), ""},
		{"no submit", view(`{"type":"divider"},`+inputBlock, ""), "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"},
		{"two of one block_id", view(inputBlock+","+inputBlock, submit), "`block_id` \"b\" already exists [json-pointer:/view/blocks/1/block_id]"},
		{"unknown type", view(`{"type":"marquee"}`, ""), "unsupported type: marquee [json-pointer:/view/blocks/0/type]"},
		{"not for views", view(`{"type":"markdown","text":"x"}`, ""), "unsupported type: markdown [json-pointer:/view/blocks/0/type]"},
		{"unknown property", modalJSONWith("submit_disabled", "true"), "invalid additional property: submit_disabled [json-pointer:/view]"},
		{"missing property", view(`{"type":"header"}`, ""), "missing required field: text [json-pointer:/view/blocks/0]"},
		{"no content", view(`{"type":"section"}`, ""), "must define either `text` or `fields` [json-pointer:/view/blocks/0/type]"},
		{"empty text", view(`{"type":"header","text":`+plainJSON(0)+`}`, ""), "must be more than 0 characters [json-pointer:/view/blocks/0/text/text]"},
		{"no options", view(inputBlockJSON(`{"type":"static_select","options":[]}`), submit), "must provide at least 1 items [json-pointer:/view/blocks/0/element/options]"},
		{"too many options", view(inputBlockJSON(`{"type":"static_select","options":`+repeatJSON(101, opt)+`}`), submit), "no more than 100 items allowed [json-pointer:/view/blocks/0/element/options]"},
		{"initial option", view(inputBlockJSON(`{"type":"static_select","initial_option":"o1","options":`+repeatJSON(2, opt)+`}`), submit), "must provide an object [json-pointer:/view/blocks/0/element/initial_option]"},
		{"foreign initial option", view(inputBlockJSON(`{"type":"static_select","initial_option":{"text":`+text+`,"value":"1"},"options":`+repeatJSON(2, opt)+`}`), submit), "`initial_option` must be one of the options [json-pointer:/view/blocks/0/element/initial_option]"},
		{"url of an option", view(inputBlockJSON(`{"type":"static_select","options":[{"text":`+text+`,"value":"a","url":"https://x"}]}`), submit), "invalid additional property: url [json-pointer:/view/blocks/0/element/options/0]"},
		{"two of one action_id", view(`{"type":"actions","elements":[`+strings.Repeat(`{"type":"button","action_id":"a","text":`+text+`},`, 1)+`{"type":"button","action_id":"a","text":`+text+`}]}`, ""), "`action_id` \"a\" already exists [json-pointer:/view/blocks/0/elements/1/action_id]"},
		{"number as number", view(inputBlockJSON(`{"type":"number_input","is_decimal_allowed":false,"min_value":1}`), submit), "must provide a string that holds a number [json-pointer:/view/blocks/0/element/min_value]"},
		{"two in focus", view(inputBlockJSON(`{"type":"plain_text_input","focus_on_load":true}`)+","+inputBlockJSON(`{"type":"plain_text_input","focus_on_load":true}`), submit), "only one element may set `focus_on_load` [json-pointer:/view/blocks/1/element/focus_on_load]"},
		{"dispatch of files", view(`{"type":"input","dispatch_action":true,"label":`+text+`,"element":{"type":"file_input"}}`, submit), "`dispatch_action` cannot be used with a `file_input` [json-pointer:/view/blocks/0/dispatch_action]"},
		{"no type", `{}`, "missing required field: type [json-pointer:/view]"},
		{"a list", `[]`, "must provide an object [json-pointer:/view]"},
		{"null is absent", modalJSONWith("submit", "null"), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, p := range ValidateView(json.RawMessage(tc.view)) {
				got = append(got, p.String())
			}
			if strings.Join(got, "\n") != tc.want {
				t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), tc.want)
			}
		})
	}
}

func TestValidate_LongSectionText(t *testing.T) {
	got := ValidateMessage(json.RawMessage(`{"blocks":[{"type":"section","text":` + mrkdwnJSON(3001) + `}]}`))
	want := []Problem{
		{"/blocks/0/text", "failed to match all allowed schemas"},
		{"/blocks/0/text/text", "must be less than 3001 characters"},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("problems = %v", got)
	}
	if got := ValidateMessage(json.RawMessage(`{"text":"x","blocks":` + repeatJSON(51, `{"type":"divider"}`) + `}`)); len(got) != 1 || got[0].Message != "no more than 50 items allowed" {
		t.Errorf("51 blocks: %v", got)
	}
}

func FuzzView(f *testing.F) {
	for _, text := range invalidBlockCases() {
		f.Add([]byte(modalJSONWith("blocks", "["+text+"]")))
	}
	f.Add([]byte(modalJSONWith("title", plainJSON(24))))
	f.Add([]byte(`{"type":"modal","title":{"type":"plain_text","text":"x"},"submit":{"type":"plain_text","text":"x"},"blocks":[` +
		inputBlockJSON(`{"type":"static_select","options":`+repeatJSON(2, opt)+`,"initial_option":`+strings.ReplaceAll(opt, "%d", "1")+`}`) + `]}`))
	s := &Server{cfg: Config{}, changed: make(chan struct{}), workspace: newWorkspace(nil), views: newViews()}
	f.Fuzz(func(t *testing.T, text []byte) {
		problems := ValidateView(text)
		var v any
		if json.Unmarshal(text, &v) != nil {
			return
		}
		body, err := parseView(v, "/view", "modal", "home")
		if (err == nil) != (len(problems) == 0) {
			t.Fatalf("ValidateView: %v, views.open: %v", problems, err)
		}
		if err != nil {
			return
		}
		shown := &view{id: "V", user: "U", suggested: map[elementKey][]any{}}
		shown.replaceBody(body)
		shown.replaceBody(body) // what was typed survives
		shown.validateInputs()
		shown.toJSON(s)
		for _, field := range shown.fields() {
			_ = s.fillFieldLocked(shown, field, []string{"1"})
		}
		// What Slack shows again is a view that it would take again.
		again := map[string]any{}
		for k, x := range body {
			again[k] = x
		}
		if problems := validateView(again, "/view", "modal", "home"); len(problems) > 0 {
			t.Fatalf("after completing: %v", problems)
		}
	})
}

func FuzzAck(f *testing.F) {
	for _, text := range []string{
		`{"envelope_id":"e"}`, `{"envelope_id":"e","payload":{}}`, `{"envelope_id":"e","payload":{"response_action":"clear"}}`,
		`{"envelope_id":"e","payload":{"response_action":"errors","errors":{"b":"no"}}}`, `{"envelope_id":1}`, `[]`, `null`,
		`{"envelope_id":"e","payload":{"response_action":"update","view":` + modalJSONWith("title", plainJSON(1)) + `}}`,
		`{"envelope_id":"e","payload":{"response_action":"push","view":{"type":"modal"}}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &Server{cfg: Config{}, changed: make(chan struct{}), workspace: newWorkspace(nil), views: newViews(), connections: newConnections()}
		p := &pending{acked: make(chan json.RawMessage, 1)}
		s.pending["e"] = p
		s.acknowledge(text)
		s.acknowledge(text)
		select {
		case payload := <-p.acked:
			if isEmptyPayload(payload) {
				payload = nil
			}
			var body map[string]any
			if err := json.Unmarshal([]byte(modalJSONWith("title", plainJSON(1))), &body); err != nil {
				t.Fatal(err)
			}
			v := s.pushViewLocked("U", body)
			var res Result
			_ = s.applyAckLocked(v, payload, &res)
			if len(s.stacks["U"]) > MaxStack {
				t.Fatal("too many views")
			}
		default:
		}
	})
}
