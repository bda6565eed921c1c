package form

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResolveEntered_ValuesThatCount(t *testing.T) {
	const inputs = `{"properties":{
		"a":{"type":"string"},
		"b":{"type":"string","visible":{"jqQuery":".form.a == \"show\""},"default":"d"},
		"c":{"type":"string","visible":{"jqQuery":".form.b != \"forged\""}},
		"fixed":{"type":"string","disabled":true,"default":"fixed"},
		"none":{"type":"string","enum":{"jqQuery":"[]"}},
		"later":{"type":"string","dependsOn":["a"]},
		"blinker":{"type":"string","visible":{"jqQuery":".form.blinker != \"x\""}},
		"step":{"type":"string"}},
		"steps":[{"title":"One","order":["a","b","c","fixed","none","later","blinker"]},
			{"title":"Two","order":["step"],"visible":{"jqQuery":".form.a == \"show\""}}]}`
	for name, c := range map[string]struct{ given, want Values }{
		"all visible":         {Values{"a": "show", "b": "1", "c": "2", "later": "3", "step": "4"}, Values{"a": "show", "b": "1", "c": "2", "fixed": "fixed", "later": "3", "step": "4"}},
		"invisible":           {Values{"b": "1", "step": "2"}, Values{"b": "d", "fixed": "fixed"}},
		"disabled":            {Values{"fixed": "1", "none": "2", "later": "3"}, Values{"b": "d", "fixed": "fixed"}},
		"hides another field": {Values{"b": "forged", "c": "typed"}, Values{"b": "d", "c": "typed", "fixed": "fixed"}},
		"hides itself":        {Values{"a": "typed", "blinker": "x"}, Values{"a": "typed", "b": "d", "fixed": "fixed"}},
		"unknown":             {Values{"ghost": "1", "a": nil}, Values{"b": "d", "fixed": "fixed"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := newForm(t, "CREATE", inputs).ResolveEntered(t.Context(), EvalContext{}, c.given).Properties()
			if diff := cmp.Diff(map[string]any(c.want), got); diff != "" {
				t.Errorf("the inputs of the run (-want +got):\n%s", diff)
			}
		})
	}
}
