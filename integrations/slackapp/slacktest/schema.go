package slacktest

import (
	_ "embed"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

//go:embed blockkit.yaml
var blockkitYAML []byte

// blockkit are the texts of the rules, and rules the compiled ones, by group, such as elements, and by type or name.
// blockRules loads both, when they are needed first: they take some milliseconds.
var (
	blockkit  map[string]map[string]any
	rules     map[string]map[string]rule
	loadRules sync.Once
)

func blockRules(group string) map[string]rule {
	loadRules.Do(func() {
		if err := yaml.Unmarshal(blockkitYAML, &blockkit); err != nil {
			panic("slacktest: " + err.Error())
		}
		rules = map[string]map[string]rule{}
		for group, members := range blockkit {
			rules[group] = map[string]rule{}
			for name, spec := range members {
				rules[group][name] = compileMember(group, spec)
			}
		}
	})
	return rules[group]
}

// compileMember returns the rule of a type or object of a group.
func compileMember(group string, spec any) rule {
	properties, isObject := spec.(map[string]any)
	switch {
	case group == "types":
		return nil
	case !isObject:
		return compileRule(spec.(string))
	}
	all := map[string]rule{}
	if group != "objects" {
		all["type"] = plainRules["any"]
	}
	if group == "blocks" {
		all["block_id"] = stringRule(0, 255)
	}
	var needed []string
	var checks []check
	for name, text := range properties {
		if name == "check" {
			checks = compileChecks(text.(string))
			continue
		}
		plain, required := strings.CutSuffix(name, "!")
		if all[plain] = compileRule(text.(string)); required {
			needed = append(needed, plain)
		}
	}
	return objectRule(needed, all, checks...)
}

// A rule validates the value at a JSON pointer.
type rule func(c *checker, pointer string, v any)

// ruleFor returns a rule for values of a type, such as "an object".
func ruleFor[T any](what string, validate func(c *checker, pointer string, v T)) rule {
	return func(c *checker, pointer string, v any) {
		if x, ok := v.(T); ok {
			validate(c, pointer, x)
		} else {
			c.addProblem(pointer, "must provide %s", what)
		}
	}
}

// objectRule validates an object that has the needed properties and no others than those with a rule.
func objectRule(needed []string, properties map[string]rule, checks ...check) rule {
	slices.Sort(needed)
	return ruleFor("an object", func(c *checker, pointer string, o map[string]any) {
		for _, name := range needed {
			if o[name] == nil {
				c.addProblem(pointer, "missing required field: %s", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			switch r, ok := properties[name]; {
			case !ok:
				c.addProblem(pointer, "invalid additional property: %s", name)
			case o[name] != nil:
				r(c, joinPointer(pointer, name), o[name])
			}
		}
		for _, check := range checks {
			check(c, pointer, o)
		}
	})
}

// compileRule returns the rule that a text such as "list 1-10 plain 75" describes.
func compileRule(text string) rule {
	word, rest, _ := strings.Cut(text, " ")
	if r := plainRules[word]; r != nil {
		return r
	}
	bounds, item, _ := strings.Cut(rest, " ")
	low, high, ranged := strings.Cut(bounds, "-")
	if !ranged {
		low, high = "1", bounds
	}
	least, _ := strconv.Atoi(low) // 0 for a rule without bounds
	most, _ := strconv.Atoi(high)
	if bounded := boundedRules[word]; bounded != nil {
		return bounded(least, most)
	}
	switch word {
	case "enum":
		allowed := strings.Fields(rest)
		return testRule("must be a valid enum value", func(s string) bool { return slices.Contains(allowed, s) })
	case "match":
		return testRule("does not match pattern: "+rest, regexp.MustCompile(rest).MatchString)
	case "list":
		return listRule(least, most, compileRule(item))
	case "nullable":
		r := compileRule(rest)
		return func(c *checker, pointer string, v any) {
			if v != nil {
				r(c, pointer, v)
			}
		}
	case "typed":
		return typedRule(bounds, strings.Fields(item))
	}
	if blockkit["objects"][word] == nil {
		panic("slacktest: no rule " + text)
	}
	return func(c *checker, pointer string, v any) { rules["objects"][word](c, pointer, v) }
}

// plainRules are the rules of a single word.
var plainRules = map[string]rule{
	"any":      func(*checker, string, any) {},
	"bool":     ruleFor("a boolean", func(*checker, string, bool) {}),
	"number":   testRule("must provide a number", func(v any) bool { _, ok := numberOf(v); return ok }),
	"positive": testRule("must be greater than 0", func(v any) bool { n, _ := numberOf(v); return n > 0 }),
	"numeric":  testRule("must provide a string that holds a number", regexp.MustCompile(`^\s*-?\d+(\.\d+)?\s*$`).MatchString),
	"focus":    focusRule,
}

// boundedRules are the rules with a lower and an upper limit.
var boundedRules = map[string]func(least, most int) rule{
	"string": stringRule, "int": integerRule, "plain": plainTextRule, "mrkdwn": mrkdwnRule, "text": textRule,
}

// testRule validates a value of a type with a function.
func testRule[T any](message string, valid func(T) bool) rule {
	return func(c *checker, pointer string, v any) {
		if x, ok := v.(T); !ok || !valid(x) {
			c.addProblem(pointer, "%s", message)
		}
	}
}

// typedRule selects the rule of a group by the property type. Without kinds, all types of the group are valid.
func typedRule(group string, kinds []string) rule {
	var allowed []string
	for _, kind := range kinds {
		if several, ok := blockkit["types"][kind].(string); ok && blockkit[group][kind] == nil {
			allowed = append(allowed, strings.Fields(several)...)
		} else {
			allowed = append(allowed, kind)
		}
	}
	inMessages := strings.Fields(blockkit["types"]["message_only"].(string))
	return selectRule(func(c *checker, kind string) rule {
		if allowed != nil && !slices.Contains(allowed, kind) || group == "blocks" && c.isView && slices.Contains(inMessages, kind) {
			return nil
		}
		return rules[group][kind]
	})
}

// selectRule validates an object with the rule that pick returns for its property type; nil: the type is invalid.
func selectRule(pick func(c *checker, kind string) rule) rule {
	return ruleFor("an object", func(c *checker, pointer string, o map[string]any) {
		kind, ok := o["type"].(string)
		if !ok {
			c.addProblem(pointer, "missing required field: type")
		} else if r := pick(c, kind); r != nil {
			r(c, pointer, o)
		} else {
			c.addProblem(joinPointer(pointer, "type"), "unsupported type: %s", truncate(kind))
		}
	})
}

// truncate limits the text of a request that is repeated in a response.
func truncate(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

func listRule(least, most int, item rule) rule {
	return ruleFor("an array", func(c *checker, pointer string, items []any) {
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
	})
}

// stringRule validates the length of a string, in code points.
func stringRule(least, most int) rule {
	return ruleFor("a string", func(c *checker, pointer string, s string) {
		n := utf8.RuneCountInString(s)
		if n < least {
			c.addProblem(pointer, "must be more than %d characters", least-1)
		}
		if n > most {
			c.addProblem(pointer, "must be less than %d characters", most+1)
		}
	})
}

// integerRule validates an integer in a range.
func integerRule(least, most int) rule {
	return func(c *checker, pointer string, v any) {
		n, ok := numberOf(v)
		switch {
		case !ok || n != math.Trunc(n):
			c.addProblem(pointer, "must provide an integer")
		case n < float64(least):
			c.addProblem(pointer, "must be greater than %v", least-1)
		case n > float64(most):
			c.addProblem(pointer, "must be less than %v", most+1)
		}
	}
}

// textRule validates a text object, plain_text or mrkdwn.
func textRule(least, most int) rule {
	kinds := map[string]rule{"plain_text": plainTextRule(least, most), "mrkdwn": mrkdwnRule(least, most)}
	either := selectRule(func(_ *checker, kind string) rule { return kinds[kind] })
	return func(c *checker, pointer string, v any) {
		before := len(c.problems)
		either(c, pointer, v)
		if len(c.problems) > before {
			c.problems = slices.Insert(c.problems, before, Problem{pointer, "failed to match all allowed schemas"})
		}
	}
}

func plainTextRule(least, most int) rule {
	return textObjectRule(func(c *checker, pointer string, v any) {
		if v != "plain_text" {
			c.addProblem(pointer, "unsupported type: %s", truncate(fmt.Sprint(v)))
		}
	}, "emoji", least, most)
}

func mrkdwnRule(least, most int) rule {
	return textObjectRule(testRule("must be a valid enum value", func(s string) bool { return s == "mrkdwn" }), "verbatim", least, most)
}

func textObjectRule(kind rule, flag string, least, most int) rule {
	return objectRule([]string{"type", "text"}, map[string]rule{"type": kind, "text": stringRule(least, most), flag: plainRules["bool"]})
}

var focusRule = ruleFor("a boolean", func(c *checker, pointer string, on bool) {
	if on && c.focused {
		c.addProblem(pointer, "only one element may set `focus_on_load`")
	}
	c.focused = c.focused || on
})
