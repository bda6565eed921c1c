package jq

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// hostilePrograms are programs that take much time or memory, by name. Each is written for
// hostileInput.
func hostilePrograms() map[string]string {
	out := map[string]string{}
	// Values with shared parts: 60 levels of [.,.] have 2^60 leaves in 60 arrays.
	const lists, objects = `reduce range(60) as $i (0; [.,.])`, `reduce range(60) as $i ({a: 1}; {a: ., b: .})`
	for name, use := range map[string]string{
		"tojson": "tojson", "json": "@json", "text": "@text", "html": "@html", "interpolation": `"\(.)"`, "equals": ". == (. | map(.))",
		"less": ". < [.]", "sort": "sort", "sort_by": "sort_by(.)", "unique": "unique", "group_by": "group_by(.)", "min": "min", "flatten": "flatten",
		"contains": "contains([.[0]])", "inside": ". as $x | [[.]] | inside([[$x]])", "index": "index(.[0])", "indices": "indices([.[0]])", "paths": "[paths]",
		"leaf_paths": "[paths(type == \"number\")] | length", "recurse": "[..] | length", "walk": "walk(.)", "tostream": "[tostream]", "output": ".",
		"getpath": "[getpath([0,0,0])] | tojson", "del": "del(..|select(. == 0))", "to_entries": "to_entries | tojson", "add": "[.,.] | add | tojson",
		"ltrimstr": "ltrimstr(.[0])", "subtract": ". - [.[0]]", "any": "any(..; . == 1)", "limit": "[limit(100000000; ..)]", "last": "last(..)",
		"error": "error", "update": "(.. | numbers) |= . + 1", "base64": "tojson | @base64", "unique_by": "unique_by(.[0])",
		"todate": "[.[]] | join(\",\")", "IN": ".[0] as $x | IN(.[]; $x)", "bsearch": "bsearch(.[0])", "splits": "tostring | [splits(\"0\")]", "ascii": "tostring | explode",
	} {
		out["lists "+name] = lists + " | " + use
	}
	for name, use := range map[string]string{
		"tojson": "tojson", "merge": ". * .", "merge nested": `reduce range(40) as $i (.; . * {c: .}) | tojson`, "equals": ". == (.a | {a: ., b: .})", "paths": "[paths] | length",
		"with_entries": "with_entries(.) | tojson", "output": ".", "walk": "walk(if type == \"number\" then . + 1 else . end)", "contains": "contains({a: .b})", "flatten": "[.] | flatten | tojson",
		"env": "tojson | @base64 | @uri", "map_values": "map_values(tojson)", "unique": "[.,.,.] | unique | length", "group": "[.,.] | group_by(.a)", "sh": "[tojson] | @sh", "csv": "[tojson] | @csv",
	} {
		out["objects "+name] = objects + " | " + use
	}
	maps.Copy(out, map[string]string{
		// Texts that grow.
		"text doubled":   `reduce range(40) as $i ("ab"; . + .)`,
		"text times":     `"abcdefgh" * 200000000`,
		"text times 2":   `.long * 15000 | length`,
		"text array":     `[range(100)] | map("x" * 20000000) | length`,
		"join":           `[range(10000000)] | join(",")`,
		"implode":        `[range(20000000) | 65] | implode`,
		"explode":        `.long * 100 | explode | length`,
		"interpolation":  `reduce range(40) as $i ("a"; "\(.)\(.)")`,
		"base64":         `reduce range(60) as $i (.long; @base64)`,
		"uri":            `reduce range(20) as $i ("%"; @uri) | [range(1000000)] | tojson`,
		"html":           `reduce range(30) as $i ("&"; @html + @html)`,
		"format deep":    `reduce range(40) as $i ("\""; tojson)`,
		"ltrimstr":       `def f: ltrimstr("a") | f; .long | f`,
		"ascii_downcase": `[range(100000) | tostring] | add | until(false; ascii_downcase)`,
		"tojson large":   `[range(3000000)] | tojson | fromjson | tojson`,
		"fromjson":       `("[" * 3000000) | fromjson`,
		"fromjson deep":  `("[" * 9000) + ("]" * 9000) | fromjson | tojson`,
		"splits text":    `.long * 200 | split("") | length`,
		"@text":          `[limit(50; repeat("ab"))] | map(. * 9000000) | add`,
		// Regular expressions.
		"test":            `.long * 20 | test("(a*)*(b*)*(a|b|ab)*c$")`,
		"test counted":    `.long * 20 | test("((a{0,50}){0,15}){0,1}b")`,
		"test large":      `test("((((a{1,100}){1,10}){1,10}){1,10})")? // ("a" | test("(((a{1,10}){1,10}){1,10}){1,1000}"))`,
		"gsub empty":      `.long * 20 | gsub(""; "xx")`,
		"gsub":            `.long * 20 | gsub("a"; "aaaaaaaa") | gsub("a"; "aaaaaaaa")`,
		"gsub growing":    `def f: gsub("a"; "aa") | f; "a" | f`,
		"sub captures":    `.long * 20 | gsub("(?<x>a)(?<y>a?)"; "\(.x)\(.y)\(.x)")`,
		"scan":            `.long * 30 | [scan("a")] | length`,
		"scan nested":     `.long * 30 | [scan("(a)(a)(a)(a)")] | tojson`,
		"splits":          `.long * 30 | [splits("a|b")] | length`,
		"match all":       `.long * 30 | [match("a*?"; "g")]`,
		"capture":         `.long * 20 | [capture("(?<x>a)"; "g")]`,
		"pattern grows":   `[range(10000)] | map("a{\(.)}") | join("|") as $re | "aaa" | test($re)`,
		"many patterns":   `[range(100000) | tostring as $re | "a" | test($re)] | any`,
		"ascii case":      `.long * 20 | test("(?i)(A|B|aa)*(C|D)$"; "ig")`,
		"alternatives":    `.long as $t | [range(2000)] | map("a" * .) | join("|") as $re | $t | [scan($re)]`,
		"classes":         `.long * 20 | test("[\\\\p{L}]{900}[\\\\p{N}]{900}$")`,
		"word boundaries": `.long * 50 | [match("\\\\b"; "g")] | length`,
		// Searches.
		"indices":         `.long * 30 | indices("a") | length`,
		"indices overlap": `.long * 30 | indices(.[0:40000])`,
		"_indices lists":  `[range(200000) | 0] | indices([range(1000) | 0])`,
		"index far":       `.long * 100 | rindex("b")`,
		"contains text":   `.long * 300 | contains("a" * 400000 + "b")`,
		"split text":      `.long * 50 | split("a") | map(length) | add`,
		"inside":          `.long as $t | [range(20000) | $t] | map(inside($t * 3)) | all`,
		"unique":          `[range(3000000) % 7] | unique`,
		"sort":            `[range(2000000) | -. ] | sort | .[0]`,
		"sort_by":         `[range(1000000)] | sort_by(-., tostring)`,
		"group_by":        `[range(1000000)] | group_by(. % 2)`,
		"combinations":    `[[range(50)] | combinations(6)] | length`,
		"bsearch":         `[range(3000000)] | [range(1000) as $i | bsearch($i)]`,
		"transpose":       `[range(2000) | [range(2000)]] | transpose`,
		"flatten":         `[range(2000) | [[range(1000)]]] | flatten`,
		"ascii":           `[range(10000000) % 128] | map([.] | implode) | add`,
		"getpath":         `[paths] as $p | [range(1000000)] | map($p) | add`,
		"tostream":        `[range(1000000)] | [tostream] | fromstream(.[])`,
		"truncate":        `[1 | truncate_stream(range(1000000) | [[0, 1], .])] | length`,
		// Indices and assignments.
		"far index":        `.[1000000000]? // ([] | .[300000000] = 1)`,
		"far indices":      `reduce range(20) as $i ([]; .[$i * 20000000] = $i)`,
		"far setpath":      `null | setpath([200000000]; 1)`,
		"far nested":       `null | setpath([20000000, 20000000, 20000000]; 1)`,
		"far slice":        `[] | .[100000000:200000000] = ["a"]`,
		"slices":           `[range(100000)] | reduce range(100000) as $i (.; .[$i:] = [1])`,
		"assign all":       `[range(300000)] | (.[] , .[]) |= . + 1`,
		"del":              `[range(100000)] | del(.[range(0; 100000; 2)])`,
		"delpaths":         `[range(200000)] | delpaths([paths])`,
		"to_entries":       `[range(1000000) | {key: tostring, value: .}] | from_entries`,
		"object keys":      `reduce range(1000000) as $i ({}; .["k\($i)"] = $i)`,
		"object growing":   `reduce range(100000) as $i ({}; . + {"k\($i)": .})`,
		"pick":             `[range(100000)] | pick(.[range(100000)])`,
		"limit negative":   `[limit(100000000; range(1000000000))]`,
		"assign recursive": `def f: .a |= f; {a: {}} | f`,
		"update growing":   `reduce range(30) as $i ([0]; . |= . + .) | length`,
		// Loops and recursion.
		"range":             `[range(1000000000)] | length`,
		"range count":       `reduce range(1000000000) as $i (0; . + 1)`,
		"range nested":      `last(range(100000) as $a | range(100000) | select(. == -1))`,
		"range infinite":    `[range(0; infinite)] | length`,
		"range step":        `first(range(0; 1; 0) | select(. > 0))`,
		"range step list":   `[range(0; 1; 0)]`,
		"outputs":           `range(1000000000)`,
		"outputs of lists":  `range(40000) | [range(1000)]`,
		"recurse":           `[recurse(. ; true)] | length`,
		"recurse grows":     `last(1 | recurse([., .]))`,
		"repeat":            `[repeat(1)]`,
		"repeat empty":      `first(repeat(.) | select(false))`,
		"until":             `until(false; .)`,
		"while":             `[0 | while(true; . + 1)]`,
		"recursion":         `def f: f + 1; f`,
		"recursion args":    `def f(g): f(g | g); f(. + 1)`,
		"recursion tail":    `def f: f; f`,
		"recursion list":    `def f: [f]; f`,
		"recursion mutual":  `def f(x): def g: f(x | x); g; f(.)`,
		"recursion try":     `def f: try f catch f; f`,
		"recursion reduce":  `def f: reduce f as $x (0; . + $x); f`,
		"recursion path":    `def f: path(f); f`,
		"foreach":           `[foreach range(100000000) as $i (0; . + $i; .)]`,
		"foreach grows":     `last(foreach range(1000000) as $i ([]; . + [$i]; length))`,
		"fibonacci":         `def fib: if . < 2 then . else (. - 1 | fib) + (. - 2 | fib) end; 60 | fib`,
		"ackermann":         `def a(m; n): if m == 0 then n + 1 elif n == 0 then a(m - 1; 1) else a(m - 1; a(m; n - 1)) end; a(3; 11)`,
		"label":             `label $out | foreach range(1000000000) as $i (0; . + 1; if . < 0 then ., break $out else empty end)`,
		"limit":             `[limit(5; repeat(empty))]`,
		"first":             `first(range(1000000000) | select(. < 0))`,
		"isempty":           `isempty(range(1000000000) | select(. < 0))`,
		"any":               `any(range(1000000000); . < 0)`,
		"getpath recursion": `[range(3000)] | reduce .[] as $i (null; [.]) | [paths]`,
		"alternative":       `[range(100000000) | (null // .)] | length`,
		"cartesian":         `[(1,2,3,4,5,6,7,8,9,0) as $a | ($a,1,2,3,4,5,6,7,8) as $b | range(1000) as $c | range(1000) | $a + $b + $c] | length`,
		"ltrimstr loop":     `last(range(100000000) | tostring | ltrimstr("1"))`,
		"destructuring":     `. as [$a, [$b]] ?// $a | [range(10000000) as $i | $a] | length`,
		"input":             `input_line_number, ([range(10000000)] | tojson | halt_error)`,
		"halt":              `halt, halt_error("x" * 100000)`,
		"getpath env":       `env, $ENV | [range(100000000)]`,
		"splits input":      `[range(1000000)] | map(tostring) | join(" ") | [splits(" ")] | length`,
		// Numbers and dates.
		"big numbers":  `reduce range(64) as $i (7; . * .)`,
		"big integers": `reduce range(30) as $i (12345678901234567890123; . * .) | tostring`,
		"power":        `[range(3000000)] | map(pow(.; 3) | tostring) | add`,
		"dates":        `[range(1000000) | todate | fromdate] | add`,
		"strptime":     `last(range(10000000) | tostring | strptime("%s")?)`,
		"infinite":     `[infinite, -infinite, nan] | [range(10000000) as $i | sort] | length`,
		"modulo":       `[range(100000000) | . % 3] | add`,
		"ltrimstr big": `("9" * 500000 | tonumber | tostring)`,
		"significand":  `[range(3000000) | significand, logb, gamma, frexp] | length`,
		"getpath deep": `reduce range(2000000) as $i (null; [.]) | getpath([range(2000000) | 0])`,
		"output deep":  `reduce range(500000) as $i (null; [.])`,
		"equals deep":  `reduce range(500000) as $i (null; [.]) | . == [.]`,
		"object deep":  `reduce range(300000) as $i (null; {a: .}) | tojson`,
		"add":          `[range(20000) | [range(100)]] | add | add`,
		"ascii table":  `[range(1114112)] | implode | explode | implode | utf8bytelength`,
		"tojson table": `[range(300000)] | until(false; tojson | fromjson)`,
		"walk":         `[range(300000) | [[.]]] | walk(if type == "array" then sort else . end)`,
		"env walk":     `[limit(300000; repeat({a: [1]}))] | [paths(..)] | length`,
		"getpath keys": `[range(300000) | {"k\(.)": .}] | add | keys | length`,
		"splits keys":  `[range(300000) | {"k\(.)": .}] | add | to_entries | map(.value) | add`,
		"error text":   `error([range(3000000)] | tojson)`,
		"try error":    `[range(3000000) | try error catch .] | length`,
		"sql":          `INDEX(range(3000000); .) | length`,
		"group large":  `[range(300000) | {a: (. % 1000), b: tostring}] | group_by(.a) | map(map(.b) | unique) | flatten | length`,
		"ascii @sh":    `[range(3000000) | tostring] | @sh | length`,
		"csv":          `[range(3000000)] | @csv, @tsv | length`,
		"base64d":      `.long * 200 | @base64 | @base64d | @base64 | length`,
		"tojson nan":   `[range(3000000) | nan] | tojson | length`,
	})
	// Sources that are deep or long.
	repeat := func(name, before, middle, after string, n int) {
		out["source "+name] = strings.Repeat(before, n) + middle + strings.Repeat(after, n)
	}
	repeat("parentheses", "(", "1", ")", 9000)
	repeat("lists", "[", "1", "]", 9000)
	repeat("objects", "{a:", "1", "}", 4000)
	repeat("sum", "1+", "1", "", 9000)
	repeat("sum of inputs", ".+", ".", "", 9000)
	repeat("or", "false or ", "false", "", 2000)
	repeat("pipe", ".|", ".", "", 9000)
	repeat("comma", "1,", "1", "", 9000)
	repeat("comma doubled", "(1,1)|", ".", "", 2000)
	repeat("negation", "-", "1", "", 9000)
	repeat("if", "if . then ", "1", " else 2 end", 900)
	repeat("try", "try ", "error", "", 4000)
	repeat("alternative", "null//", "1", "", 3000)
	repeat("reduce", "reduce . as $x (", ".", "; .)", 900)
	repeat("variables", ". as $x|", "$x", "", 2000)
	repeat("functions", "def f: ", "1", "; f", 1200)
	repeat("arguments", "first(", "1", ")", 2800)
	repeat("path", "", ".", "[0]", 6000)
	repeat("optional", "", ".a", "?", 9000)
	repeat("text", `"\(`, "1", `)"`, 3900)
	repeat("assign", "(.a|=", ".", ")", 3000)
	repeat("labels", "label $a|", ".", "", 2000)
	repeat("recursive index", ".[", "0", "]", 6000)
	repeat("products of lists", "[1,2]|[.[]*", "1", "]", 1200)
	var doubled strings.Builder // f0 has one output, f40 2^40
	doubled.WriteString("def f0: 1; ")
	for i := range 40 {
		fmt.Fprintf(&doubled, "def f%d: f%d, f%d; ", i+1, i, i)
	}
	out["source doubled"] = doubled.String() + "[f40] | length"
	out["source doubled sum"] = strings.ReplaceAll(doubled.String(), ", ", " + ") + "f40"
	return out
}

// hostileInput has a text of 10,000 characters.
var hostileInput = map[string]any{"form": map[string]any{"text": "x"}, "long": strings.Repeat("a", 10_000)}

func hostileNames() []string { return slices.Sorted(maps.Keys(hostilePrograms())) }
