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

// A rule checks the value at a pointer.
type rule func(c *checker, at string, v any)

type fields map[string]rule

// object checks the properties of an object: those it needs, those it may have, and that
// there are no others. Then come the rules about several properties at once.
func object(need, may fields, also ...func(c *checker, at string, o map[string]any)) rule {
	needed := slices.Sorted(maps.Keys(need))
	return func(c *checker, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			c.fail(at, "must provide an object")
			return
		}
		for _, name := range needed {
			if o[name] == nil {
				c.fail(at, "missing required field: %s", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			r, ok := need[name]
			if !ok {
				r, ok = may[name]
			}
			switch {
			case !ok:
				c.fail(at, "invalid additional property: %s", name)
			case o[name] != nil:
				r(c, step(at, name), o[name])
			}
		}
		for _, f := range also {
			f(c, at, o)
		}
	}
}

// with is two sets of fields as one.
func with(a, b fields) fields {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// byType chooses the rule by the property "type".
func byType(rules map[string]rule) rule {
	return func(c *checker, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			c.fail(at, "must provide an object")
			return
		}
		kind, ok := o["type"].(string)
		if !ok {
			c.fail(at, "missing required field: type")
			return
		}
		r, ok := rules[kind]
		if !ok {
			c.fail(step(at, "type"), "unsupported type: %s", clipped(kind))
			return
		}
		r(c, at, v)
	}
}

// clipped keeps what a hostile body can put in an answer short.
func clipped(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

func list(least, most int, item rule) rule {
	return func(c *checker, at string, v any) {
		items, ok := v.([]any)
		if !ok {
			c.fail(at, "must provide an array")
			return
		}
		if len(items) < least {
			c.fail(at, "must provide at least %d items", least)
		}
		if len(items) > most {
			c.fail(at, "no more than %d items allowed", most)
			return
		}
		for i, it := range items {
			item(c, at+"/"+strconv.Itoa(i), it)
		}
	}
}

// str is a string of so many code points.
func str(least, most int) rule {
	return func(c *checker, at string, v any) {
		s, ok := v.(string)
		if !ok {
			c.fail(at, "must provide a string")
			return
		}
		n := utf8.RuneCountInString(s)
		if n < least {
			c.fail(at, "must be more than %d characters", least-1)
		}
		if n > most {
			c.fail(at, "must be less than %d characters", most+1)
		}
	}
}

func anything(*checker, string, any) {}

func boolean(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.fail(at, "must provide a boolean")
	}
}

func number(c *checker, at string, v any) {
	if _, ok := v.(float64); !ok {
		c.fail(at, "must provide a number")
	}
}

// integer is a whole number in a range.
func integer(least, most float64) rule {
	return func(c *checker, at string, v any) {
		n, ok := v.(float64)
		switch {
		case !ok || n != math.Trunc(n):
			c.fail(at, "must provide an integer")
		case n < least:
			c.fail(at, "must be greater than %v", least-1)
		case n > most:
			c.fail(at, "must be less than %v", most+1)
		}
	}
}

func enum(allowed ...string) rule {
	return func(c *checker, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
			c.fail(at, "must be a valid enum value")
		}
	}
}

func pattern(expr string) rule {
	re := regexp.MustCompile(expr)
	return func(c *checker, at string, v any) {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			c.fail(at, "does not match pattern: %s", expr)
		}
	}
}

// address is a URL.
func address(least int) rule { return str(least, MaxAddress) }

// text is a text object, plain_text or mrkdwn.
func text(most int) rule {
	either := byType(map[string]rule{"plain_text": plainText(1, most), "mrkdwn": mrkdwn(most)})
	return func(c *checker, at string, v any) {
		before := len(c.problems)
		either(c, at, v)
		if len(c.problems) > before {
			c.problems = slices.Insert(c.problems, before, Problem{at, "failed to match all allowed schemas"})
		}
	}
}

// plainText is a text object that must be plain_text.
func plainText(least, most int) rule {
	return object(fields{"type": plainType, "text": str(least, most)}, fields{"emoji": boolean})
}

func plainType(c *checker, at string, v any) {
	if v != "plain_text" {
		c.fail(at, "unsupported type: %s", clipped(fmt.Sprint(v)))
	}
}

func mrkdwn(most int) rule {
	return object(fields{"type": enum("mrkdwn"), "text": str(1, most)}, fields{"verbatim": boolean})
}

// exactlyOne wants one of two properties.
func exactlyOne(a, b string) func(*checker, string, map[string]any) {
	return func(c *checker, at string, o map[string]any) {
		if (o[a] == nil) == (o[b] == nil) {
			c.fail(step(at, "type"), "must define either `%s` or `%s`", a, b)
		}
	}
}

// unique wants a property to differ among the objects of a list.
func unique(c *checker, at, name string, items []any) {
	seen := map[string]bool{}
	for i, it := range items {
		o, _ := it.(map[string]any)
		id, _ := o[name].(string)
		if id != "" && seen[id] {
			c.fail(fmt.Sprintf("%s/%d/%s", at, i, name), "`%s` %q already exists", name, clipped(id))
		}
		seen[id] = true
	}
}

// numeric is how a number is written as a string.
var numeric = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

func numberText(c *checker, at string, v any) {
	if s, ok := v.(string); !ok || !numeric.MatchString(strings.TrimSpace(s)) {
		c.fail(at, "must provide a string that holds a number")
	}
}
