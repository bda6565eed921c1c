package ui

import (
	"cmp"
	"encoding/json"
	"html/template"
	"net/url"

	"foghorn/integrations/emulator"
)

// A block is a block of Block Kit as the page shows it. The type says which other fields are set.
// https://docs.slack.dev/reference/block-kit/blocks
type block struct {
	Type     string // the page shows the name of a type that it does not support
	Text     template.HTML
	Fields   []template.HTML
	Elements []element // of context and actions; the accessory of a section
	Image    *image
	Input    *input
}

// An element is a part of a block: a text, an image, a button or an input.
type element struct {
	Text  template.HTML
	Image *image
	Input *input

	ActionID string // of a button
	Style    string // of a button: primary, danger or ""
	URL      string // of a button that is a link
	Confirm  string // question before the button is pressed
}

// An image is shown if it is on this machine; other images are only described, because the page loads nothing
// from elsewhere.
type image struct{ Source, Alt, Title string }

// A blockRenderer renders the blocks of a message or a view.
type blockRenderer struct {
	names    names
	newInput func(block, element object, label string) *input // nil: inputs are not shown
}

// renderBlocks renders a list of blocks. JSON of another type has no blocks.
func (r blockRenderer) renderBlocks(list json.RawMessage) (out []block) {
	var blocks []object
	if json.Unmarshal(list, &blocks) != nil {
		return nil
	}
	for _, b := range blocks {
		out = append(out, r.renderBlock(b))
	}
	return out
}

// renderAttachment renders the blocks of an attachment, or its text.
func (r blockRenderer) renderAttachment(attachment object) []block {
	if blocks, ok := attachment["blocks"]; ok {
		raw, _ := json.Marshal(blocks) // it is decoded JSON
		return r.renderBlocks(raw)
	}
	text := cmp.Or(stringValue(attachment["text"]), stringValue(attachment["fallback"]))
	if text == "" {
		return nil
	}
	return []block{{Type: "section", Text: renderMrkdwn(r.names, text)}}
}

func (r blockRenderer) renderBlock(b object) block {
	out := block{Type: stringValue(b["type"])}
	switch out.Type {
	case "header":
		out.Text = renderText(r.names, b["text"])
	case "section":
		out.Text = renderText(r.names, b["text"])
		for _, f := range objectList(b["fields"]) {
			out.Fields = append(out.Fields, renderText(r.names, f))
		}
		if accessory, ok := b["accessory"].(object); ok {
			out.Elements = []element{r.renderElement(b, accessory, stringValue(nestedValue(b, "text", "text")))}
		}
	case "context", "actions":
		for _, e := range objectList(b["elements"]) {
			out.Elements = append(out.Elements, r.renderElement(b, e, ""))
		}
	case "image":
		out.Image = newImage(b)
	case "rich_text":
		out.Text = renderRichText(r.names, b)
	case "markdown":
		out.Text = renderMrkdwn(r.names, stringValue(b["text"]))
	case "input":
		if e, ok := b["element"].(object); ok && r.newInput != nil {
			out.Input = r.newInput(b, e, stringValue(nestedValue(b, "label", "text")))
		}
	}
	return out
}

// renderElement renders an element of a block. The label is that of an input without one of its own.
func (r blockRenderer) renderElement(b, e object, label string) element {
	switch elementType := stringValue(e["type"]); elementType {
	case "mrkdwn", "plain_text":
		return element{Text: renderText(r.names, e)}
	case "image":
		return element{Image: newImage(e)}
	case "button":
		out := element{
			Text: renderText(r.names, e["text"]), ActionID: stringValue(e["action_id"]), Style: stringValue(e["style"]),
			Confirm: stringValue(nestedValue(e, "confirm", "text", "text")),
		}
		if address := stringValue(e["url"]); isWebURL(address) {
			out.URL = localURL(address)
		}
		return out
	default:
		if r.newInput == nil {
			return element{Text: renderPlainText("[" + elementType + "]")}
		}
		placeholder := stringValue(nestedValue(e, "placeholder", "text"))
		return element{Input: r.newInput(b, e, cmp.Or(label, placeholder, stringValue(e["action_id"])))}
	}
}

func newImage(b object) *image {
	out := &image{Alt: stringValue(b["alt_text"]), Title: stringValue(nestedValue(b, "title", "text"))}
	u, err := url.Parse(stringValue(b["image_url"]))
	if err == nil && u.Scheme == "http" && emulator.IsLoopback(u.Host) {
		out.Source = u.String()
	}
	return out
}
