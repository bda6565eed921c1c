package modal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/slacktext"
)

// ActionBack is the action id of the button that goes to the page before.
const ActionBack = "foghorn_back"

// pagesID is the id of the block with the button that goes to the page before. The first page has none.
const pagesID = "foghorn_pages"

// ActionClear is the beginning of the action ids of the buttons that clear a field. The value of such a button is the
// block of the field.
const ActionClear = "foghorn_clear_"

// Render makes the view of one page. It fails only for an action whose identifier does not fit a
// view.
func Render(s *form.State, p Page) (slack.ModalViewRequest, error) {
	all := paginate(s, p)
	here := indexOf(all, p)
	p = p.withLayout(all[here])
	p.Last = here == len(all)-1
	metadata, err := p.encode()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var blocks []slack.Block
	if p.Notice != "" {
		blocks = append(blocks, sectionBlock(truncateBytes(truncate(p.Notice, maxNotice), maxNoticeBytes)))
	}
	if label := pageLabel(s, p, here, len(all)); label != "" {
		blocks = append(blocks, contextBlock(label))
	}
	blocks = append(blocks, all[here].blocks...)
	if len(all[here].blocks) == 0 {
		blocks = append(blocks, sectionBlock(cmp.Or(s.Form.Description, "This action needs no input.")))
	}
	submit := truncateLine(nonBlank(s.Form.Button, "Run"), maxTitle)
	if !p.Last {
		submit = "Next"
	}
	if here > 0 {
		back := slack.NewButtonBlockElement(ActionBack, "back", plainText("Back"))
		blocks = append(blocks, slack.NewActionBlock(pagesID, back))
	}
	return slack.ModalViewRequest{
		Type:            slack.VTModal,
		CallbackID:      CallbackID,
		Title:           plainText(truncateLine(nonBlank(s.Form.Title, s.Form.Action), maxTitle)),
		Submit:          plainText(submit),
		Close:           plainText("Cancel"),
		PrivateMetadata: metadata,
		Blocks:          slack.Blocks{BlockSet: blocks},
	}, nil
}

// pageLabel is the title of the step and the number of the page.
func pageLabel(s *form.State, p Page, here, pages int) string {
	var parts []string
	if p.Step < len(s.Steps) && strings.TrimSpace(slacktext.Clean(s.Steps[p.Step].Title)) != "" {
		parts = append(parts, truncateBytes(truncateLine(s.Steps[p.Step].Title, maxHeader), maxStepBytes))
	}
	if pages > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d", here+1, pages))
	}
	return strings.Join(parts, " · ")
}

// Notice is a view with a text and no input.
func Notice(title string, text slacktext.Text) slack.ModalViewRequest {
	block := text.Block()
	if data, err := json.Marshal(block); err != nil || len(data) > maxInitialBytes || slacktext.IsBlank(text.Mrkdwn()) {
		block = sectionBlock(text.Mrkdwn())
	}
	return slack.ModalViewRequest{
		Type:       slack.VTModal,
		CallbackID: "foghorn_notice",
		Title:      plainText(truncateLine(nonBlank(title, "Foghorn"), maxTitle)),
		Close:      plainText("Close"),
		Blocks:     slack.Blocks{BlockSet: []slack.Block{block}},
	}
}

// itemBlocks are the blocks of a heading or a field.
func itemBlocks(s *form.State, item form.ItemState, p Page) []slack.Block {
	if h := item.Heading; h != nil {
		var out []slack.Block
		if strings.TrimSpace(slacktext.Clean(h.Title)) != "" {
			out = append(out, slack.NewHeaderBlock(plainText(truncateLine(h.Title, maxHeader))))
		}
		if strings.TrimSpace(slacktext.Clean(h.Description)) != "" {
			out = append(out, contextBlock(h.Description))
		}
		return out
	}
	f := item.Field
	if !isInput(f) {
		return []slack.Block{sectionBlock(readOnlyText(s, f))}
	}
	label := truncateBytes(truncateLine(nonBlank(f.Title, f.ID), maxLabel), maxLabelBytes)
	block := slack.NewInputBlock(blockID(f.ID), plainText(label), hintText(f, p), newElement(f, p))
	block.Optional = !f.Required || f.Kind == form.User && f.Value != nil && p.Names.usersOf(f) == nil // see Decode
	block.DispatchAction = f.HasDependents
	if !CanClear(f) {
		return []slack.Block{block}
	}
	text := truncateBytes(truncateLine("Clear "+nonBlank(f.Title, f.ID), maxButton), maxLabelBytes)
	return []slack.Block{block, slack.NewActionBlock("", slack.NewButtonBlockElement(ActionClear+digest(f.ID), blockID(f.ID), plainText(text)))}
}

// CanClear reports that a page has a button to empty a field: Slack cannot empty its element, and without a value
// Port gives it no default.
// https://github.com/slackapi/node-slack-sdk/issues/1631
func CanClear(f *form.FieldState) bool {
	isPicker := f.Kind == form.Boolean || f.Kind == form.DateTime && elementType(f) == string(slack.METDatetimepicker)
	return isPicker && !f.Required && f.Default == nil && isInput(f)
}

// readOnlyText is how a page shows a field that is not an input.
func readOnlyText(s *form.State, f *form.FieldState) string {
	value := inputText(f)
	if value == "" && f.Value != nil {
		value = formatFieldValue(f)
	}
	switch {
	case value != "":
	case f.Kind == form.Choice && len(f.Options) == 0:
		value = "(nothing to choose from)"
	default:
		value = "(empty)"
	}
	var missing []string
	for _, id := range f.DependsOn {
		if other := s.Field(id); other != nil && other.Value == nil {
			missing = append(missing, nonBlank(other.Title, id))
		}
	}
	if len(missing) > 0 {
		value = "(fill in " + strings.Join(missing, ", ") + " first)"
	}
	return truncateLine(nonBlank(f.Title, f.ID), maxHeader) + "\n" + value
}

// hintText is the description of a field, and the value that it has when it is left empty: Port
// gives an input without a value its default.
func hintText(f *form.FieldState, p Page) *slack.TextBlockObject {
	var otherwise string
	switch {
	case f.Kind == form.User && p.Names.usersOf(f) == nil:
		otherwise = formatFieldValue(f) // Slack cannot preselect a person by the email address
	case !f.Required && f.Default != nil && f.Kind != form.Boolean:
		otherwise = defaultText(f)
	}
	if otherwise != "" {
		otherwise = "If left empty: " + truncate(strings.Join(strings.Fields(otherwise), " "), maxOptionText) + "."
	}
	text := strings.TrimSpace(slacktext.Clean(f.Description))
	if text == "" && otherwise == "" {
		return nil
	}
	text = truncateBytes(truncate(text, maxHint-slacktext.Length(otherwise)-1), maxHintBytes)
	return plainText(strings.TrimSpace(text + " " + otherwise))
}

// formatFieldValue is a field's value on one line.
func formatFieldValue(f *form.FieldState) string { return joinValues(f.Value) }

func defaultText(f *form.FieldState) string {
	for _, o := range f.Options {
		if equalJSON(o.Value, f.Default) {
			return o.Label
		}
	}
	return joinValues(f.Default)
}

func joinValues(v any) string {
	list, ok := v.([]any)
	if !ok {
		return formatScalar(v)
	}
	parts := make([]string, 0, len(list))
	for _, v := range list {
		parts = append(parts, formatScalar(v))
	}
	return strings.Join(parts, ", ")
}
