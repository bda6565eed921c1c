package slacktest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A check validates several properties of an object together.
type check func(c *checker, pointer string, o map[string]any)

// compileChecks returns the checks that a text such as "exactly id url; initial" describes: the names of checks, with
// the two arguments of those that have some.
func compileChecks(text string) (out []check) {
	for part := range strings.SplitSeq(text, "; ") {
		words := append(strings.Fields(part), "", "")
		run := checks[words[0]]
		out = append(out, func(c *checker, pointer string, o map[string]any) { run(c, pointer, o, words[1], words[2]) })
	}
	return out
}

var checks = map[string]func(c *checker, pointer string, o map[string]any, a, b string){
	"either": func(c *checker, pointer string, o map[string]any, a, b string) {
		if o[a] == nil && o[b] == nil {
			c.addProblem(joinPointer(pointer, "type"), "must define either `%s` or `%s`", a, b)
		}
	},
	"exactly": func(c *checker, pointer string, o map[string]any, a, b string) {
		if (o[a] == nil) == (o[b] == nil) {
			c.addProblem(joinPointer(pointer, "type"), "must define either `%s` or `%s`", a, b)
		}
	},
	"unique": func(c *checker, pointer string, o map[string]any, a, b string) {
		items, _ := o[a].([]any)
		checkUnique(c, joinPointer(pointer, a), b, items)
	},
	"order": func(c *checker, pointer string, o map[string]any, a, b string) {
		low, ok := readNumber(o[a])
		high, ok2 := readNumber(o[b])
		if ok && ok2 && low > high {
			c.addProblem(pointer, "`%s` must not be greater than `%s`", a, b)
		}
	},
	"content": func(c *checker, pointer string, o map[string]any, a, b string) {
		if most, _ := strconv.Atoi(b); countCellText(o[a]) > most {
			c.addProblem(joinPointer(pointer, a), "must be less than %d characters", most+1)
		}
	},
	"file_dispatch": func(c *checker, pointer string, o map[string]any, _, _ string) {
		element, _ := o["element"].(map[string]any)
		if element["type"] == "file_input" && o["dispatch_action"] == true {
			c.addProblem(joinPointer(pointer, "dispatch_action"), "`dispatch_action` cannot be used with a `file_input`")
		}
	},
	"initial": checkInitialOptions,
	"columns": checkColumns,
}

// numberOf returns a number that was decoded from JSON.
func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	}
	return 0, false
}

// readNumber returns a number, or that in a string.
func readNumber(v any) (float64, bool) {
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	return n, err == nil
}

// checkUnique requires that the values of a property differ in a list of objects.
func checkUnique(c *checker, pointer, name string, items []any) {
	seen := map[string]bool{}
	for i, it := range items {
		o, _ := it.(map[string]any)
		id, _ := o[name].(string)
		if id != "" && seen[id] {
			c.addProblem(fmt.Sprintf("%s/%d/%s", pointer, i, name), "`%s` %q already exists", name, truncate(id))
		}
		seen[id] = true
	}
}

// checkInitialOptions requires that initial_option, or each of initial_options, is one of the options.
func checkInitialOptions(c *checker, pointer string, o map[string]any, _, _ string) {
	options := field{element: o}.options()
	if one, ok := o["initial_option"].(map[string]any); ok && !containsOption(options, one) {
		c.addProblem(joinPointer(pointer, "initial_option"), "`initial_option` must be one of the options")
	}
	several, _ := o["initial_options"].([]any)
	for i, one := range several {
		if one, ok := one.(map[string]any); ok && !containsOption(options, one) {
			c.addProblem(fmt.Sprintf("%s/initial_options/%d", pointer, i), "`initial_options` must be among the options")
		}
	}
}

// containsOption reports whether options contain an option with the same value, text and description.
func containsOption(options []any, wanted map[string]any) bool {
	same := func(a, b any) bool {
		x, _ := a.(map[string]any)
		y, _ := b.(map[string]any)
		return x["type"] == y["type"] && textOf(a) == textOf(b)
	}
	for _, o := range options {
		option, _ := o.(map[string]any)
		value, isText := option["value"].(string)
		if isText && value == wanted["value"] && same(option["text"], wanted["text"]) && same(option["description"], wanted["description"]) {
			return true
		}
	}
	return false
}

// checkColumns requires that every row of a table, and its settings of columns, are as long as the first row.
func checkColumns(c *checker, pointer string, o map[string]any, _, _ string) {
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
	if settings, ok := o["column_settings"].([]any); ok && len(rows) > 0 && len(settings) != columns {
		c.addProblem(joinPointer(pointer, "column_settings"), "must have one item for each column")
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
