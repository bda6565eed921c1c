package ui

import (
	"cmp"
	"encoding/json"
	"time"

	"foghorn/integrations/slackapp/slacktest"
)

// A modalView is a view as the page shows it.
type modalView struct {
	ID     string // empty in a preview
	Title  string
	Submit string
	Close  string
	Blocks []block
	Error  string // why the latest submission failed
}

// newModalView reads a view. The fields give what is not in the view: how its fields are named in the emulator, and
// the errors of the latest submission.
func (s *Server) newModalView(
	names names, view json.RawMessage, fields []slacktest.Field, zone *time.Location,
) modalView {
	var v struct {
		ID                   string
		Title, Submit, Close object
		Blocks               json.RawMessage
		State                struct{ Values map[string]map[string]object }
	}
	if json.Unmarshal(view, &v) != nil {
		return modalView{}
	}
	inputs := inputBuilder{
		names: names, zone: zone, values: v.State.Values, editable: v.ID != "", idPrefix: "f-",
		users: s.userOptions, channels: s.channelOptions,
		fields: map[fieldKey]slacktest.Field{}, fieldsInBlock: map[string]int{},
	}
	if !inputs.editable {
		inputs.idPrefix = "p-"
	}
	for _, f := range fields {
		inputs.fields[fieldKey{f.BlockID, f.ActionID}] = f
		inputs.fieldsInBlock[f.BlockID]++
	}
	out := modalView{
		ID: v.ID, Title: stringValue(v.Title["text"]), Submit: stringValue(v.Submit["text"]),
		Close:  cmp.Or(stringValue(v.Close["text"]), "Cancel"),
		Blocks: blockRenderer{names: names, newInput: inputs.newInput}.renderBlocks(v.Blocks),
	}
	if v.Submit != nil && out.Submit == "" {
		out.Submit = "Submit"
	}
	return out
}

func (s *Server) userOptions() (out []option) {
	for _, u := range s.cfg.Slack.Users() {
		name := displayName(u)
		out = append(out, option{Text: name, Label: renderPlainText(name), Value: u.ID})
	}
	return out
}

// channelOptions leaves out direct conversations, which have no name.
func (s *Server) channelOptions() (out []option) {
	for _, c := range s.cfg.Slack.Channels() {
		if !isDirect(c) {
			name := "#" + c.Name
			out = append(out, option{Text: name, Label: renderPlainText(name), Value: c.ID})
		}
	}
	return out
}
