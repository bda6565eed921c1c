package inputschema

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits of patterns. Larger ones are left to Port: a text of 3,000 characters takes up to 50 ms with
// maxInstructions, and the compiled form of a{1000} in three levels takes gigabytes.
const (
	maxPatternBytes = 5000
	maxInstructions = 1000
	maxPatterns     = 100                   // compiled, of one Patterns
	patternTime     = 10 * time.Millisecond // of one match by the engine that backtracks
	patternBudget   = 30 * time.Millisecond // of all such matches of one pattern within a second
)

func init() { regexp2.SetTimeoutCheckPeriod(patternTime / 2) }

// anyText is the pattern of what only Port checks.
var anyText = regexp.MustCompile("")

// tooLarge are the errors of Go's parser for patterns that have more than 1,000 repeats, among others.
var tooLarge = []syntax.ErrorCode{syntax.ErrInvalidRepeatSize, syntax.ErrLarge, syntax.ErrNestingDepth}

// patternSize returns the size of a compiled pattern, and false if only Port can check it.
func patternSize(pattern string) (int, bool) {
	if len(pattern) > maxPatternBytes {
		return 0, false
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil {
		n := instructions(tree)
		return n % (maxInstructions + 1), n <= maxInstructions
	}
	if err, ok := errors.AsType[*syntax.Error](err); ok && slices.Contains(tooLarge, err.Code) {
		return 0, false
	}
	if _, err := regexp2.Compile(pattern, regexp2.ECMAScript); err != nil {
		return 0, false
	}
	return maxInstructions / 2, true // its time is limited
}

// CanCheck reports whether a pattern is checked here. Otherwise any text matches it.
func CanCheck(pattern string) bool {
	_, ok := patternSize(pattern)
	return ok
}

// compilePattern compiles a pattern, which is a regular expression of JavaScript: Go's engine is safe, and the other one
// has look-ahead. Any text matches a pattern that only Port can check.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	if _, ok := patternSize(pattern); !ok {
		return anyText, nil
	}
	if re, err := regexp.Compile(pattern); err == nil {
		return re, nil
	}
	re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
	if err != nil {
		return anyText, nil
	}
	re.MatchTimeout = patternTime
	return &scriptPattern{Regexp: re}, nil
}

// instructions estimates the size of a compiled pattern: counted repeats multiply.
func instructions(re *syntax.Regexp) int {
	n := 1
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass:
		n += len(re.Rune) / 32
	}
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Max, re.Min+1, 1)
	}
	return min(n, maxInstructions+1)
}

// A scriptPattern is a pattern with what only JavaScript has. Any text matches if matches take too long: Port checks it.
type scriptPattern struct {
	*regexp2.Regexp

	mu    sync.Mutex
	since time.Time
	spent time.Duration // since then
}

func (p *scriptPattern) MatchString(s string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	start := time.Now()
	if start.Sub(p.since) > time.Second {
		p.since, p.spent = start, 0
	}
	if p.spent > patternBudget {
		return true
	}
	ok, err := p.Regexp.MatchString(s)
	p.spent += time.Since(start)
	return ok || err != nil
}

// Patterns holds compiled patterns, such as those that conditions compute for one input. The zero value is empty. It is
// safe for concurrent use.
type Patterns struct {
	mu       sync.Mutex
	patterns map[string]jsonschema.Regexp
}

// Match reports whether a text matches a pattern. Any text matches one that is not checked here.
func (c *Patterns) Match(pattern, text string) bool { return c.get(pattern).MatchString(text) }

func (c *Patterns) get(pattern string) jsonschema.Regexp {
	c.mu.Lock()
	defer c.mu.Unlock()
	if re, ok := c.patterns[pattern]; ok {
		return re
	}
	if c.patterns == nil || len(c.patterns) >= maxPatterns {
		c.patterns = map[string]jsonschema.Regexp{}
	}
	re, _ := compilePattern(pattern)
	c.patterns[pattern] = re
	return re
}
