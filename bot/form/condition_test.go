package form

import (
	"encoding/json"
	"testing"
)

func TestCompile_Condition(t *testing.T) {
	for condition, want := range map[string]string{ // the dataset; "-": the action has a problem
		`null`: "",
		`{"type":"SEARCH","combinator":"or","rules":[{"property":"a","operator":"isEmpty"}]}`:           `{"combinator":"or","rules":[{"operator":"isEmpty","property":"a"}]}`,
		`{"type":"SEARCH","rules":[{"property":"a","operator":"=","value":{"jqQuery":".user.email"}}]}`: `{"combinator":"and","rules":[{"operator":"=","property":"a","value":"a@b.c"}]}`,
		`{"type":"SEARCH","combinator":"and","rules":[]}`:                                               "",
		`{"type":"JQ","expressions":[".entity.x"],"combinator":"and"}`:                                  "-",
		`{"type":"OTHER","combinator":"and","rules":[{"property":"a","operator":"isEmpty"}]}`:           "-",
		`"x"`: "-",
	} {
		f, err := Compile(json.RawMessage(`{"identifier":"a","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service","condition":` + condition + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		got := string(f.Resolve(t.Context(), EvalContext{User: map[string]any{"email": "a@b.c"}}, nil).Field(TargetID).Dataset)
		if len(f.Problems) > 0 {
			got = "-"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}
