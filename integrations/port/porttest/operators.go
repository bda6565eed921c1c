package porttest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// An operator compares the value of an entity with the value of a search rule.
type operator func(have, want any) bool

// operators are the operators of search rules by name.
// https://docs.port.io/search-and-query/comparison-operators
var operators = map[string]operator{
	"=":                 isEqual,
	"!=":                negate(isEqual),
	">":                 func(have, want any) bool { c, ok := compareValues(have, want); return ok && c > 0 },
	">=":                func(have, want any) bool { c, ok := compareValues(have, want); return ok && c >= 0 },
	"<":                 func(have, want any) bool { c, ok := compareValues(have, want); return ok && c < 0 },
	"<=":                func(have, want any) bool { c, ok := compareValues(have, want); return ok && c <= 0 },
	"isEmpty":           isEmpty,
	"isNotEmpty":        negate(isEmpty),
	"between":           isBetween,
	"notBetween":        func(have, want any) bool { return have != nil && !isBetween(have, want) },
	"contains":          contains,
	"doesNotContains":   negate(contains),
	"containsAny":       anyOf(contains),
	"matchAny":          anyOf(isEqualOrElement),
	"beginsWith":        func(have, want any) bool { return have != nil && strings.HasPrefix(lowerText(have), lowerText(want)) },
	"doesNotBeginsWith": func(have, want any) bool { return !strings.HasPrefix(lowerText(have), lowerText(want)) },
	"endsWith":          func(have, want any) bool { return have != nil && strings.HasSuffix(lowerText(have), lowerText(want)) },
	"doesNotEndsWith":   func(have, want any) bool { return !strings.HasSuffix(lowerText(have), lowerText(want)) },
	"in":                anyOf(isEqual),
	"notIn":             negate(anyOf(isEqual)),
	"isExpired":         func(have, _ any) bool { t, ok := parseTime(have); return ok && t.Before(time.Now()) },
	"isNotExpired":      func(have, _ any) bool { t, ok := parseTime(have); return ok && !t.Before(time.Now()) },
}

func negate(op operator) operator {
	return func(have, want any) bool { return !op(have, want) }
}

// anyOf applies op to each element of a wanted list.
func anyOf(op operator) operator {
	return func(have, want any) bool {
		list, ok := want.([]any)
		if !ok {
			return op(have, want)
		}
		return slices.ContainsFunc(list, func(v any) bool { return op(have, v) })
	}
}

func lowerText(v any) string { return strings.ToLower(toText(v)) }

func isEqual(a, b any) bool { return stringify(a) == stringify(b) }

func isEqualOrElement(have, want any) bool {
	list, ok := have.([]any)
	return isEqual(have, want) || ok && slices.ContainsFunc(list, func(v any) bool { return isEqual(v, want) })
}

func isEmpty(have, _ any) bool {
	list, ok := have.([]any)
	return have == nil || have == "" || ok && len(list) == 0
}

func contains(have, want any) bool {
	if _, ok := have.([]any); ok {
		return isEqualOrElement(have, want)
	}
	return have != nil && strings.Contains(lowerText(have), lowerText(want))
}

// compareValues orders numbers and times. ok is false for values of other or different types.
func compareValues(a, b any) (order int, ok bool) {
	x, okX := a.(float64)
	y, okY := b.(float64)
	if okX && okY {
		return cmp.Compare(x, y), true
	}
	t, okT := parseTime(a)
	u, okU := parseTime(b)
	return t.Compare(u), okT && okU
}

func parseTime(v any) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, toText(v))
	return t, err == nil
}

// dayPresets are the ranges of days, from the start of this day, UTC.
var dayPresets = map[string][2]int{"today": {0, 1}, "tomorrow": {1, 2}, "yesterday": {-1, 0}}

// rollingPresets are the ranges that end now, in days.
var rollingPresets = map[string]int{
	"lastDay": 1, "lastWeek": 7, "last2Weeks": 14, "lastMonth": 30, "last3Months": 91, "last6Months": 182, "last12Months": 365,
}

// isBetween reports whether a time lies within {from, to}, or within the range of {preset}.
func isBetween(have, want any) bool {
	t, ok := parseTime(have)
	from, _ := parseTime(asMap(want)["from"])
	to, _ := parseTime(asMap(want)["to"])
	if preset := toText(asMap(want)["preset"]); preset != "" {
		to = time.Now().UTC()
		from = to.AddDate(0, 0, -rollingPresets[preset])
		if days, isDay := dayPresets[preset]; isDay {
			today := to.Truncate(24 * time.Hour)
			from, to = today.AddDate(0, 0, days[0]), today.AddDate(0, 0, days[1])
		}
	}
	return ok && !t.Before(from) && !t.After(to)
}
