package slacktest

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A rule validates the value at a JSON pointer.
type rule func(c *checker, pointer string, v any)

// fields are rules by the name of the property.
// fields are rules by the name of the property.
type fields map[string]rule

// objectRule validates an object: need are the required properties, may the optional ones, and others
// are invalid. also validates several properties together.
func objectRule(need, may fields, also ...func(c *checker, pointer string, o map[string]any)) rule {
	needed := slices.Sorted(maps.Keys(need))
	return func(c *checker, pointer string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			c.addProblem(pointer, "must provide an object")
			return
		}
		for _, name := range needed {
			if o[name] == nil {
				c.addProblem(pointer, "missing required field: %s", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			r, ok := need[name]
			if !ok {
				r, ok = may[name]
			}
			switch {
			case !ok:
				c.addProblem(pointer, "invalid additional property: %s", name)
			case o[name] != nil:
				r(c, joinPointer(pointer, name), o[name])
			}
		}
		for _, f := range also {
			f(c, pointer, o)
		}
	}
}

// mergeFields returns the union of two sets.
func mergeFields(a, b fields) fields {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// typedRule selects the rule by the property type.
func typedRule(rules map[string]rule) rule {
	return func(c *checker, pointer string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			c.addProblem(pointer, "must provide an object")
			return
		}
		kind, ok := o["type"].(string)
		if !ok {
			c.addProblem(pointer, "missing required field: type")
			return
		}
		r, ok := rules[kind]
		if !ok {
			c.addProblem(joinPointer(pointer, "type"), "unsupported type: %s", truncate(kind))
			return
		}
		r(c, pointer, v)
	}
}

// truncate limits the text of a request that is repeated in a response.
func truncate(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

func listRule(least, most int, item rule) rule {
	return func(c *checker, pointer string, v any) {
		items, ok := v.([]any)
		if !ok {
			c.addProblem(pointer, "must provide an array")
			return
		}
		if len(items) < least {
			c.addProblem(pointer, "must provide at least %d items", least)
		}
		if len(items) > most {
			c.addProblem(pointer, "no more than %d items allowed", most)
			return
		}
		for i, it := range items {
			item(c, pointer+"/"+strconv.Itoa(i), it)
		}
	}
}

// stringRule validates the length of a string, in code points.
func stringRule(least, most int) rule {
	return func(c *checker, pointer string, v any) {
		s, ok := v.(string)
		if !ok {
			c.addProblem(pointer, "must provide a string")
			return
		}
		n := utf8.RuneCountInString(s)
		if n < least {
			c.addProblem(pointer, "must be more than %d characters", least-1)
		}
		if n > most {
			c.addProblem(pointer, "must be less than %d characters", most+1)
		}
	}
}

func anyValue(*checker, string, any) {}

func boolRule(c *checker, pointer string, v any) {
	if _, ok := v.(bool); !ok {
		c.addProblem(pointer, "must provide a boolean")
	}
}

func numberRule(c *checker, pointer string, v any) {
	if _, ok := v.(float64); !ok {
		c.addProblem(pointer, "must provide a number")
	}
}

// integerRule validates an integer in a range.
func integerRule(least, most float64) rule {
	return func(c *checker, pointer string, v any) {
		n, ok := v.(float64)
		switch {
		case !ok || n != math.Trunc(n):
			c.addProblem(pointer, "must provide an integer")
		case n < least:
			c.addProblem(pointer, "must be greater than %v", least-1)
		case n > most:
			c.addProblem(pointer, "must be less than %v", most+1)
		}
	}
}

func enumRule(allowed ...string) rule {
	return func(c *checker, pointer string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
			c.addProblem(pointer, "must be a valid enum value")
		}
	}
}

func patternRule(expr string) rule {
	re := regexp.MustCompile(expr)
	return func(c *checker, pointer string, v any) {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			c.addProblem(pointer, "does not match pattern: %s", expr)
		}
	}
}

// urlRule validates the length of a URL.
func urlRule(least int) rule { return stringRule(least, MaxAddress) }

// textRule validates a text object, plain_text or mrkdwn.
func textRule(most int) rule {
	either := typedRule(map[string]rule{"plain_text": plainTextRule(1, most), "mrkdwn": mrkdwnRule(most)})
	return func(c *checker, pointer string, v any) {
		before := len(c.problems)
		either(c, pointer, v)
		if len(c.problems) > before {
			c.problems = slices.Insert(c.problems, before, Problem{pointer, "failed to match all allowed schemas"})
		}
	}
}

// plainTextRule validates a text object of type plain_text.
func plainTextRule(least, most int) rule {
	return objectRule(fields{"type": plainTextType, "text": stringRule(least, most)}, fields{"emoji": boolRule})
}

func plainTextType(c *checker, pointer string, v any) {
	if v != "plain_text" {
		c.addProblem(pointer, "unsupported type: %s", truncate(fmt.Sprint(v)))
	}
}

func mrkdwnRule(most int) rule {
	return objectRule(fields{"type": enumRule("mrkdwn"), "text": stringRule(1, most)}, fields{"verbatim": boolRule})
}

// exactlyOneOf requires one of two properties, and not both.
func exactlyOneOf(a, b string) func(*checker, string, map[string]any) {
	return func(c *checker, pointer string, o map[string]any) {
		if (o[a] == nil) == (o[b] == nil) {
			c.addProblem(joinPointer(pointer, "type"), "must define either `%s` or `%s`", a, b)
		}
	}
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

// numericPattern matches a number in a string.
var numericPattern = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

func numberTextRule(c *checker, pointer string, v any) {
	if s, ok := v.(string); !ok || !numericPattern.MatchString(strings.TrimSpace(s)) {
		c.addProblem(pointer, "must provide a string that holds a number")
	}
}
