//go:build reference

package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestReference_SlackManifestSchema validates the manifest with the schema that Slack publishes.
func TestReference_SlackManifestSchema(t *testing.T) {
	data, err := os.ReadFile(referencePath(t, "spec/slack-manifest-schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(compileLenient)
	if err := c.AddResource("manifest.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"/incident", "/x"} {
		flat, err := json.Marshal(newAppManifest(Config{SlackCommand: command, SlackRunCommand: "/run"}))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		_ = json.Unmarshal(flat, &v)
		if err := compiled.Validate(v); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// compileLenient compiles a pattern without its look-aheads, which Go's regular expressions do not support.
func compileLenient(pattern string) (jsonschema.Regexp, error) {
	return regexp.Compile(lookAhead.ReplaceAllString(pattern, ""))
}

var lookAhead = regexp.MustCompile(`\(\?[!=][^)]*\)`)
