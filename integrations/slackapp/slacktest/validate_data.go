package slacktest

import (
	"fmt"
	"unicode/utf8"
)

// Rules of the blocks that show data.
// https://docs.slack.dev/reference/block-kit/blocks

var (
	cells = map[string]rule{
		"raw_text":   object(fields{"type": anything, "text": str(1, MaxTextObject)}, nil),
		"raw_number": object(fields{"type": anything, "value": number, "text": str(1, MaxTextObject)}, nil),
		"rich_text":  richText,
	}

	table = object(with(block, fields{"rows": list(1, MaxTableRows, list(1, MaxTableColumns, byType(cells)))}), all(blockID, fields{
		"column_settings": list(0, MaxTableColumns, object(nil, fields{"align": enum("left", "center", "right"), "is_wrapped": boolean})),
	}), sameColumns, func(c *checker, at string, o map[string]any) {
		rows, _ := o["rows"].([]any)
		settings, ok := o["column_settings"].([]any)
		if ok && len(rows) > 0 {
			if row, _ := rows[0].([]any); len(row) != len(settings) {
				c.fail(step(at, "column_settings"), "must have one item for each column")
			}
		}
	})

	dataTable = object(with(block, fields{
		"rows": list(2, MaxDataTableRows, list(1, MaxTableColumns, byType(cells))), "caption": str(1, MaxTextObject),
	}), all(blockID, fields{
		"page_size": integer(1, MaxDataTablePage), "row_header_column_index": integer(0, MaxTableColumns-1),
	}), sameColumns, func(c *checker, at string, o map[string]any) {
		if cellText(o["rows"]) > MaxDataTableContent {
			c.fail(step(at, "rows"), "must be less than %d characters", MaxDataTableContent+1)
		}
	})

	card = object(block, all(blockID, fields{
		"hero_image": elements["image"], "icon": elements["image"], "slack_icon": elements["icon"],
		"title": mrkdwn(MaxCardTitle), "subtitle": mrkdwn(MaxCardTitle), "body": mrkdwn(MaxCardText), "subtext": mrkdwn(MaxCardText),
		"actions": list(0, MaxCardActions, only("button", "workflow_button")),
	}))

	taskFields = fields{
		"status": enum("pending", "in_progress", "complete", "error"), "details": richText, "output": richText,
		"sources": list(0, MaxOptions, urlSource), "hide_title": boolean,
	}

	segment = object(fields{"label": str(1, MaxChartLabel), "value": positive}, nil)
	point   = object(fields{"label": str(1, MaxChartLabel), "value": number}, nil)
	series  = object(fields{"name": str(1, MaxChartLabel), "data": list(1, MaxChartPoints, point)}, nil)
	axis    = object(fields{"categories": list(1, MaxChartPoints, str(1, MaxChartLabel))},
		fields{"x_label": str(0, MaxChartTitle), "y_label": str(0, MaxChartTitle)})
	lines = object(fields{"type": anything, "series": list(1, MaxChartSeries, series), "axis_config": axis}, nil)

	chart = object(with(block, fields{"title": str(1, MaxChartTitle), "chart": byType(map[string]rule{
		"pie":  object(fields{"type": anything, "segments": list(1, MaxChartSeries, segment)}, nil),
		"line": lines, "bar": lines, "area": lines,
	})}), blockID)
)

func positive(c *checker, at string, v any) {
	if n, ok := v.(float64); !ok || n <= 0 {
		c.fail(at, "must be greater than 0")
	}
}

// sameColumns wants every row of a table to be as long as the first.
func sameColumns(c *checker, at string, o map[string]any) {
	rows, _ := o["rows"].([]any)
	columns := -1
	for i, r := range rows {
		row, ok := r.([]any)
		if !ok {
			return
		}
		if columns >= 0 && len(row) != columns {
			c.fail(fmt.Sprintf("%s/rows/%d", at, i), "must have as many columns as the first row")
			return
		}
		columns = len(row)
	}
}

// cellText is how many code points the cells below v hold.
func cellText(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += cellText(item)
		}
	case map[string]any:
		for k, item := range v {
			if s, ok := item.(string); ok && k == "text" {
				n += utf8.RuneCountInString(s)
			} else {
				n += cellText(item)
			}
		}
	}
	return n
}
