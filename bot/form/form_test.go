package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newForm is a definition with these user inputs.
func newForm(t testing.TB, operation, inputs string) *Form {
	t.Helper()
	f, err := Compile(json.RawMessage(fmt.Sprintf(`{"identifier":"a","title":"A",
		"trigger":{"type":"self-service","operation":%q,"blueprintIdentifier":"service","userInputs":%s}}`, operation, inputs)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newFormWithInput(t testing.TB, property string) *Form {
	t.Helper()
	return newForm(t, "CREATE", `{"properties":{"x":`+property+`}}`)
}

func TestCompile_Kinds(t *testing.T) {
	for property, want := range map[string]Field{
		`{"type":"string"}`:                                                            {Kind: Text},
		`{"type":"string","format":"markdown"}`:                                        {Kind: Multiline},
		`{"type":"string","format":"yaml"}`:                                            {Kind: Multiline},
		`{"type":"string","format":"something-new"}`:                                   {Kind: Text},
		`{"type":"string","format":"email"}`:                                           {Kind: Email},
		`{"type":"string","format":"url"}`:                                             {Kind: URL},
		`{"type":"string","format":"ipv6"}`:                                            {Kind: IP},
		`{"type":"string","format":"date-time"}`:                                       {Kind: DateTime},
		`{"type":"string","format":"user"}`:                                            {Kind: User},
		`{"type":"string","format":"team"}`:                                            {Kind: Team},
		`{"type":"string","format":"entity","blueprint":"b"}`:                          {Kind: Entity, Blueprint: "b"},
		`{"type":"string","format":"entity"}`:                                          {Kind: Text},
		`{"type":"string","enum":["a"]}`:                                               {Kind: Choice},
		`{"type":"number"}`:                                                            {Kind: Number, Decimal: true},
		`{"type":"number","enum":[1]}`:                                                 {Kind: Choice},
		`{"type":"boolean"}`:                                                           {Kind: Boolean},
		`{"type":"object"}`:                                                            {Kind: Object},
		`{"type":"object","format":"labeled-url"}`:                                     {Kind: LabeledURL},
		`{"type":"array"}`:                                                             {Kind: List, Many: true},
		`{"type":"array","items":{"type":"number"}}`:                                   {Kind: List, Many: true, Numbers: true},
		`{"type":"array","items":{"type":"string","enum":["a"]}}`:                      {Kind: Choice, Many: true},
		`{"type":"array","items":{"type":"string","format":"user"}}`:                   {Kind: User, Many: true},
		`{"type":"array","items":{"type":"string","format":"entity","blueprint":"b"}}`: {Kind: Entity, Many: true, Blueprint: "b"},
		`{"type":"array","items":{"type":"object"}}`:                                   {Kind: Object, Many: true},
		`{"type":"string","visible":false}`:                                            {Kind: Text, Hidden: true},
	} {
		f := newFormWithInput(t, property).Field("x")
		got := Field{Kind: f.Kind, Many: f.Many, Blueprint: f.Blueprint, Decimal: f.Decimal, Numbers: f.Numbers, Hidden: f.Hidden}
		if got.Kind != want.Kind || got.Many != want.Many || got.Blueprint != want.Blueprint || got.Decimal != want.Decimal || got.Numbers != want.Numbers || got.Hidden != want.Hidden {
			t.Errorf("%s is %+v", property, got)
		}
	}
}

func TestValidate_Texts(t *testing.T) {
	for _, c := range []struct {
		property string
		value    any
		want     string // "": the value is valid
	}{
		{`{"type":"string","minLength":3}`, "ab", "Enter at least 3 characters (now 2)."},
		{`{"type":"string","maxLength":1}`, "äö", "Enter at most 1 character (now 2)."},
		{`{"type":"string","pattern":"^a","description":"Begins with an a."}`, "b", "Doesn't match the required format `^a`. Begins with an a."},
		{`{"type":"string","pattern":"^(?!prod).*$"}`, "prod-1", "Doesn't match the required format `^(?!prod).*$`."},
		{`{"type":"string","pattern":"^(?=.*[0-9])(?=.*[a-z]).{3,}$"}`, "ab1", ""},
		{`{"type":"array","items":{"type":"string","pattern":"^(?!x)"}}`, []any{"a", "x"}, "Entry 2: Doesn't match the required format `^(?!x)`."},
		{`{"type":"string","pattern":"^(?!z)(a|aa)*[bc]$"}`, strings.Repeat("a", 50), ""}, // takes too long: Port checks it
		{`{"type":"string","pattern":"(?<=a"}`, "b", ""},                                  // no regular expression
		{`{"type":"number","minimum":3}`, 2.0, "Enter 3 or more."},
		{`{"type":"number","maximum":0.1}`, 2.0, "Enter 0.1 or less."},
		{`{"type":"number","exclusiveMinimum":3}`, 3.0, "Enter more than 3."},
		{`{"type":"number","exclusiveMaximum":3}`, 3.0, "Enter less than 3."},
		{`{"type":"number"}`, "many", "Enter a number."},
		{`{"type":"integer"}`, 1.5, "Enter a whole number."},
		{`{"type":"string","format":"email"}`, "me", "Enter an email address, for example ada@example.com."},
		{`{"type":"string","format":"user"}`, "Gus (no address)", "Port doesn't know Gus (no address). Choose another person."},
		{`{"type":"string","format":"url"}`, "example.com", "Enter a URL, for example https://example.com."},
		{`{"type":"string","format":"ipv4"}`, "::1", "Enter an IPv4 address, for example 192.0.2.1."},
		{`{"type":"string","format":"ipv6"}`, "::1", ""},
		{`{"type":"string","format":"ipv6"}`, "1.2.3.4", "Enter an IPv6 address, for example 2001:db8::1."},
		{`{"type":"string","format":"yaml"}`, "a: [", "Not valid YAML: "},
		{`{"type":"string","format":"date-time"}`, "tomorrow", "Enter a date and a time, for example 2026-01-31T15:04:05Z."},
		{`{"type":"object"}`, "{", `Enter valid JSON, for example {"key": "value"}.`},
		{`{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}`, map[string]any{"m": 1.0}, "Add n."},
		{`{"type":"object","properties":{"n":{"type":"number"}}}`, map[string]any{"n": "x"}, "n: Must be of type number."},
		{`{"type":"object","additionalProperties":false}`, map[string]any{"m": 1.0}, "Remove m."},
		{`{"type":"string"}`, []any{"a"}, "This value has the wrong type. Enter it again."},
		{`{"type":"array","minItems":2}`, []any{"a"}, "Enter at least 2 entries (now 1)."},
		{`{"type":"array","maxItems":1,"items":{"type":"string","enum":["a","b"]}}`, []any{"a", "b"}, "Choose at most 1 entry (now 2)."},
		{`{"type":"array","uniqueItems":true}`, []any{"a", "a"}, "Remove the entry that is there twice."},
		{`{"type":"array","items":{"type":"string","minLength":2}}`, []any{"ab", "a"}, "Entry 2: Enter at least 2 characters (now 1)."},
		{`{"type":"array","items":{"type":"number"}}`, []any{"a"}, `Enter one number per line; "a" is not a number.`},
		{`{"type":"string","title":"Severity","enum":["a"]}`, "b", `"b" is no longer available. Choose another severity.`},
		{`{"type":"number","title":"How many?","enum":[1,2]}`, "2", `"2" is no longer available. Choose another option.`},
		{`{"type":"number","enum":[1,2]}`, 2.0, ""},
	} {
		s := newFormWithInput(t, c.property).Resolve(t.Context(), EvalContext{}, Values{"x": c.value})
		got := s.Validate(-1)["x"]
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s of %v: %q, want %q", c.property, c.value, got, c.want)
		}
	}
}

func TestValidate_Required(t *testing.T) {
	for title, want := range map[string]string{
		"Name": "Enter a name.", "Impact": "Enter an impact.", "API key": "Enter an API key.", "URL": "Enter a URL.", "SLO": "Enter an SLO.",
		"User": "Enter a user.", "Urgency": "Enter an urgency.", "Unit": "Enter a unit.", "Status": "Enter a status.",
		"Affected services": "Enter affected services.", "Release version": "Enter a release version.",
		"What happened?": "Enter a value.", "Describe it": "Enter a value.", "Größe": "Enter a value.", "2nd name": "Enter a value.",
	} {
		f := newForm(t, "CREATE", fmt.Sprintf(`{"properties":{"x":{"type":"string","title":%q}},"required":["x"]}`, title))
		if got := f.Resolve(t.Context(), EvalContext{}, nil).Validate(-1)["x"]; got != want {
			t.Errorf("%s: %q, want %q", title, got, want)
		}
	}
	for property, want := range map[string]string{
		`{"type":"string","title":"Severity","enum":["a"]}`:                              "Choose a severity.",
		`{"type":"string","title":"Owner","format":"user"}`:                              "Choose an owner.",
		`{"type":"array","title":"Reviewer","items":{"type":"string","format":"user"}}`:  "Choose reviewer.",
		`{"type":"boolean","title":"Should it page someone right now?"}`:                 "Choose an option.",
		`{"type":"string","title":"Service","format":"entity","blueprint":"service"}`:    "Choose a service.",
		`{"type":"array","title":"Tags","items":{"type":"string"}}`:                      "Enter tags.",
		`{"type":"string","title":"Start","format":"date-time","description":"In UTC."}`: "Choose a start.",
		`{"type":"object","title":"Labels","properties":{"a":{"type":"string"}}}`:        "Enter labels.",
		`{"type":"string","title":"Description","format":"multi-line"}`:                  "Enter a description.",
	} {
		f := newForm(t, "CREATE", `{"properties":{"x":`+property+`},"required":["x"]}`)
		if got := f.Resolve(t.Context(), EvalContext{}, nil).Validate(-1)["x"]; got != want {
			t.Errorf("%s: %q, want %q", property, got, want)
		}
	}
}

func TestResolve_Conditions(t *testing.T) {
	f := newForm(t, "CREATE", `{
		"properties":{
			"lang":{"type":"string","enum":["go","js"]},
			"sdk":{"type":"string","enum":{"jqQuery":"if .form.lang == \"go\" then [\"1.26\"] else [\"22\",\"24\"] end"}},
			"why":{"type":"string","visible":{"jqQuery":".form.lang == \"go\""}},
			"tag":{"type":"string","default":{"jqQuery":".form.lang + \"-\" + .form.count"},"disabled":{"jqQuery":".form.lang == \"js\""}},
			"count":{"type":"string","default":"1"},
			"teams":{"type":"array","items":{"type":"string","enum":{"jqQuery":".user.teams[].name"}}},
			"untouched":{"type":"string","visible":{"jqQuery":".form.count2 == null and .form.lang != \"\""}},
			"broken":{"type":"string","default":{"jqQuery":".form | error"},"visible":{"jqQuery":"]["}}
		},
		"required":{"jqQuery":"if .form.lang == \"go\" then [\"why\"] else [] end"}}`)
	if !f.UsesUser || f.UsesEntity {
		t.Errorf("uses user %v, entity %v", f.UsesUser, f.UsesEntity)
	}
	s := f.Resolve(t.Context(), EvalContext{User: map[string]any{"teams": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}}}, Values{"lang": "go"})
	if !s.Field("why").Visible || !s.Field("why").Required || s.Field("tag").Disabled {
		t.Errorf("why %+v, tag %+v", s.Field("why"), s.Field("tag"))
	}
	if v := s.Field("tag").Value; v != "go-1" {
		t.Errorf("the default is %v", v)
	}
	if o := s.Field("teams").Options; len(o) != 2 || o[1].Value != "b" {
		t.Errorf("teams offer %v", o)
	}
	if s.Field("broken").Visible || s.Field("broken").Value != nil {
		t.Error("a program that fails is null: not visible, no default")
	}
	if wrong := s.Validate(-1); wrong["why"] == "" || len(wrong) != 1 {
		t.Errorf("wrong: %v", wrong)
	}
	s = f.Resolve(t.Context(), EvalContext{}, Values{})
	if s.Field("why").Visible || s.Field("untouched").Visible {
		t.Error("an untouched text is the empty text")
	}
	if o := s.Field("sdk").Options; len(o) != 2 {
		t.Errorf("sdk offers %v", o)
	}
}

func TestCompile_Dependencies(t *testing.T) {
	f := newForm(t, "CREATE", `{"properties":{"a":{"type":"string"},"b":{"type":"string"},"c-d":{"type":"string"},
		"x":{"type":"string","visible":{"jqQuery":".form.a == \"1\" and .form[\"c-d\"] != null"}}}}`)
	for id, want := range map[string]bool{"a": true, "b": false, "c-d": true, "x": false} {
		if f.Field(id).HasDependents != want {
			t.Errorf("%s has dependents: %v", id, !want)
		}
	}
	f = newForm(t, "CREATE", `{"properties":{"a":{"type":"string"},"x":{"type":"string","visible":{"jqQuery":".form | keys | length > 1"}}}}`)
	if !f.Field("a").HasDependents {
		t.Error("with a program that may read any field, every field has dependents")
	}
}

func TestCompile_OrderTitlesAndSteps(t *testing.T) {
	f := newForm(t, "DAY-2", `{"properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}},
		"order":["t1","b","a"],"titles":{"t1":{"title":"First"}}}`)
	var got []string
	for _, item := range f.Steps[0].Items {
		if item.Heading != nil {
			got = append(got, "#"+item.Heading.Title)
		} else {
			got = append(got, item.Field.ID)
		}
	}
	if diff := cmp.Diff([]string{TargetID, "#First", "b", "a", "c"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	f = newForm(t, "CREATE", `{"properties":{"z":{"type":"string"},"y":{"type":"string"}},"steps":[{"title":"1","order":["y"]},{"title":"2","order":[],"visible":{"jqQuery":".form.y == \"go\""}}]}`)
	s := f.Resolve(t.Context(), EvalContext{}, Values{})
	if len(s.Steps) != 2 || s.Steps[1].Visible || s.Steps[1].Items[0].Field.ID != "z" {
		t.Errorf("steps: %+v", s.Steps)
	}
}

func TestState_Properties(t *testing.T) {
	f := newForm(t, "DAY-2", `{"properties":{
		"name":{"type":"string"},"blank":{"type":"string"},"n":{"type":"number","default":3},"off":{"type":"boolean","default":false},
		"hidden":{"type":"string","visible":false,"default":"h"},"request_id":{"type":"string","visible":false},
		"secret":{"type":"string","visible":false,"default":"s","encryption":"aes256-gcm"}}}`)
	if id, ok := f.RequestIDInput(); !ok || id != "request_id" {
		t.Error("the input for the request's id was not found")
	}
	got := f.Resolve(t.Context(), EvalContext{}, Values{"name": "x", "blank": "  ", TargetID: "e"}).Properties()
	if diff := cmp.Diff(map[string]any{"name": "x", "n": 3.0, "off": false, "hidden": "h"}, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

func TestResolve_Dataset(t *testing.T) {
	f := newFormWithInput(t, `{"type":"string","format":"entity","blueprint":"b","dataset":{"combinator":"and","rules":[
		{"property":"owner","operator":"=","value":{"jqQuery":".user.email"}},
		{"combinator":"or","rules":[{"property":"$team","operator":"containsAny","value":{"context":"userTeams","property":"name"}}]}]}}`)
	s := f.Resolve(t.Context(), EvalContext{User: map[string]any{"email": "a@b.c", "teams": []any{map[string]any{"name": "t"}}}}, Values{})
	want := `{"combinator":"and","rules":[{"operator":"=","property":"owner","value":"a@b.c"},{"combinator":"or","rules":[{"operator":"containsAny","property":"$team","value":["t"]}]}]}`
	if got := string(s.Field("x").Dataset); got != want {
		t.Errorf("dataset %s", got)
	}
}

// TestCompile_Fixtures compiles whole definitions.
func TestCompile_Fixtures(t *testing.T) {
	for file, want := range map[string]struct {
		fields           int
		target           bool
		user, entity     bool
		problemsOfValues map[string]string
	}{
		"scaffold-service.json": {fields: 9, user: true, problemsOfValues: map[string]string{"name": "Enter a name.", "language": "Choose a language."}},
		"restart-service.json": {fields: 5, target: true, entity: true, problemsOfValues: map[string]string{
			TargetID: "Choose an entity.", "environment": "Choose an environment.", "reason": "Enter a reason."}},
		"old-style.json": {fields: 3, target: true, problemsOfValues: map[string]string{TargetID: "Choose an entity.", "message": "Enter a message."}},
	} {
		f := compileFile(t, filepath.Join("testdata", "actions", file))
		if len(f.Problems) > 0 || len(f.byID) != want.fields || f.hasTarget() != want.target || f.UsesUser != want.user || f.UsesEntity != want.entity {
			t.Errorf("%s: %d fields, %+v", file, len(f.byID), f)
		}
		if diff := cmp.Diff(want.problemsOfValues, f.Resolve(t.Context(), EvalContext{}, nil).Validate(-1)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func compileFile(t *testing.T, file string) *Form {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Compile(data)
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(file), err)
	}
	return f
}

func TestCompile_Problems(t *testing.T) {
	f, err := Compile(json.RawMessage(`{"identifier":"auto","trigger":{"type":"automation"}}`))
	if err != nil || len(f.Problems) != 1 {
		t.Errorf("automation: %+v, %v", f, err)
	}
	if f := newFormWithInput(t, `{"type":"string","encryption":"aes256-gcm"}`); len(f.Problems) != 1 || f.Problems[0].Input != "x" {
		t.Errorf("a secret: %+v", f.Problems)
	}
}

func TestCompile_InvalidDefinitions(t *testing.T) {
	for definition, want := range map[string][]string{
		``:                               nil,
		`[]`:                             nil,
		`{}`:                             nil,
		`{"identifier":"x"}`:             nil,
		`{"identifier":7,"trigger":{}}`:  {"identifier"},
		`{"identifier":"x","trigger":7}`: {"trigger"},
		`{"identifier":"x","trigger":{"operation":[]}}`:                                    {"trigger", "operation"},
		`{"identifier":"x","trigger":{"userInputs":{"order":"a"}}}`:                        {"trigger", "userInputs", "order"},
		`{"identifier":"x","trigger":{"userInputs":{"properties":[]}}}`:                    {"trigger", "userInputs", "properties"},
		`{"identifier":"x","trigger":{"userInputs":{"properties":{"a.b":"string"}}}}`:      {"trigger", "userInputs", "properties", "a.b"},
		`{"identifier":"x","trigger":"CREATE","userInputs":{"properties":{"a":"string"}}}`: {"userInputs", "properties", "a"},
	} {
		_, err := Compile(json.RawMessage(definition))
		e, ok := errors.AsType[*DefinitionError](err)
		if !ok {
			t.Errorf("%q: %v", definition, err)
			continue
		}
		if diff := cmp.Diff(want, e.Path); diff != "" {
			t.Errorf("%q: path (-want +got):\n%s", definition, diff)
		}
	}
	_, err := Compile(json.RawMessage(`{"identifier":"x","trigger":{"userInputs":{"properties":{"a":"string"}}}}`))
	if want := `read inputs of action "x": input "a": json: cannot unmarshal string into Go value of type map[string]interface {}`; err.Error() != want {
		t.Errorf("%s, want %s", err, want)
	}
}

// hostilePrograms use more than a form may.
var hostilePrograms = []string{
	`[range(1e9)]`, `range(1e12)`, `def f: f; f`, `"a" * 1e9`, `reduce range(100) as $i ("a"; . + .)`, `[limit(1e7; repeat(1))]`,
	`def f(x): f(x|x); f(.)`, `until(false; .)`, `recurse(.+1)`, `env`, `$ENV`, `input`, `inputs`, `import "x" as x; 1`,
	`[range(1e5)] | combinations`, `"\(range(1e9))"`, `. as [$a] ?// $a | error`, `try error catch .`, `{} | .[range(1e7)|tostring] = 1`,
	`"` + strings.Repeat("x", 30_000) + `"`, strings.Repeat("[", 5000) + strings.Repeat("]", 5000), `@base64 "\([range(1e7)])"`, `input_line_number`,
}

func TestResolve_HostilePrograms(t *testing.T) {
	for _, program := range hostilePrograms {
		q, _ := json.Marshal(program)
		f := newForm(t, "CREATE", fmt.Sprintf(`{"properties":{"x":{"type":"string","default":{"jqQuery":%[1]s},"visible":{"jqQuery":%[1]s},"enum":{"jqQuery":%[1]s}},
			"y":{"type":"string","default":{"jqQuery":%[1]s}}},"required":{"jqQuery":%[1]s}}`, q))
		begun := time.Now()
		s := f.Resolve(t.Context(), EvalContext{}, Values{})
		s.Validate(-1)
		s.Properties()
		if took := time.Since(begun); took > 10*time.Second { // a hang, not a measurement
			t.Errorf("%.60s took %v", program, took)
		}
	}
}

func TestResolve_CyclicDefaults(t *testing.T) {
	f := newForm(t, "CREATE", `{"properties":{"a":{"type":"string","default":{"jqQuery":".form.b + \"a\""}},"b":{"type":"string","default":{"jqQuery":".form.a + \"b\""}}}}`)
	f.Resolve(t.Context(), EvalContext{}, Values{})
}

// TestCompile_RandomDefinitions compiles and resolves definitions put together at random.
func TestCompile_RandomDefinitions(t *testing.T) {
	gen := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...any) any { return of[gen.IntN(len(of))] }
	for range 300 {
		properties := map[string]any{}
		for range gen.IntN(12) {
			id := fmt.Sprint(pick("a", "b", "ü", "", " ", "a.b", "$x", strings.Repeat("k", 400), "request_id"))
			p := map[string]any{"type": pick("string", "number", "boolean", "object", "array", "null", 7)}
			for _, key := range []string{"format", "enum", "default", "visible", "disabled", "pattern", "minLength", "maxLength", "minimum", "minItems", "items", "dataset", "dependsOn", "title", "blueprint", "sort", "required"} {
				if gen.IntN(3) == 0 {
					p[key] = pick("entity", "user", "", nil, true, 1e300, -1.0, []any{"x", 1.0, nil, []any{}}, map[string]any{"jqQuery": pick(".form.a", ".form", "error", "[.]", ".user.x", 7)},
						map[string]any{"type": "string", "enum": []any{"x"}}, strings.Repeat("v", 10_000))
				}
			}
			properties[id] = p
		}
		inputs, _ := json.Marshal(map[string]any{"properties": properties, "required": pick(nil, "x", []any{"a", 1.0}, map[string]any{"jqQuery": "[\"a\"]"}), "order": pick(nil, []any{"a", "b", "ghost"})})
		f, err := Compile(json.RawMessage(fmt.Sprintf(`{"identifier":"a","trigger":{"type":"self-service","operation":"CREATE","userInputs":%s}}`, inputs)))
		if err != nil {
			continue
		}
		values := Values{"a": pick("x", 1.0, true, []any{"x"}, map[string]any{"k": "v"}), "ghost": "x"}
		s := f.Resolve(t.Context(), EvalContext{}, values)
		s.Validate(-1)
		if _, err := json.Marshal(s.Properties()); err != nil {
			t.Errorf("%s: %v", inputs, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte(`{"identifier":"a","trigger":{"type":"self-service","operation":"DAY-2","userInputs":{"properties":{"x":{"type":"array","items":{"enum":[1]}}},"steps":[{"order":["x"]}]}}}`))
	f.Add([]byte(`{"identifier":"a","trigger":"CREATE","userInputs":{"properties":{"x":{"default":{"jqQuery":".form"}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		form, err := Compile(data)
		if err != nil {
			return
		}
		s := form.Resolve(t.Context(), EvalContext{}, Values{"x": "y"})
		s.Validate(-1)
		s.Properties()
	})
}
