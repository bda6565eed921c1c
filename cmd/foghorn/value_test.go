package main

import "testing"

func TestValue_Meant(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "a": "a", " a\t": "a", "a\r": "a", "a\n": "a", "\ufeffa\u00a0\u200b": "a",
		`"a"`: "a", `'a'`: "a", `"'a'"`: "a", "“a”": "a", "„a“": "a", "‘a’": "a", "«a»": "a", `" a "`: "a", `""`: "", `''`: "",
		"a # b": "a", `"a" # b`: "a", `"a"# b`: "a", `"a # b"`: "a # b", " # b": "",
		"a#b": "a#b", "#a": "#a", "a b": "a b",
		`"a`: `"a`, `a"`: `a"`, `"a"b`: `"a"b`, `it's`: `it's`, `"`: `"`,
	} {
		if have := cleanValue(value); have != want {
			t.Errorf("%q is %q, want %q", value, have, want)
		}
	}
}
