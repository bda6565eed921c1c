package slacktext

import (
	"regexp"
	"strconv"
	"strings"
)

// maxDepth bounds how deep parts within parts are read. Slack's own blocks need six.
const maxDepth = 20

// blocks is the text of blocks, in reading order.
// https://docs.slack.dev/reference/block-kit/blocks
func (r *reader) blocks(v any) string {
	var out []string
	for _, item := range list(v) {
		if b, ok := item.(map[string]any); ok {
			out = append(out, r.block(b, 0))
		}
	}
	return joinLines(out...)
}

func (r *reader) block(b map[string]any, depth int) string {
	if depth > maxDepth {
		return ""
	}
	switch text(b["type"]) {
	case "header":
		s := r.textObject(b["text"])
		if r.header == "" {
			r.header = s
		}
		return s
	case "section":
		r.noteBold(text(b["text"]))
		out := []string{r.textObject(b["text"])}
		for _, f := range list(b["fields"]) {
			out = append(out, r.textObject(f))
		}
		return joinLines(out...)
	case "context":
		return r.context(b)
	case "rich_text":
		return r.richText(b, depth)
	case "table", "data_table":
		return r.table(b, depth)
	case "markdown":
		return r.markdownBlock(text(b["text"]))
	case "image":
		if title := r.textObject(b["title"]); title != "" {
			return title
		}
		return decodeEntities(text(b["alt_text"]))
	case "video":
		title := r.textObject(b["title"])
		if title == "" {
			title = decodeEntities(text(b["alt_text"]))
		}
		return joinLines(link(firstText(b, "title_url", "video_url"), title), r.textObject(b["description"]))
	case "divider", "actions", "context_actions", "input", "file":
		return ""
	}
	return r.unknown(b, depth)
}

// headingPattern is a heading of markdown on the first line.
var headingPattern = regexp.MustCompile(`^\s*#{1,6}\s+([^\n]+)`)

func (r *reader) markdownBlock(s string) string {
	if m := headingPattern.FindStringSubmatch(s); m != nil && r.header == "" {
		r.header = r.markdown(strings.TrimRight(m[1], "# "))
	}
	r.noteBold(s)
	return r.markdown(s)
}

func (r *reader) context(b map[string]any) string {
	var parts []string
	for _, item := range list(b["elements"]) {
		e, _ := item.(map[string]any)
		s := r.textObject(item)
		if text(e["type"]) == "image" {
			s = decodeEntities(text(e["alt_text"]))
		}
		if strings.TrimSpace(s) != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// table is the rows of a table, one a line.
// https://docs.slack.dev/reference/block-kit/blocks/table-block
func (r *reader) table(b map[string]any, depth int) string {
	var rows []string
	for _, row := range list(b["rows"]) {
		var cells []string
		filled := false
		for _, item := range list(row) {
			cell, _ := item.(map[string]any)
			s := ""
			if text(cell["type"]) == "rich_text" {
				s = r.richText(cell, depth+1)
			} else if s = text(item); s == "" {
				s = text(cell["value"])
			}
			s = strings.Join(strings.Fields(s), " ")
			filled = filled || s != ""
			cells = append(cells, s)
		}
		if filled {
			rows = append(rows, strings.Join(cells, " | "))
		}
	}
	return joinLines(append([]string{r.textObject(b["caption"])}, rows...)...)
}

// unknown is the text of a block of a kind that came later, from the members that usually have text.
func (r *reader) unknown(b map[string]any, depth int) string {
	var out []string
	for _, key := range []string{"title", "subtitle", "text", "body", "description"} {
		out = append(out, r.textObject(b[key]))
	}
	for _, key := range []string{"fields", "elements", "blocks", "cards"} {
		for _, item := range list(b[key]) {
			if part, ok := item.(map[string]any); ok && text(part["type"]) != "button" {
				out = append(out, r.block(part, depth+1))
			}
		}
	}
	return joinLines(out...)
}

// textObject is the text of a text object. Both types have their entities encoded; only mrkdwn has markup.
func (r *reader) textObject(v any) string {
	if o, ok := v.(map[string]any); ok && text(o["type"]) == "plain_text" {
		return decodeEntities(text(v))
	}
	return r.mrkdwn(text(v))
}

// richText is a rich text: sections, lists, quotes and preformatted text.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func (r *reader) richText(b map[string]any, depth int) string {
	if depth > maxDepth {
		return ""
	}
	var out []string
	for _, item := range list(b["elements"]) {
		e, ok := item.(map[string]any)
		if !ok {
			continue
		}
		switch text(e["type"]) {
		case "rich_text_list":
			out = append(out, r.richList(e))
		case "rich_text_quote":
			quoted := strings.Trim(r.inline(e), "\n")
			if quoted != "" {
				out = append(out, "> "+strings.ReplaceAll(quoted, "\n", "\n> "))
			}
		case "rich_text":
			out = append(out, r.richText(e, depth+1))
		default:
			r.noteBold(boldStart(e))
			out = append(out, r.inline(e))
		}
	}
	return joinLines(out...)
}

// boldStart is the text at the start of a section as mrkdwn if it is bold and the line ends there.
func boldStart(section map[string]any) string {
	elements := list(section["elements"])
	if len(elements) == 0 {
		return ""
	}
	first, _ := elements[0].(map[string]any)
	style, _ := first["style"].(map[string]any)
	line, _, ends := strings.Cut(text(first["text"]), "\n")
	if style["bold"] != true || !ends && len(elements) > 1 && !startsLine(elements[1]) {
		return ""
	}
	return "*" + escaper.Replace(strings.TrimSpace(line)) + "*"
}

func startsLine(element any) bool {
	e, _ := element.(map[string]any)
	return strings.HasPrefix(text(e["text"]), "\n")
}

// richList is a list, indented by its level. An ordered list that another one interrupts continues at its offset.
func (r *reader) richList(e map[string]any) string {
	indent := strings.Repeat("  ", min(number(e["indent"]), maxDepth))
	var out []string
	for i, item := range list(e["elements"]) {
		mark := "• "
		if text(e["style"]) == "ordered" {
			mark = strconv.Itoa(number(e["offset"])+i+1) + ". "
		}
		section, _ := item.(map[string]any)
		out = append(out, indent+mark+strings.ReplaceAll(strings.Trim(r.inline(section), "\n"), "\n", "\n"+indent+"  "))
	}
	return joinLines(out...)
}

func number(v any) int {
	n, err := strconv.Atoi(text(v))
	if err != nil || n < 0 || n > 1_000_000 {
		return 0
	}
	return n
}

// inline is the text of the elements of a section. Texts are not encoded in rich text.
func (r *reader) inline(section map[string]any) string {
	var out strings.Builder
	for _, item := range list(section["elements"]) {
		e, ok := item.(map[string]any)
		if !ok {
			continue
		}
		switch text(e["type"]) {
		case "link":
			out.WriteString(link(text(e["url"]), text(e["text"])))
		case "user":
			out.WriteString("@" + r.name(text(e["user_id"]), "", unknownUser))
		case "channel":
			out.WriteString("#" + r.name(text(e["channel_id"]), "", unknownChannel))
		case "usergroup":
			out.WriteString("@" + r.name(text(e["usergroup_id"]), "", unknownGroup))
		case "broadcast":
			out.WriteString("@" + text(e["range"]))
		case "emoji":
			out.WriteString(":" + text(e["name"]) + ":")
		case "date":
			out.WriteString(date(text(e["timestamp"]), text(e["fallback"])))
		case "color":
			out.WriteString(text(e["value"]))
		default:
			out.WriteString(text(e["text"]))
		}
	}
	return out.String()
}
