package porttest_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/port/porttest"
)

// chained is a schema whose definitions refer to the next one several times.
func chained(n int, format string) string {
	defs := make([]string, n)
	for i := range defs {
		defs[i] = fmt.Sprintf(`"d%d":`, i) + strings.ReplaceAll(format, "NEXT", fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i+1))
	}
	return `"properties":{"a":{"$ref":"#/$defs/d0"}},"$defs":{` + strings.Join(append(defs, fmt.Sprintf(`"d%d":{"minLength":1}`, n)), ",") + `}`
}

func repeated(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }

// hostileInputs are inputs whose JSON schema takes much time or memory, or whose value does, by name. A value of "" is
// {"a":{"a":"aaaa…"}}.
func hostileInputs() map[string]struct{ schema, value string } {
	pattern := func(p string) string {
		data, _ := json.Marshal(p)
		return `"properties":{"a":{"pattern":` + string(data) + `}}`
	}
	list := func(n int, item string) string { return "[" + repeated(n, item) + "]" }
	flat := `{"a":"` + strings.Repeat("a", 3000) + `"}`
	return map[string]struct{ schema, value string }{
		"allOf chain":             {chained(60, `{"allOf":[NEXT,NEXT]}`), ""},
		"anyOf chain":             {chained(60, `{"anyOf":[NEXT,NEXT]}`), ""},
		"oneOf chain":             {chained(40, `{"oneOf":[NEXT,NEXT,NEXT]}`), ""},
		"not chain":               {chained(60, `{"not":{"allOf":[NEXT,NEXT]}}`), ""},
		"if chain":                {chained(60, `{"if":NEXT,"then":NEXT,"else":NEXT}`), ""},
		"properties chain":        {chained(60, `{"properties":{"a":NEXT},"additionalProperties":NEXT,"propertyNames":NEXT}`), ""},
		"unevaluated chain":       {chained(60, `{"allOf":[NEXT,NEXT],"unevaluatedProperties":NEXT}`), ""},
		"refers to the input":     {`"properties":{"a":{"$ref":"#"}}`, ""},
		"refers to all inputs":    {`"properties":{"a":{"$ref":"#/properties"}}`, ""},
		"refers to itself":        {`"additionalProperties":{"allOf":[{"$ref":"#/additionalProperties"},{"$ref":"#/additionalProperties"}]}`, ""},
		"a dynamic reference":     {`"properties":{"a":{"$dynamicAnchor":"x","allOf":[{"$dynamicRef":"#x"},{"$dynamicRef":"#x"}]}}`, ""},
		"an id":                   {`"properties":{"a":{"$id":"http://example.com/a","allOf":[{"$ref":"http://example.com/a"}]}}`, ""},
		"a file":                  {`"properties":{"a":{"$ref":"file:///etc/passwd"}}`, ""},
		"an address":              {`"properties":{"a":{"$ref":"http://127.0.0.1:1/schema.json"}}`, ""},
		"deep allOf":              {`"properties":{"a":` + strings.Repeat(`{"allOf":[`, 400) + `{}` + strings.Repeat(`]}`, 400) + `}`, ""},
		"wide anyOf":              {`"properties":{"a":{"anyOf":` + list(9000, `{"minLength":5000}`) + `}}`, ""},
		"nested counted repeats":  {pattern(`((a{1,100}){1,100}){1,10}$`), flat},
		"nested exact repeats":    {pattern(`(((a{100}){100}){10}){10}`), flat},
		"a long alternative":      {pattern("(" + strings.Repeat("abc|", 1500) + "x){1,20}$"), flat},
		"many classes":            {pattern(strings.Repeat(`\p{L}\P{L}`, 1500)), flat},
		"catastrophic look":       {pattern(`^(?=(a+)+$)((a|aa)+)+b$`), flat},
		"catastrophic reference":  {pattern(`^(a*)*(a*)*\1\2b$`), flat},
		"many patterns":           {`"additionalProperties":{"allOf":` + list(150, `{"pattern":"^(a|b){300}c$"}`) + `}`, flat},
		"patterns of properties":  {`"patternProperties":{"^(a{1,90}){1,90}$":{"pattern":"((a{90}){90}){90}"}}`, flat},
		"a pattern of bytes":      {`"properties":{"a":{"pattern":"^(a|b|c|d|e|f){90}$"}}`, `{"a":"` + strings.Repeat("a", 900_000) + `"}`},
		"many values":             {`"properties":{"a":{"items":{"anyOf":` + list(150, `{"const":"b"}`) + `}}}`, `{"a":` + list(200_000, `"a"`) + `}`},
		"almost too many values":  {`"properties":{"a":{"items":{"anyOf":` + list(25, `{"const":"b"}`) + `}}}`, `{"a":` + list(1_600, `"a"`) + `}`},
		"almost too many bytes":   {`"properties":{"a":{"pattern":"^(a|b|c|d|e|f|aa|ab|bb){90}$"}}`, `{"a":"` + strings.Repeat("a", 5000) + `"}`},
		"almost too many options": {`"properties":{"a":{"items":{"enum":` + list(190, `"b"`) + `}}}`, `{"a":` + list(1_900, `"a"`) + `}`},
		"a large enum":            {`"properties":{"a":{"items":{"enum":` + list(15_000, `"bbbbbbbb"`) + `}}}`, `{"a":` + list(150_000, `"a"`) + `}`},
		"a regular expression":    {`"properties":{"a":{"format":"regex"}}`, `{"a":"` + strings.Repeat("(a{1,30}){1,30}", 20_000) + `"}`},
		"equal values":            {`"properties":{"a":{"type":"array","uniqueItems":true}}`, `{"a":` + list(100_000, `{"a":[]}`) + `}`},
	}
}

// Each hostile input is rejected or checked within 250 ms and little memory, and the run is created or not.
func TestCreateRun_HostileSchemas(t *testing.T) {
	d := newFixture(t, porttest.Config{})
	inputs := hostileInputs()
	if len(inputs) < 22 {
		t.Errorf("%d inputs", len(inputs))
	}
	for name, in := range inputs {
		if in.value == "" {
			in.value = `{"a":{"a":{"a":"` + strings.Repeat("a", 3000) + `"}}}`
		}
		d.must(d.PutAction(rawJSON(`{"identifier":"hostile","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":
			{"x":{"type":"object",%s}}}},"invocationMethod":{"type":"KAFKA"}}`, in.schema)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		status, _, answer := d.do("POST", "/v1/actions/hostile/runs", `{"properties":{"x":`+in.value+`}}`)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%-24s %4d ms %3d MB %d %.120v", name, took.Milliseconds(), allocated, status, answer["message"])
		if status != 202 && status != 422 {
			t.Errorf("%s: %d %.200v", name, status, answer)
		}
		if took > 30*time.Second || allocated > 256 { // 250 ms, but the machine can be busy; without limits, minutes
			t.Errorf("%s: %v, %d MB", name, took, allocated)
		}
	}
}
