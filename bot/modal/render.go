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

// Render makes the view of one page. It fails only for an action whose identifier does not
// fit a view.
func Render(s *form.State, p Page) (slack.ModalViewRequest, error) {
	all := paginate(s)
	here := indexOf(all, p)
	p = p.withLayout(all[here])
	metadata, err := p.encode()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var blocks []slack.Block
	if label := pageLabel(s, p, here, len(all)); label != "" {
		blocks = append(blocks, contextBlock(label))
	}
	blocks = append(blocks, all[here].blocks...)
	if len(all[here].blocks) == 0 {
		blocks = append(blocks, sectionBlock(cmp.Or(s.Form.Description, "This action asks for nothing.")))
	}
	submit := truncate(strings.TrimSpace(nonBlank(s.Form.Button, "Run")), maxTitle)
	if here < len(all)-1 {
		submit = "Next"
	}
	if here > 0 {
		back := slack.NewButtonBlockElement(ActionBack, "back", plainText("Back"))
		blocks = append(blocks, slack.NewActionBlock("foghorn_pages", back))
	}
	return slack.ModalViewRequest{
		Type:            slack.VTModal,
		CallbackID:      CallbackID,
		Title:           plainText(truncate(nonBlank(s.Form.Title, s.Form.Action), maxTitle)),
		Submit:          plainText(submit),
		Close:           plainText("Cancel"),
		PrivateMetadata: metadata,
		Blocks:          slack.Blocks{BlockSet: blocks},
	}, nil
}

// pageLabel says which page of how many this is, and what its step is called.
func pageLabel(s *form.State, p Page, here, pages int) string {
	var parts []string
	if p.Step < len(s.Steps) && strings.TrimSpace(slacktext.Clean(s.Steps[p.Step].Title)) != "" {
		parts = append(parts, truncate(s.Steps[p.Step].Title, maxHeader))
	}
	if pages > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d", here+1, pages))
	}
	return strings.Join(parts, " · ")
}

// Notice is a view that only says something.
func Notice(title, text string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type:       slack.VTModal,
		CallbackID: "foghorn_notice",
		Title:      plainText(truncate(nonBlank(title, "Foghorn"), maxTitle)),
		Close:      plainText("Close"),
		Blocks:     slack.Blocks{BlockSet: []slack.Block{slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, truncate(nonBlank(text, "…"), maxText), false, false), nil, nil)}},
	}
}

// FitsAck reports that a view is small enough to go with an ack.
func FitsAck(view slack.ModalViewRequest) bool {
	data, err := json.Marshal(slack.NewUpdateViewSubmissionResponse(&view))
	return err == nil && len(data) <= maxAckBytes
}

// itemBlocks are the blocks of a heading or a field.
func itemBlocks(s *form.State, item form.ItemState) []slack.Block {
	if h := item.Heading; h != nil {
		var out []slack.Block
		if strings.TrimSpace(slacktext.Clean(h.Title)) != "" {
			out = append(out, slack.NewHeaderBlock(plainText(truncate(h.Title, maxHeader))))
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
	block := slack.NewInputBlock(BlockID(f.ID), plainText(truncate(nonBlank(f.Title, f.ID), maxLabel)), hintText(f), newElement(f))
	block.Optional = !f.Required || f.Kind == form.User && f.Value != nil // see Decode
	block.DispatchAction = f.HasDependents
	return []slack.Block{block}
}

// readOnlyText is what a page says of a field that it does not ask for.
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
	var first []string
	for _, id := range f.DependsOn {
		if other := s.Field(id); other != nil && other.Value == nil {
			first = append(first, nonBlank(other.Title, id))
		}
	}
	if len(first) > 0 {
		value = "(fill in " + strings.Join(first, ", ") + " first)"
	}
	return truncate(nonBlank(f.Title, f.ID), maxHeader) + "\n" + value
}

// hintText is the description of a field under it, and what it is when it is left empty: Port
// gives an input without a value its default.
func hintText(f *form.FieldState) *slack.TextBlockObject {
	var otherwise string
	switch {
	case f.Kind == form.User:
		otherwise = formatFieldValue(f) // who it was made with; Slack begins empty
	case !f.Required && f.Default != nil && f.Kind != form.Boolean:
		otherwise = defaultText(f)
	}
	if otherwise != "" {
		otherwise = "Left empty it is " + truncate(strings.Join(strings.Fields(otherwise), " "), maxOptionText) + "."
	}
	text := strings.TrimSpace(slacktext.Clean(f.Description))
	if text == "" && otherwise == "" {
		return nil
	}
	text = truncate(text, maxHint-slacktext.Length(otherwise)-1)
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

// plainText is plain text, in which nothing of mrkdwn counts.
func plainText(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// sectionBlock is a paragraph of plain text.
func sectionBlock(s string) slack.Block {
	return slack.NewSectionBlock(plainText(truncate(nonBlank(s, "…"), maxText)), nil, nil)
}

// contextBlock is a small line of plain text.
func contextBlock(s string) slack.Block {
	return slack.NewContextBlock("", plainText(truncate(nonBlank(s, "…"), maxHint)))
}

// nonBlank is s, or something else where s shows nothing.
func nonBlank(s, otherwise string) string {
	if strings.TrimSpace(slacktext.Clean(s)) != "" {
		return s
	}
	if strings.TrimSpace(slacktext.Clean(otherwise)) != "" {
		return otherwise
	}
	return "(no name)"
}
