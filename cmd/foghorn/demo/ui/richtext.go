package ui

import (
	"html/template"
	"strconv"
	"strings"
)

// richText renders a rich_text block: sections, lists, quotes and code.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func (r blockRenderer) richText(b object) template.HTML {
	m := mrkdwnWriter{names: r.names}
	for _, e := range objectList(b["elements"]) {
		m.rich(e)
	}
	return template.HTML(m.out.String()) // #nosec: every text went through escape
}

func (m *mrkdwnWriter) rich(e object) {
	wrap := func(tag string) {
		m.out.WriteString("<" + tag + ">")
		for _, part := range objectList(e["elements"]) {
			m.run(part)
		}
		m.out.WriteString("</" + tag + ">")
	}
	switch e["type"] {
	case "rich_text_section":
		wrap("p")
	case "rich_text_quote":
		wrap("blockquote")
	case "rich_text_preformatted":
		wrap("pre")
	case "rich_text_list":
		tag := "ul"
		if e["style"] == "ordered" {
			tag = "ol"
		}
		m.out.WriteString("<" + tag + ">")
		for _, item := range objectList(e["elements"]) {
			m.out.WriteString("<li>")
			for _, part := range objectList(item["elements"]) {
				m.run(part)
			}
			m.out.WriteString("</li>")
		}
		m.out.WriteString("</" + tag + ">")
	}
}

// richStyles are the styles of a run of text, in the order of nesting.
var richStyles = []struct{ name, tag string }{{"bold", "strong"}, {"italic", "em"}, {"strike", "s"}, {"code", "code"}}

// run renders a part of a line.
func (m *mrkdwnWriter) run(e object) {
	style, _ := e["style"].(object)
	for _, s := range richStyles {
		if style[s.name] == true {
			m.out.WriteString("<" + s.tag + ">")
			defer m.out.WriteString("</" + s.tag + ">")
		}
	}
	switch e["type"] {
	case "text":
		m.out.WriteString(strings.ReplaceAll(escapeHTML(stringValue(e["text"])), "\n", "<br>"))
	case "link":
		m.anchor(stringValue(e["url"]), escapeHTML(firstNonEmpty(stringValue(e["text"]), stringValue(e["url"]))))
	case "emoji":
		m.emoji(":" + stringValue(e["name"]) + ":")
	case "user":
		m.reference("@" + stringValue(e["user_id"]))
	case "channel":
		m.reference("#" + stringValue(e["channel_id"]))
	case "broadcast":
		m.reference("!" + stringValue(e["range"]))
	case "date":
		stamp, _ := e["timestamp"].(float64)
		m.out.WriteString(escapeHTML(firstNonEmpty(stringValue(e["fallback"]), strconv.FormatFloat(stamp, 'f', 0, 64))))
	}
}
