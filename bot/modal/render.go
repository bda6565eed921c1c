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
	if title := s.Steps[p.Step].Title; len(all) > 1 {
		place := fmt.Sprintf("%d of %d", here+1, len(all))
		if title != "" {
			place = fmt.Sprintf("%s · %s", clip(title, maxHeader), place)
		}
		blocks = append(blocks, note(place))
	}
	blocks = append(blocks, all[here].blocks...)
	if len(all[here].items) == 0 {
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
	block.Optional = !f.Required
	block.DispatchAction = f.Watched
	return []slack.Block{block}
}

// asked reports that a field is an input on its page. A disabled one is shown, and so is a
// text that is longer than an input holds; both keep their value.
func asked(f *form.FieldState) bool {
	return !f.Disabled && len([]rune(shown(f))) <= maxInput && len(BlockID(f.ID)) > 0 && (f.Kind != form.Choice || len(f.Options) > 0)
}

// fixed is what a page says of a field that it does not ask for.
func fixed(s *form.State, f *form.FieldState) string {
	value := shown(f)
	if value == "" && f.Value != nil {
		value = plainValue(f.Value)
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

func plainValue(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, _ := json.Marshal(v)
	return string(data)
}

// hint is the description of a field under it.
func hint(f *form.FieldState) *slack.TextBlockObject {
	text := strings.TrimSpace(f.Description)
	if email, ok := f.Value.(string); ok && f.Kind == form.User && email != "" {
		text = strings.TrimSpace(text + " Left empty it is " + email + ".")
	}
	if text == "" {
		return nil
	}
	return words(clip(text, maxHint))
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
