package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/bot/modal"
)

var update = flag.Bool("update", false, "write what the tests compare with")

const root = "../.."

// between is what a document holds between two marks, which the tests keep true.
func between(t *testing.T, document, mark, want string) {
	t.Helper()
	betweenAs(t, document, mark, want, func(have string) bool { return have == want })
}

// betweenAs is between for what may be true in more than one wording.
func betweenAs(t *testing.T, document, mark, want string, holds func(have string) bool) {
	t.Helper()
	path := filepath.Join(root, document)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+mark+" -->\n", "<!-- end of "+mark+" -->"
	before, rest, ok := strings.Cut(string(data), begin)
	have, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no %q", document, begin)
	}
	if holds(have) {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not true any more (go test ./cmd/foghorn -update mends it); want\n%s", document, want)
}

// whole compares a file.
func whole(t *testing.T, document, want string) {
	t.Helper()
	path := filepath.Join(root, document)
	have, _ := os.ReadFile(path)
	if string(have) == want {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not true any more (go test ./cmd/foghorn -update mends it); want\n%s", document, want)
}

func TestTheTableOfSettings(t *testing.T) {
	var b strings.Builder
	b.WriteString("| variable | meaning | default | required by |\n|---|---|---|---|\n")
	for _, s := range settings {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, s.Meaning, value, s.Required)
	}
	between(t, "README.md", "settings", b.String())
}

func TestTheTableOfInputs(t *testing.T) {
	between(t, "README.md", "inputs", modal.Table())
}

func TestTheExampleOfAnEnvironment(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Copy this to .env and fill it in. The environment wins over the file.\n" +
		"# Put a value with $, # or a backslash between single quotes. Keep the file to yourself: chmod 600 .env\n")
	for _, s := range settings {
		required := ""
		if s.Required != "" {
			required = " Required by " + s.Required + "."
		}
		fmt.Fprintf(&b, "\n# %s%s\n", strings.ReplaceAll(s.Meaning, "`", ""), required)
		off := "#"
		if s.Required != "" {
			off = ""
		}
		fmt.Fprintf(&b, "%s%s=%s\n", off, s.Name, s.Default)
	}
	whole(t, ".env.example", b.String())
}

func TestTheSlackApp(t *testing.T) {
	text, err := yaml.Marshal(newAppManifest("/incident"))
	if err != nil {
		t.Fatal(err)
	}
	whole(t, "slack-app.yaml", "# The Slack app of Foghorn: foghorn slack-manifest prints it.\n"+string(text))
}

// slackSchema is the vendor's. It is not part of this repository.
const slackSchema = root + "/../shared/spec/slack-manifest-schema.json"

func TestTheSlackAppIsOneThatSlackTakes(t *testing.T) {
	data, err := os.ReadFile(slackSchema)
	if err != nil {
		t.Logf("no schema in %s: nothing was checked", slackSchema)
		return
	}
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(lenient)
	if err := c.AddResource("manifest.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"/incident", "/x"} {
		flat, err := json.Marshal(newAppManifest(command))
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

// lenient compiles a pattern without its look-aheads, which Go's regular expressions do not know.
func lenient(pattern string) (jsonschema.Regexp, error) {
	return regexp.Compile(lookAhead.ReplaceAllString(pattern, ""))
}

var lookAhead = regexp.MustCompile(`\(\?[!=][^)]*\)`)

// hops are the lines of a demo without what is different every time: the times, the ids, the
// order of what happens side by side, and whether the form came in one view or behind "One moment".
func hops(output string) []string {
	var all []string
	for line := range strings.Lines(output) {
		if m := hopLine.FindStringSubmatch(line); m != nil {
			all = append(all, strings.Join(m[1:], " "))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var hopLine = regexp.MustCompile(`^ *[0-9.]+ ms +([a-z.]+) +-> ([a-z.]+) +([a-z]+)`)

func TestTheDemoInTheReadme(t *testing.T) {
	var out outcome
	t.Run("script", func(t *testing.T) { out = runs(t, nil, "demo", "--script") }) // it leaves its directory again
	if len(hops(out.stdout)) == 0 {
		t.Fatalf("exit %d: %s%s", out.code, out.stdout, out.stderr)
	}
	var b strings.Builder
	for line := range strings.Lines(out.stdout) {
		if hopLine.MatchString(line) {
			b.WriteString(line)
		}
	}
	betweenAs(t, "README.md", "demo", "```text\n"+b.String()+"```\n", func(have string) bool {
		return slices.Equal(hops(have), hops(out.stdout))
	})
}

func TestHelpFitsAScreen(t *testing.T) {
	out := runs(t, nil, "help")
	if n := strings.Count(out.stdout, "\n"); n > 24 || n < 8 {
		t.Errorf("%d lines:\n%s", n, cmp.Or(out.stdout, out.stderr))
	}
}
