package porttest

import (
	"slices"
	"strings"
	"time"
)

// operators compare what an entity has with what a rule wants.
// https://docs.port.io/search-and-query/comparison-operators
var operators = map[string]func(have, want any) bool{
	"=":                 equal,
	"!=":                not(equal),
	">":                 func(have, want any) bool { c, ok := compare(have, want); return ok && c > 0 },
	">=":                func(have, want any) bool { c, ok := compare(have, want); return ok && c >= 0 },
	"<":                 func(have, want any) bool { c, ok := compare(have, want); return ok && c < 0 },
	"<=":                func(have, want any) bool { c, ok := compare(have, want); return ok && c <= 0 },
	"isEmpty":           empty,
	"isNotEmpty":        not(empty),
	"between":           between,
	"notBetween":        func(have, want any) bool { return have != nil && !between(have, want) },
	"contains":          contains,
	"doesNotContains":   not(contains),
	"containsAny":       anyOf(contains),
	"matchAny":          anyOf(equalOrIn),
	"beginsWith":        func(have, want any) bool { return have != nil && strings.HasPrefix(lower(have), lower(want)) },
	"doesNotBeginsWith": func(have, want any) bool { return !strings.HasPrefix(lower(have), lower(want)) },
	"endsWith":          func(have, want any) bool { return have != nil && strings.HasSuffix(lower(have), lower(want)) },
	"doesNotEndsWith":   func(have, want any) bool { return !strings.HasSuffix(lower(have), lower(want)) },
	"in":                anyOf(equal),
	"notIn":             not(anyOf(equal)),
	"isExpired":         func(have, _ any) bool { t, ok := moment(have); return ok && t.Before(time.Now()) },
	"isNotExpired":      func(have, _ any) bool { t, ok := moment(have); return ok && !t.Before(time.Now()) },
}

func not(op func(have, want any) bool) func(have, want any) bool {
	return func(have, want any) bool { return !op(have, want) }
}

func anyOf(op func(have, want any) bool) func(have, want any) bool {
	return func(have, want any) bool {
		list, ok := want.([]any)
		if !ok {
			return op(have, want)
		}
		return slices.ContainsFunc(list, func(v any) bool { return op(have, v) })
	}
}

func lower(v any) string { return strings.ToLower(text(v)) }

func equal(a, b any) bool { return stringify(a) == stringify(b) }

func equalOrIn(have, want any) bool {
	list, ok := have.([]any)
	return equal(have, want) || ok && slices.ContainsFunc(list, func(v any) bool { return equal(v, want) })
}

func empty(have, _ any) bool {
	list, ok := have.([]any)
	return have == nil || have == "" || ok && len(list) == 0
}

func contains(have, want any) bool {
	if _, ok := have.([]any); ok {
		return equalOrIn(have, want)
	}
	return have != nil && strings.Contains(lower(have), lower(want))
}

// compare orders numbers, moments and words; others have no order.
func compare(a, b any) (int, bool) {
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		switch {
		case !ok:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	}
	x, okX := a.(string)
	y, okY := b.(string)
	if !okX || !okY {
		return 0, false
	}
	if t, ok := moment(a); ok {
		if u, ok := moment(b); ok {
			return t.Compare(u), true
		}
	}
	return strings.Compare(x, y), true
}

func moment(v any) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text(v))
	return t, err == nil
}

// presets are how long before now a range begins.
var presets = map[string]time.Duration{
	"last24Hours": 24 * time.Hour, "yesterday": 48 * time.Hour, "today": 24 * time.Hour, "lastWeek": 7 * 24 * time.Hour,
	"last2Weeks": 14 * 24 * time.Hour, "lastMonth": 30 * 24 * time.Hour, "last3Months": 91 * 24 * time.Hour,
	"last6Months": 182 * 24 * time.Hour, "last12Months": 365 * 24 * time.Hour,
}

// between wants {from, to}, or {preset} that ends now.
func between(have, want any) bool {
	bounds, _ := want.(map[string]any)
	if d, ok := presets[text(bounds["preset"])]; ok {
		t, ok := moment(have)
		return ok && time.Since(t) >= 0 && time.Since(t) <= d
	}
	from, okFrom := compare(have, bounds["from"])
	to, okTo := compare(have, bounds["to"])
	return okFrom && okTo && from >= 0 && to <= 0
}
