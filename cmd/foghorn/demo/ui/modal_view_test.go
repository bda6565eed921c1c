package ui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// newSelect returns a static select with one option.
func newSelect(actionID string) object {
	return object{"type": "static_select", "action_id": actionID, "options": []any{newTestOption()}}
}

func newTestOption() object {
	return object{"text": object{"type": "plain_text", "text": "One"}, "value": "1"}
}

func marshalView(t *testing.T, blocks ...any) json.RawMessage {
	t.Helper()
	view, err := json.Marshal(object{"id": "V1", "title": object{"text": "T"}, "blocks": blocks})
	if err != nil {
		t.Fatal(err)
	}
	return view
}

func TestModalView_EveryInputType(t *testing.T) {
	s, _ := newTestServer(t)
	for name, inputType := range inputTypes {
		t.Run(name, func(t *testing.T) {
			view := marshalView(t, object{
				"type": "input", "block_id": "b", "label": object{"text": "Label"}, "hint": object{"text": "Hint"},
				"element": object{"type": name, "action_id": "a", "options": []any{newTestOption()}},
			})
			m := s.newModalView(testNames, view, []slacktest.Field{{BlockID: "b", ActionID: "a", Error: "Wrong"}}, time.UTC)
			if len(m.Blocks) != 1 || m.Blocks[0].Input == nil || m.Blocks[0].Input.Kind != inputType.kind {
				t.Fatalf("the blocks are %+v", m.Blocks)
			}
			html, err := s.renderTemplate("input", m.Blocks[0].Input)
			if err != nil {
				t.Fatal(err)
			}
			wanted := []string{"Label", "Hint", "Wrong", `name="field" value="b"`}
			if inputType.kind != "file" && inputType.kind != "search" {
				wanted = append(wanted, `name="value:b"`)
			}
			for _, want := range wanted {
				if !strings.Contains(string(html), want) {
					t.Errorf("%q is missing: %s", want, html)
				}
			}
		})
	}
}

func TestModalView_DateTimeInUserZone(t *testing.T) {
	s, _ := newTestServer(t)
	view := marshalView(t, object{
		"type": "input", "block_id": "b",
		"element": object{"type": "datetimepicker", "action_id": "a", "initial_date_time": 1768478400},
	})
	v := viewFor(s, "user=U1")
	if got := s.newModalView(testNames, view, nil, v.timeZone()).Blocks[0].Input.Value; got != "2026-01-15T13:00" {
		t.Errorf("12:00 UTC is %s in Berlin", got)
	}
}

func TestModalView_TwoInputsInOneBlock(t *testing.T) {
	s, _ := newTestServer(t)
	view := marshalView(t, object{"type": "actions", "block_id": "b", "elements": []any{newSelect("a1"), newSelect("a2")}})
	fields := []slacktest.Field{{BlockID: "b", ActionID: "a1"}, {BlockID: "b", ActionID: "a2"}}
	m := s.newModalView(testNames, view, fields, time.UTC)
	if e := m.Blocks[0].Elements; len(e) != 2 || e[0].Input.Name != "a1" || e[1].Input.Name != "a2" {
		t.Errorf("the elements are %+v", e)
	}
}

func TestModalView_GroupedOptions(t *testing.T) {
	s, _ := newTestServer(t)
	view := marshalView(t, object{"type": "input", "block_id": "b", "element": object{
		"type": "static_select", "action_id": "a", "initial_option": newTestOption(),
		"option_groups": []any{object{"label": object{"text": "Group"}, "options": []any{newTestOption()}}},
	}})
	html, err := s.renderTemplate("input", s.newModalView(testNames, view, nil, time.UTC).Blocks[0].Input)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<optgroup label="Group">`, `<option value="1" selected>One</option>`, `</optgroup>`} {
		if !strings.Contains(string(html), want) {
			t.Errorf("%q is missing: %s", want, html)
		}
	}
}
