package jq

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/dlclark/regexp2"
	"github.com/itchyny/gojq"
)

// gojq differs from the jq that Port's form uses (1.8): it lacks some functions, and its regular expressions are Go's,
// where jq has those of Oniguruma. What is simple to add is added here. What is not is a problem of the form.
// https://github.com/itchyny/gojq#difference-to-jq
// https://github.com/port-labs/jq-wasm

// jqFunctions are definitions of functions that gojq lacks. env is empty, as in Port. The keys of objects have no order
// here, so keys_unsorted is keys.
var jqFunctions = []struct{ name, definition string }{
	{"keys_unsorted", "def keys_unsorted: keys;"},
	{"toarray", `def toarray: if type == "array" then . else [.] end;`},
	{"ascii", "def ascii: [.] | implode;"},
	{"leaf_paths", "def leaf_paths: paths(scalars);"},
	{"recurse_down", "def recurse_down: recurse;"},
	{"debug", "def debug: .; def debug(message): .;"},
	{"stderr", "def stderr: .;"},
	{"input_line_number", "def input_line_number: 0;"},
	{"input_filename", "def input_filename: null;"},
	{"get_search_list", "def get_search_list: [];"},
	{"have_literal_numbers", "def have_literal_numbers: true;"},
	{"have_decnum", "def have_decnum: false;"},
	{"date", "def date: todate;"},
	{"dateadd", "def dateadd(unit; n): . + n;"},
	{"datesub", "def datesub(unit; n): . - n;"},
	{"$__loc__", `{"file": "<top-level>", "line": 1} as $__loc__ |`},
}

// jqRegexps are jq's functions of regular expressions on top of matchOther.
const jqRegexps = `
def match($re; $flags): if $re | type == "array" then match($re[0]; $re[1]) else __match($re; $flags)[] end;
def match($re): match($re; null);
def test($re; $flags): first(match($re; $flags), null) != null;
def test($re): test($re; null);
def capture($re; $flags): match($re; $flags) | .captures | map(select(.name) | {key: .name, value: .string}) | from_entries;
def capture($re): capture($re; null);
def scan($re; $flags): match($re; $flags + "g") | if .captures == [] then .string else [.captures[].string] end;
def scan($re): scan($re; null);
def splits($re; $flags): . as $in | foreach (match($re; $flags + "g"), null) as $m ({next: 0};
  .part = $in[.next:$m.offset] | .next = $m.offset + $m.length; .part);
def splits($re): splits($re; null);
def split($re; $flags): [splits($re; $flags)];
def sub($re; text; $flags): . as $in | reduce match($re; $flags) as $m ({next: 0, out: ""};
  .out += $in[.next:$m.offset] + ($m.captures | map(select(.name) | {key: .name, value: .string}) | from_entries | text) |
  .next = $m.offset + $m.length) | .out + $in[.next:];
def sub($re; text): sub($re; text; null);
def gsub($re; text; $flags): sub($re; text; $flags + "g");
def gsub($re; text): gsub($re; text; null);
`

// literalRegexp finds the regular expressions that a program contains as a whole text, with their flags.
var literalRegexp = regexp.MustCompile(`\b(match|test|capture|scan|splits|sub|gsub)\s*\(\s*\[?\s*("(?:[^"\\]|\\.)*")` +
	`(?:\s*[,;]\s*("[a-z]*"))?\s*[\],;)]`)

// onlyOther finds what Go's regular expressions lack, in programs that put them together.
var onlyOther = regexp.MustCompile(`\(\?(?:[=!>]|<[=!])`)

// preparePrelude returns what stands before a program, and the functions that it needs. It fails if the program has a
// regular expression that cannot be run.
func preparePrelude(source string) (prelude string, options []gojq.CompilerOption, err error) {
	var b strings.Builder
	b.WriteString("def env: {}; {} as $ENV | ")
	for _, f := range jqFunctions {
		if strings.Contains(source, f.name) {
			b.WriteString(f.definition + " ")
		}
	}
	for _, m := range literalRegexp.FindAllStringSubmatch(source, -1) {
		var pattern, flags string
		if strings.Contains(m[2], `\(`) || json.Unmarshal([]byte(m[2]), &pattern) != nil {
			continue // it is put together when the program runs
		}
		if !strings.HasSuffix(m[1], "sub") { // whose second argument is the replacement
			_ = json.Unmarshal([]byte(m[3]), &flags) // absent: none
		}
		if _, err := regexp.Compile(pattern); err == nil && strings.Trim(flags, "gi") == "" {
			continue
		}
		if _, err := compileRegexp(pattern, flags); err != nil {
			return "", nil, err
		}
		options = []gojq.CompilerOption{gojq.WithFunction("__match", 2, 2, matchOther)}
	}
	if onlyOther.MatchString(source) {
		options = []gojq.CompilerOption{gojq.WithFunction("__match", 2, 2, matchOther)}
	}
	if options != nil {
		b.WriteString(jqRegexps)
	}
	return b.String(), options, nil
}

// errRegexp is the begin of all errors of compileRegexp.
const errRegexp = "the regular expression"

// compileRegexp compiles a regular expression with look-around, back references and jq's flags.
// https://jqlang.org/manual/v1.8/#regular-expressions
func compileRegexp(pattern, flags string) (*regexp2.Regexp, error) {
	options := regexp2.None
	for _, flag := range flags {
		switch flag {
		case 'g', 'n', 's': // g and n are for the matches; s is how this library reads ^ and $
		case 'i':
			options |= regexp2.IgnoreCase
		case 'x':
			options |= regexp2.IgnorePatternWhitespace
		case 'p':
			options |= regexp2.Singleline
		default:
			return nil, fmt.Errorf("%s %s with the flag %c is not supported", errRegexp, pattern, flag)
		}
	}
	re, err := regexp2.Compile(pattern, options)
	if err != nil {
		return nil, fmt.Errorf("%s %s is not supported", errRegexp, pattern)
	}
	return re, nil
}

// matchOther is the function __match of jq: the matches of a regular expression, as jq's match returns them.
func matchOther(v any, args []any) any {
	text, isText := v.(string)
	pattern, isPattern := args[0].(string)
	flags, areFlags := args[1].(string)
	if !isText || !isPattern || !areFlags && args[1] != nil {
		return fmt.Errorf("%v cannot be matched, as it is not a string", gojq.TypeOf(v))
	}
	re, err := compileRegexp(pattern, flags)
	if err != nil {
		return err
	}
	matches := []any{}
	m, err := re.FindStringMatch(text)
	for ; m != nil && err == nil && len(matches) < maxResultNodes; m, err = re.FindNextMatch(m) {
		if m.Length > 0 || !strings.Contains(flags, "n") {
			matches = append(matches, matchObject(m))
		}
		if !strings.Contains(flags, "g") && len(matches) > 0 {
			break
		}
	}
	if err != nil {
		return err
	}
	return matches
}

func matchObject(m *regexp2.Match) map[string]any {
	captures := []any{}
	for i, g := range m.Groups()[1:] {
		c := map[string]any{"name": nil, "offset": -1, "length": 0, "string": nil}
		if g.Name != fmt.Sprint(i+1) {
			c["name"] = g.Name
		}
		if len(g.Captures) > 0 {
			c["offset"], c["length"], c["string"] = g.Index, g.Length, g.String()
		}
		captures = append(captures, c)
	}
	return map[string]any{"offset": m.Index, "length": m.Length, "string": m.String(), "captures": captures}
}
