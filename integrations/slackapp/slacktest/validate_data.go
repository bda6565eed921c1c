package slacktest

import (
	"fmt"
	"unicode/utf8"
)

// Rules of the blocks that show data.
// https://docs.slack.dev/reference/block-kit/blocks

var (
	cells = map[string]rule{
		"raw_text":   objectRule(fields{"type": anyValue, "text": stringRule(1, MaxTextObject)}, nil),
		"raw_number": objectRule(fields{"type": anyValue, "value": numberRule, "text": stringRule(1, MaxTextObject)}, nil),
		"rich_text":  richText,
	}

	table = objectRule(mergeFields(commonBlockFields, fields{"rows": listRule(1, MaxTableRows, listRule(1, MaxTableColumns, typedRule(cells)))}), mergeAllFields(blockIDField, fields{
		"column_settings": listRule(0, MaxTableColumns, objectRule(nil, fields{"align": enumRule("left", "center", "right"), "is_wrapped": boolRule})),
	}), checkSameColumns, func(c *checker, pointer string, o map[string]any) {
		rows, _ := o["rows"].([]any)
		settings, ok := o["column_settings"].([]any)
		if ok && len(rows) > 0 {
			if row, _ := rows[0].([]any); len(row) != len(settings) {
				c.addProblem(joinPointer(pointer, "column_settings"), "must have one item for each column")
			}
		}
	})

	dataTable = objectRule(mergeFields(commonBlockFields, fields{
		"rows": listRule(2, MaxDataTableRows, listRule(1, MaxTableColumns, typedRule(cells))), "caption": stringRule(1, MaxTextObject),
	}), mergeAllFields(blockIDField, fields{
		"page_size": integerRule(1, MaxDataTablePage), "row_header_column_index": integerRule(0, MaxTableColumns-1),
	}), checkSameColumns, func(c *checker, pointer string, o map[string]any) {
		if countCellText(o["rows"]) > MaxDataTableContent {
			c.addProblem(joinPointer(pointer, "rows"), "must be less than %d characters", MaxDataTableContent+1)
		}
	})

	card = objectRule(commonBlockFields, mergeAllFields(blockIDField, fields{
		"hero_image": elementRules["image"], "icon": elementRules["image"], "slack_icon": elementRules["icon"],
		"title": mrkdwnRule(MaxCardTitle), "subtitle": mrkdwnRule(MaxCardTitle), "body": mrkdwnRule(MaxCardText), "subtext": mrkdwnRule(MaxCardText),
		"actions": listRule(0, MaxCardActions, elementOf("button", "workflow_button")),
	}))

	taskFields = fields{
		"status": enumRule("pending", "in_progress", "complete", "error"), "details": richText, "output": richText,
		"sources": listRule(0, MaxOptions, urlSource), "hide_title": boolRule,
	}

	segment = objectRule(fields{"label": stringRule(1, MaxChartLabel), "value": positiveNumberRule}, nil)
	point   = objectRule(fields{"label": stringRule(1, MaxChartLabel), "value": numberRule}, nil)
	series  = objectRule(fields{"name": stringRule(1, MaxChartLabel), "data": listRule(1, MaxChartPoints, point)}, nil)
	axis    = objectRule(fields{"categories": listRule(1, MaxChartPoints, stringRule(1, MaxChartLabel))},
		fields{"x_label": stringRule(0, MaxChartTitle), "y_label": stringRule(0, MaxChartTitle)})
	lines = objectRule(fields{"type": anyValue, "series": listRule(1, MaxChartSeries, series), "axis_config": axis}, nil)

	chart = objectRule(mergeFields(commonBlockFields, fields{"title": stringRule(1, MaxChartTitle), "chart": typedRule(map[string]rule{
		"pie":  objectRule(fields{"type": anyValue, "segments": listRule(1, MaxChartSeries, segment)}, nil),
		"line": lines, "bar": lines, "area": lines,
	})}), blockIDField)
)

func positiveNumberRule(c *checker, pointer string, v any) {
	if n, ok := v.(float64); !ok || n <= 0 {
		c.addProblem(pointer, "must be greater than 0")
	}
}

// checkSameColumns requires that every row of a table is as long as the first.
func checkSameColumns(c *checker, pointer string, o map[string]any) {
	rows, _ := o["rows"].([]any)
	columns := -1
	for i, r := range rows {
		row, ok := r.([]any)
		if !ok {
			return
		}
		if columns >= 0 && len(row) != columns {
			c.addProblem(fmt.Sprintf("%s/rows/%d", pointer, i), "must have as many columns as the first row")
			return
		}
		columns = len(row)
	}
}

// countCellText returns the number of code points in the cells of v.
func countCellText(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += countCellText(item)
		}
	case map[string]any:
		for k, item := range v {
			if s, ok := item.(string); ok && k == "text" {
				n += utf8.RuneCountInString(s)
			} else {
				n += countCellText(item)
			}
		}
	}
	return n
}
