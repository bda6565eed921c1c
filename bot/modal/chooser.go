package modal

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/slacktext"
)

// ChooserID is the callback id of the view in which an action is chosen.
const ChooserID = "foghorn_chooser"

// chooserField is the id of the block and of the element of a Chooser.
const chooserField = "foghorn_action"

// maxQuery is the longest query of a Chooser, in UTF-16 code units.
const maxQuery = 100

// A Chooser is the view in which an action is chosen, with what its form begins with. A view contains it as its
// private_metadata, so that the choice is possible after a restart.
type Chooser struct {
	Channel string `json:"c,omitempty"` // of the command
	Direct  bool   `json:"m,omitempty"` // the channel is a direct or group message
	Query   string `json:"q,omitempty"` // what is searched for while nothing is typed
	Text    string `json:"t,omitempty"` // of a message; empty: there is none
	Link    string `json:"l,omitempty"` // to the message
	Trace   string `json:"w,omitempty"` // Page.Trace

	Notice string `json:"-"` // plain text above the field; empty: none
}

var errInvalidChooser = errors.New("its private_metadata is not that of a choice")

// DecodeChooser reads a view's private_metadata.
func DecodeChooser(metadata string) (Chooser, error) {
	var c Chooser
	if len(metadata) > 4*maxMetadata || json.Unmarshal([]byte(metadata), &c) != nil {
		return Chooser{}, errInvalidChooser
	}
	return c, nil
}

// Render makes the view. A text that is too long for it is shortened.
func (c Chooser) Render() slack.ModalViewRequest {
	var blocks []slack.Block
	if c.Notice != "" {
		blocks = append(blocks, sectionBlock(truncate(c.Notice, maxNotice)))
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plainText("Search by title, description or blueprint"), chooserField)
	e.MinQueryLength = new(int)
	block := slack.NewInputBlock(chooserField, plainText("Action"), nil, e)
	block.DispatchAction = true
	return slack.ModalViewRequest{
		Type:            slack.VTModal,
		CallbackID:      ChooserID,
		Title:           plainText("Run an action"),
		Submit:          plainText("Next"),
		Close:           plainText("Cancel"),
		PrivateMetadata: c.encode(),
		Blocks:          slack.Blocks{BlockSet: append(blocks, block)},
	}
}

// encode is the private_metadata. It has the text in full unless that is longer than about 2,800 characters.
func (c Chooser) encode() string {
	c.Query = truncateLine(c.Query, maxQuery)
	for {
		var data bytes.Buffer
		enc := json.NewEncoder(&data)
		enc.SetEscapeHTML(false) // each takes six characters
		_ = enc.Encode(c)        // a struct of texts
		metadata := strings.TrimSuffix(data.String(), "\n")
		length := slacktext.Length(metadata)
		switch {
		case length <= maxMetadata:
			return metadata
		case c.Text != "": // by its share: quotes and line ends take two characters
			text := slacktext.Length(c.Text)
			c.Text = truncate(c.Text, text-1-text*(length-maxMetadata)/length)
		case c.Link != "":
			c.Link = ""
		default:
			return "{}"
		}
	}
}

// ChosenAction is the value of the option that is chosen in a view, after some actions in it; empty: none.
func ChosenAction(v slack.View, actions []*slack.BlockAction) (value string) {
	if v.State != nil {
		value = v.State.Values[chooserField][chooserField].SelectedOption.Value
	}
	for _, a := range actions {
		if a.ActionID == chooserField {
			value = a.SelectedOption.Value
		}
	}
	return value
}

// ChooserError is the answer to a submission in which no action is chosen.
func ChooserError(text string) *slack.ViewSubmissionResponse {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{chooserField: text})
}

// ActionValue is the value of the option of an action: its identifier, or for one that is too long, a digest.
func ActionValue(action string) string {
	if slacktext.Length(action) <= maxOptionValue && !strings.HasPrefix(action, "#") {
		return action
	}
	return "#" + digest(action)
}

// PrefillText puts the text of a message with the link to it into the first field of several lines.
func PrefillText(f *form.Form, text, link string) form.Values {
	for _, x := range textFields(f) {
		if x.Kind == form.Multiline {
			if text = withLink(text, link, inputLimit(x)); text != "" {
				return form.Values{x.ID: text}
			}
			break
		}
	}
	return form.Values{}
}
