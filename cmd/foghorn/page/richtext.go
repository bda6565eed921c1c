package page

import (
	"html/template"
	"strconv"
	"strings"
)

// richText renders a rich_text block: sections, lists, quotes and code.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func (r renderer) richText(b object) template.HTML {
	m := marker{names: r.names}
	for _, e := range list(b["elements"]) {
		m.rich(e)
	}
	return template.HTML(m.out.String()) // #nosec: every text went through escape
}

func (m *marker) rich(e object) {
	wrap := func(tag string) {
		m.out.WriteString("<" + tag + ">")
		for _, part := range list(e["elements"]) {
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
		for _, item := range list(e["elements"]) {
			m.out.WriteString("<li>")
			for _, part := range list(item["elements"]) {
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
func (m *marker) run(e object) {
	style, _ := e["style"].(object)
	for _, s := range richStyles {
		if style[s.name] == true {
			m.out.WriteString("<" + s.tag + ">")
			defer m.out.WriteString("</" + s.tag + ">")
		}
	}
	switch e["type"] {
	case "text":
		m.out.WriteString(strings.ReplaceAll(escape(str(e["text"])), "\n", "<br>"))
	case "link":
		m.anchor(str(e["url"]), escape(first(str(e["text"]), str(e["url"]))))
	case "emoji":
		m.emoji(":" + str(e["name"]) + ":")
	case "user":
		m.reference("@" + str(e["user_id"]))
	case "channel":
		m.reference("#" + str(e["channel_id"]))
	case "broadcast":
		m.reference("!" + str(e["range"]))
	case "date":
		stamp, _ := e["timestamp"].(float64)
		m.out.WriteString(escape(first(str(e["fallback"]), strconv.FormatFloat(stamp, 'f', 0, 64))))
	}
}
