package modal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// ActionBack is the action id of the button that goes to the page before.
const ActionBack = "foghorn_back"

// Render makes the view of one page. It fails only for an action whose identifier does not
// fit a view.
func Render(s *form.State, p Page) (slack.ModalViewRequest, error) {
	all := sheets(s)
	here := at(all, p)
	p = p.moved(all[here])
	metadata, err := p.encode()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var blocks []slack.Block
	if place := place(s, p, here, len(all)); place != "" {
		blocks = append(blocks, note(place))
	}
	blocks = append(blocks, all[here].blocks...)
	if len(all[here].blocks) == 0 {
		blocks = append(blocks, say(cmp.Or(s.Form.Description, "This action asks for nothing.")))
	}
	submit := clip(cmp.Or(strings.TrimSpace(s.Form.Button), "Run"), maxTitle)
	if here < len(all)-1 {
		submit = "Next"
	}
	if here > 0 {
		back := slack.NewButtonBlockElement(ActionBack, "back", words("Back"))
		blocks = append(blocks, slack.NewActionBlock("foghorn_pages", back))
	}
	return slack.ModalViewRequest{
		Type:            slack.VTModal,
		CallbackID:      CallbackID,
		Title:           words(clip(visible(s.Form.Title, s.Form.Action), maxTitle)),
		Submit:          words(submit),
		Close:           words("Cancel"),
		PrivateMetadata: metadata,
		Blocks:          slack.Blocks{BlockSet: blocks},
	}, nil
}

// place says which page of how many this is, and what its step is called.
func place(s *form.State, p Page, here, pages int) string {
	var parts []string
	if p.Step < len(s.Steps) && strings.TrimSpace(s.Steps[p.Step].Title) != "" {
		parts = append(parts, clip(s.Steps[p.Step].Title, maxHeader))
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
		Title:      words(clip(visible(title, "Foghorn"), maxTitle)),
		Close:      words("Close"),
		Blocks:     slack.Blocks{BlockSet: []slack.Block{slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, clip(visible(text, "…"), maxText), false, false), nil, nil)}},
	}
}

// FitsAck reports that a view is small enough to go with an ack.
func FitsAck(view slack.ModalViewRequest) bool {
	data, err := json.Marshal(slack.NewUpdateViewSubmissionResponse(&view))
	return err == nil && len(data) <= maxAck
}

// itemBlocks are the blocks of a heading or a field.
func itemBlocks(s *form.State, item form.ItemState) []slack.Block {
	if h := item.Heading; h != nil {
		var out []slack.Block
		if strings.TrimSpace(h.Title) != "" {
			out = append(out, slack.NewHeaderBlock(words(clip(h.Title, maxHeader))))
		}
		if strings.TrimSpace(h.Description) != "" {
			out = append(out, note(h.Description))
		}
		return out
	}
	f := item.Field
	if !asked(f) {
		return []slack.Block{say(fixed(s, f))}
	}
	block := slack.NewInputBlock(BlockID(f.ID), words(clip(visible(f.Title, f.ID), maxLabel)), hint(f), element(f))
	block.Optional = !f.Required || f.Kind == form.User && f.Value != nil // see Decode
	block.DispatchAction = f.Watched
	return []slack.Block{block}
}

// fixed is what a page says of a field that it does not ask for.
func fixed(s *form.State, f *form.FieldState) string {
	value := shown(f)
	if value == "" && f.Value != nil {
		value = listed(f)
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
			first = append(first, visible(other.Title, id))
		}
	}
	if len(first) > 0 {
		value = "(fill in " + strings.Join(first, ", ") + " first)"
	}
	return clip(visible(f.Title, f.ID), maxHeader) + "\n" + value
}

// hint is the description of a field under it, and what it is when it is left empty: Port
// gives an input without a value its default.
func hint(f *form.FieldState) *slack.TextBlockObject {
	var otherwise string
	switch {
	case f.Kind == form.User:
		otherwise = listed(f) // who it was made with; Slack begins empty
	case !f.Required && f.Default != nil && f.Kind != form.Boolean:
		otherwise = defaultText(f)
	}
	if otherwise != "" {
		otherwise = "Left empty it is " + clip(strings.Join(strings.Fields(otherwise), " "), maxOptionText) + "."
	}
	text := strings.TrimSpace(f.Description)
	if text == "" && otherwise == "" {
		return nil
	}
	text = clip(text, maxHint-len(otherwise)-1)
	return words(strings.TrimSpace(text + " " + otherwise))
}

// listed is a field's value on one line.
func listed(f *form.FieldState) string { return commas(f.Value) }

func defaultText(f *form.FieldState) string {
	for _, o := range f.Options {
		if same(o.Value, f.Default) {
			return o.Label
		}
	}
	return commas(f.Default)
}

func commas(v any) string {
	list, ok := v.([]any)
	if !ok {
		return scalar(v)
	}
	parts := make([]string, 0, len(list))
	for _, v := range list {
		parts = append(parts, scalar(v))
	}
	return strings.Join(parts, ", ")
}

// words is plain text, in which nothing of mrkdwn counts.
func words(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// say is a paragraph of plain text.
func say(s string) slack.Block {
	return slack.NewSectionBlock(words(clip(visible(s, "…"), maxText)), nil, nil)
}

// note is a small line of plain text.
func note(s string) slack.Block {
	return slack.NewContextBlock("", words(clip(visible(s, "…"), maxHint)))
}

// visible is s, or something else where s shows nothing.
func visible(s, otherwise string) string {
	if strings.TrimSpace(s) != "" {
		return s
	}
	if strings.TrimSpace(otherwise) != "" {
		return otherwise
	}
	return "(no name)"
}
