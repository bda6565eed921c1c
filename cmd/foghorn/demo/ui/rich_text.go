package ui

import (
	"cmp"
	"html/template"
	"strconv"
	"strings"
)

// renderRichText renders a rich_text block: sections, lists, quotes and code.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func renderRichText(names names, b object) template.HTML {
	w := mrkdwnWriter{names: names}
	for _, e := range objectList(b["elements"]) {
		w.writeRichTextElement(e)
	}
	return w.html()
}

func (w *mrkdwnWriter) writeRichTextElement(e object) {
	switch e["type"] {
	case "rich_text_section":
		w.writeRichTextParts("p", e)
	case "rich_text_quote":
		w.writeRichTextParts("blockquote", e)
	case "rich_text_preformatted":
		w.writeRichTextParts("pre", e)
	case "rich_text_list":
		tag := "ul"
		if e["style"] == "ordered" {
			tag = "ol"
		}
		w.out.WriteString("<" + tag + ">")
		for _, item := range objectList(e["elements"]) {
			w.writeRichTextParts("li", item)
		}
		w.out.WriteString("</" + tag + ">")
	}
}

func (w *mrkdwnWriter) writeRichTextParts(tag string, e object) {
	w.out.WriteString("<" + tag + ">")
	for _, part := range objectList(e["elements"]) {
		w.writeRichTextPart(part)
	}
	w.out.WriteString("</" + tag + ">")
}

// richTextStyles are the styles of a part, in the order of nesting.
var richTextStyles = []struct{ name, tag string }{{"bold", "strong"}, {"italic", "em"}, {"strike", "s"}, {"code", "code"}}

// writeRichTextPart writes a part of a line with its styles.
func (w *mrkdwnWriter) writeRichTextPart(part object) {
	style, _ := part["style"].(object)
	for _, s := range richTextStyles {
		if style[s.name] == true {
			w.out.WriteString("<" + s.tag + ">")
			defer w.out.WriteString("</" + s.tag + ">")
		}
	}
	switch part["type"] {
	case "text":
		w.out.WriteString(strings.ReplaceAll(escapeHTML(stringValue(part["text"])), "\n", "<br>"))
	case "link":
		address := stringValue(part["url"])
		w.writeLink(address, escapeHTML(cmp.Or(stringValue(part["text"]), address)))
	case "emoji":
		w.writeEmoji(":" + stringValue(part["name"]) + ":")
	case "user":
		w.writeReference("@" + stringValue(part["user_id"]))
	case "channel":
		w.writeReference("#" + stringValue(part["channel_id"]))
	case "broadcast":
		w.writeReference("!" + stringValue(part["range"]))
	case "date":
		timestamp, _ := part["timestamp"].(float64)
		text := cmp.Or(stringValue(part["fallback"]), strconv.FormatFloat(timestamp, 'f', 0, 64))
		w.out.WriteString(escapeHTML(text))
	}
}
