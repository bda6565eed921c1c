package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// repeatText is a JSON value in n others.
func repeatText(before, middle, after string, n int) string {
	return strings.Repeat(before, n) + middle + strings.Repeat(after, n)
}

// definitions are $defs in which each refers to the next one several times.
func chainedDefinitions(n int, format string) string {
	defs := make([]string, n)
	for i := range defs {
		next := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i+1)
		defs[i] = fmt.Sprintf(`"d%d":`, i) + strings.ReplaceAll(format, "NEXT", next)
	}
	return `"$ref":"#/$defs/d0","$defs":{` + strings.Join(append(defs, fmt.Sprintf(`"d%d":{"minLength":1}`, n)), ",") + `}`
}

// hostileSchemas are the members of inputs whose JSON schema takes much time or memory, by name.
func hostileSchemas() map[string]string {
	quote := func(s string) string { data, _ := json.Marshal(s); return string(data) }
	return map[string]string{
		"nested counted repeats":    `"pattern":"((a{1,100}){1,100}){1,10}$"`,
		"nested exact repeats":      `"pattern":"(((a{100}){100}){10}){10}"`,
		"a long repeat of classes":  `"pattern":"(\\p{L}{500}\\p{N}{500}){5}"`,
		"a long alternative":        `"pattern":` + quote("("+strings.Repeat("abc|", 1500)+"x){1,20}$"),
		"many classes":              `"pattern":` + quote(strings.Repeat(`\p{L}\P{L}`, 1500)),
		"catastrophic look-ahead":   `"pattern":"^(?=(a+)+$)((a|aa)+)+b$"`,
		"catastrophic back-ref":     `"pattern":"^(a*)*(a*)*\\1\\2b$"`,
		"a pattern of 19,000 bytes": `"pattern":` + quote(strings.Repeat("a?", 9500)),
		"allOf chain":               chainedDefinitions(60, `{"allOf":[NEXT,NEXT]}`),
		"anyOf chain":               chainedDefinitions(60, `{"anyOf":[NEXT,NEXT]}`),
		"oneOf chain":               chainedDefinitions(40, `{"oneOf":[NEXT,NEXT,NEXT]}`),
		"not chain":                 chainedDefinitions(60, `{"not":{"allOf":[NEXT,NEXT]}}`),
		"if chain":                  chainedDefinitions(60, `{"if":NEXT,"then":NEXT,"else":NEXT}`),
		"dependentSchemas chain":    chainedDefinitions(40, `{"dependentSchemas":{"a":NEXT,"b":NEXT}}`),
		"refers to itself":          `"$ref":"#"`,
		"refers to itself in allOf": `"allOf":[{"$ref":"#"},{"$ref":"#"}]`,
		"a tree of itself":          `"anyOf":[{"additionalProperties":{"$ref":"#"}},{"additionalProperties":{"$ref":"#"}}]`,
		"a dynamic reference":       `"$dynamicAnchor":"a","allOf":[{"$dynamicRef":"#a"},{"$dynamicRef":"#a"}]`,
		"an anchor":                 `"$defs":{"a":{"$anchor":"x","allOf":[{"$ref":"#x"},{"$ref":"#x"}]}},"$ref":"#x"`,
		"an id":                     `"$id":"http://example.com/a","$ref":"http://example.com/a"`,
		"a file":                    `"$ref":"file:///etc/passwd"`,
		"an address":                `"$ref":"http://127.0.0.1:1/schema.json"`,
		"deep allOf":                `"allOf":[` + repeatText(`{"allOf":[`, `{"minLength":1}`, `]}`, 400) + `]`,
		"wide anyOf":                `"anyOf":[` + strings.TrimSuffix(strings.Repeat(`{"minLength":5000},`, 5000), ",") + `]`,
		"many patterns":             `"allOf":[` + strings.TrimSuffix(strings.Repeat(`{"pattern":"^(a|b){300}c$"},`, 150), ",") + `]`,
		"patterns of properties":    `"patternProperties":{"^(a{1,90}){1,90}$":{"pattern":"((a{90}){90}){90}"}}`,
		"patterns in references":    chainedDefinitions(7, `{"allOf":[NEXT,NEXT,{"pattern":"(a|b){400}c$"}]}`),
		"a large enum":              `"allOf":[{"enum":[` + strings.TrimSuffix(strings.Repeat(`"aaaaaaaaaaaaaaaaaaaa",`, 50_000), ",") + `]}]`,
		"a deep pointer":            `"$ref":"#` + strings.Repeat("/allOf", 3000) + `"`,
		"unused definitions":        `"$defs":{"a":[` + strings.TrimSuffix(strings.Repeat(`{"minLength":1},`, 20_000), ",") + `]}`,
		"unevaluated":               chainedDefinitions(60, `{"allOf":[NEXT,NEXT],"unevaluatedProperties":NEXT}`),
	}
}

// Each hostile schema is checked within 250 ms, here or by Port, with values that take long.
func TestValidate_HostileSchemas(t *testing.T) {
	long := strings.Repeat("a", 3000)
	values := map[string]any{"string": long, "object": map[string]any{"a": map[string]any{"b": map[string]any{long: long}}}, "array": []any{long, long}}
	schemas := hostileSchemas()
	if len(schemas) < 22 {
		t.Errorf("%d schemas", len(schemas))
	}
	for name, schema := range schemas {
		for typ, value := range values {
			definition := fmt.Sprintf(`{"type":%q,%s}`, typ, schema)
			if typ == "array" {
				definition = fmt.Sprintf(`{"type":"array","items":{"type":"string",%s}}`, schema)
			}
			start := time.Now()
			f := newFormWithInput(t, definition)
			for range 3 {
				f.Resolve(t.Context(), EvalContext{}, Values{"x": value}).Validate(-1)
			}
			if took := time.Since(start); took > 3*time.Second { // the machine can be busy; without limits they take minutes
				t.Errorf("%s of %s: %v", typ, name, took)
			} else {
				t.Logf("%-26s %-7s %4d ms %+v", name, typ, took.Milliseconds(), f.Unchecked)
			}
		}
	}
}

func TestForm_Unchecked(t *testing.T) {
	const tooLarge, pattern = "its JSON schema is too large to check here; Port checks it", "its pattern is too large to check here, or not supported; Port checks it"
	for definition, want := range map[string]string{
		`{"type":"string","pattern":"((a{1,100}){1,100}){1,10}$"}`:                                       pattern,
		`{"type":"string","pattern":"a++b("}`:                                                            pattern,
		`{"type":"array","items":{"type":"string","pattern":"(a{100}){100}"}}`:                           pattern,
		`{"type":"object","properties":{"a":{"pattern":"(a{100}){100}"}}}`:                               pattern,
		`{"type":"object",` + chainedDefinitions(60, `{"allOf":[NEXT,NEXT]}`) + `}`:                      tooLarge,
		`{"type":"object","additionalProperties":{"$ref":"#"}}`:                                          "its JSON schema refers to itself; Port checks it",
		`{"type":"object","$ref":"file:///etc/passwd"}`:                                                  "its JSON schema has references that are not within it; Port checks it",
		`{"type":"string","pattern":"^[a-z0-9-]{1,63}$"}`:                                                "",
		`{"type":"string","pattern":"^(?=.*[0-9])(?=.*[a-z])[a-z0-9]{8,64}$"}`:                           "",
		`{"type":"string","pattern":"^(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$"}`:                       "",
		`{"type":"object",` + chainedDefinitions(6, `{"properties":{"a":NEXT},"required":["a"]}`) + `}`:  "",
		`{"type":"object","properties":{"id":{"type":"string"},"$ref":{"type":"string"}},"required":[]}`: "",
	} {
		f := newFormWithInput(t, definition)
		got := ""
		for _, p := range f.Unchecked {
			got += p.Reason
		}
		if got != want || len(f.Unchecked) > 0 && f.Unchecked[0].Input != "x" || len(f.Problems) > 0 {
			t.Errorf("%.80s: %+v, %+v; want %q", definition, f.Unchecked, f.Problems, want)
		}
	}
}

// A text about a violation never contains the schema library's words, which name files.
func TestValidate_OwnWords(t *testing.T) {
	for schema, want := range map[string]string{
		`"$defs":{"a":false},"$ref":"#/$defs/a"`:                                  "Doesn't match what the action requires here.",
		`"not":{"type":"object"}`:                                                 "Doesn't match what the action requires here.",
		`"oneOf":[true,true]`:                                                     "Doesn't match what the action requires here.",
		`"minProperties":2`:                                                       "Add at least 2 keys (now 1).",
		`"maxProperties":0`:                                                       "Add at most 0 keys (now 1).",
		`"properties":{"a":{"enum":["b",1]}}`:                                     `a: Must be one of "b", 1.`,
		`"properties":{"a":{"const":"b"}}`:                                        `a: Must be "b".`,
		`"properties":{"a":{"multipleOf":2}}`:                                     "",
		`"properties":{"a":false}`:                                                "a: Doesn't match what the action requires here.",
		`"propertyNames":{"maxLength":0}`:                                         "Enter at most 0 characters (now 1).",
		`"dependentRequired":{"a":["b"]}`:                                         "Add b.",
		`"properties":{"a":{"pattern":"^b$"}}`:                                    "a: Doesn't match the required format `^b$`.",
		`"properties":{"a":{"pattern":"^(?!a)"}}`:                                 "a: Doesn't match the required format `^(?!a)`.",
		`"properties":{"a":{"allOf":[{"anyOf":[{"minLength":2}]}]}}`:              "a: Enter at least 2 characters (now 1).",
		`"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"number"}}`: "a: Must be of type number.",
	} {
		f := newFormWithInput(t, `{"type":"object",`+schema+`}`)
		got := f.Resolve(t.Context(), EvalContext{}, Values{"x": map[string]any{"a": "a"}}).Validate(-1)["x"]
		if got != want {
			t.Errorf("%s: %q, want %q", schema, got, want)
		}
	}
}

// Patterns that a condition computes are checked as well.
func TestValidate_DynamicPatterns(t *testing.T) {
	f := newForm(t, "CREATE", `{"properties":{"x":{"type":"string","pattern":{"jqQuery":".form.p"}},"p":{"type":"string"}}}`)
	for i := range 110 {
		s := f.Resolve(t.Context(), EvalContext{}, Values{"x": "a", "p": fmt.Sprintf("^a{%d}$", i)})
		if got, want := s.Validate(-1)["x"] == "", i == 1; len(s.Problems) == 0 && got != want {
			t.Errorf("a{%d}: %v", i, s.Validate(-1))
		}
	}
}
