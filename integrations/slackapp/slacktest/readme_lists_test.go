package slacktest

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme_Lists compares the lists in the README with the tables in the code.
func TestReadme_Lists(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"Methods": slices.Sorted(maps.Keys(methods)), "Blocks": slices.Sorted(maps.Keys(blockRules("blocks"))), "Elements": slices.Sorted(maps.Keys(blockRules("elements"))),
	} {
		_, list, _ := strings.Cut(string(text), "\n"+name+":\n\n")
		list, _, _ = strings.Cut(list, ".\n\n")
		var got []string
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(list, -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s in the README: %q, want %q", name, got, want)
		}
	}
}
