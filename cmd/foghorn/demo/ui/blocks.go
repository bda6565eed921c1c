package ui

import (
	"encoding/json"
	"html/template"
	"net"
	"net/url"
	"strings"
)

// A block is one of Block Kit's as the page shows it. The type says which of the rest is set.
// https://docs.slack.dev/reference/block-kit/blocks
type block struct {
	Type     string // header, section, context, divider, actions, image, rich_text, input, or one that is shown by its name
	Text     template.HTML
	Fields   []template.HTML
	Elements []element // of context and actions, and the accessory of a section
	Image    *image
	Input    *input
}

// An element is a part of a block: a text, an image, a button or a field.
type element struct {
	Text  template.HTML
	Image *image
	Input *input

	Button   string // action_id of a button
	Block    string // block_id of it
	Label    string // of a button
	Style    string // primary, danger or ""
	Address  string // of a button that is a link
	Question string // asked before the button is pressed
}

// An image is shown when it comes from this machine; others are only described, because
// nothing here leaves the machine.
type image struct{ Source, Alt, Title string }

type object = map[string]any

// A blockRenderer makes the blocks of a message or a view.
type blockRenderer struct {
	names
	field func(block object, element object, label string) *input // nil: fields are not shown
}

// blocks renders a list of blocks; what is no list gives none.
func (r blockRenderer) blocks(list json.RawMessage) (out []block) {
	var blocks []object
	if json.Unmarshal(list, &blocks) != nil {
		return nil
	}
	for _, b := range blocks {
		out = append(out, r.block(b))
	}
	return out
}

func (r blockRenderer) block(b object) block {
	out := block{Type: stringValue(b["type"])}
	switch out.Type {
	case "header":
		out.Text = r.text(b["text"])
	case "section":
		out.Text = r.text(b["text"])
		for _, f := range objectList(b["fields"]) {
			out.Fields = append(out.Fields, r.text(f))
		}
		if a, ok := b["accessory"].(object); ok {
			out.Elements = []element{r.element(b, a, stringValue(nestedValue(b, "text", "text")))}
		}
	case "context", "actions":
		for _, e := range objectList(b["elements"]) {
			out.Elements = append(out.Elements, r.element(b, e, ""))
		}
	case "image":
		out.Image = newImage(b)
	case "rich_text":
		out.Text = r.richText(b)
	case "markdown":
		out.Text = r.mrkdwn(stringValue(b["text"]))
	case "input":
		if e, ok := b["element"].(object); ok && r.field != nil {
			out.Input = r.field(b, e, stringValue(nestedValue(b, "label", "text")))
		}
	}
	return out
}

// text is a text object, or a string.
func (r blockRenderer) text(v any) template.HTML {
	if t, ok := v.(object); ok {
		if t["type"] == "mrkdwn" {
			return r.mrkdwn(stringValue(t["text"]))
		}
		return r.emojis(stringValue(t["text"]))
	}
	return r.emojis(stringValue(v))
}

func (r blockRenderer) element(b, e object, label string) element {
	switch kind := stringValue(e["type"]); kind {
	case "mrkdwn", "plain_text":
		return element{Text: r.text(e)}
	case "image":
		return element{Image: newImage(e)}
	case "button":
		out := element{
			Text: r.text(e["text"]), Label: stringValue(nestedValue(e, "text", "text")), Button: stringValue(e["action_id"]), Block: stringValue(b["block_id"]),
			Style: stringValue(e["style"]), Question: stringValue(nestedValue(e, "confirm", "text", "text")),
		}
		if address := stringValue(e["url"]); isWebURL(address) {
			out.Address = r.link(address)
		}
		return out
	default:
		if r.field == nil {
			return element{Text: r.emojis("[" + kind + "]")}
		}
		return element{Input: r.field(b, e, firstNonEmpty(label, stringValue(nestedValue(e, "placeholder", "text")), stringValue(e["action_id"])))}
	}
}

func newImage(b object) *image {
	out := &image{Alt: stringValue(b["alt_text"]), Title: stringValue(nestedValue(b, "title", "text"))}
	u, err := url.Parse(stringValue(b["image_url"]))
	if err == nil && u.Scheme == "http" && isLoopback(u.Host) {
		out.Source = u.String()
	}
	return out
}

func isWebURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// isLoopback says whether a host, with or without a port, is this machine.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// stringValue is a string, "" for anything else.
func stringValue(v any) string {
	s, _ := v.(string)
	return s
}

// objectList are the objects of a list.
func objectList(v any) (out []object) {
	items, _ := v.([]any)
	for _, item := range items {
		if o, ok := item.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

// nestedValue goes down the keys of objects, nil where there is nothing.
func nestedValue(v any, keys ...string) any {
	for _, k := range keys {
		o, _ := v.(object)
		v = o[k]
	}
	return v
}
