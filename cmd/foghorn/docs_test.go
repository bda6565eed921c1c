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
)

var update = flag.Bool("update", false, "write what the tests compare with")

const repoRoot = "../.."

// checkSection is what a document holds between two marks, which the tests keep true.
func checkSection(t *testing.T, document, mark, want string) {
	t.Helper()
	checkSectionFunc(t, document, mark, want, func(have string) bool { return have == want })
}

// checkSectionFunc is between for what may be true in more than one wording.
func checkSectionFunc(t *testing.T, document, mark, want string, holds func(have string) bool) {
	t.Helper()
	path := filepath.Join(repoRoot, document)
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

// checkFile compares a file.
func checkFile(t *testing.T, document, want string) {
	t.Helper()
	path := filepath.Join(repoRoot, document)
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

func TestDocs_Settings(t *testing.T) {
	var b strings.Builder
	b.WriteString("| variable | meaning | default | required by |\n|---|---|---|---|\n")
	for _, s := range settings {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, s.Meaning, value, s.Required)
	}
	checkSection(t, "README.md", "settings", b.String())
}

func TestDocs_Inputs(t *testing.T) {
	checkSection(t, "README.md", "inputs", inputsTable(t))
}

func TestDocs_EnvExample(t *testing.T) {
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
	checkFile(t, ".env.example", b.String())
}

func TestSlackManifest_File(t *testing.T) {
	text, err := yaml.Marshal(newAppManifest("/incident"))
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, "slack-app.yaml", "# The Slack app of Foghorn: foghorn slack-manifest prints it.\n"+string(text))
}

// slackSchema is the vendor's. It is not part of this repository.
const slackSchema = repoRoot + "/../shared/spec/slack-manifest-schema.json"

func TestSlackManifest_Schema(t *testing.T) {
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
	c.UseRegexpEngine(compileLenient)
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

// compileLenient compiles a pattern without its look-aheads, which Go's regular expressions do not know.
func compileLenient(pattern string) (jsonschema.Regexp, error) {
	return regexp.Compile(lookAhead.ReplaceAllString(pattern, ""))
}

var lookAhead = regexp.MustCompile(`\(\?[!=][^)]*\)`)

// demoEvents are the lines of a demo without what is different every time: the times, the ids, the
// order of what happens side by side, and whether the form came in one view or behind "One moment".
func demoEvents(output string) []string {
	var all []string
	for line := range strings.Lines(output) {
		if m := eventLinePattern.FindStringSubmatch(line); m != nil {
			all = append(all, strings.Join(m[1:], " "))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var eventLinePattern = regexp.MustCompile(`^ *[0-9.]+ ms +([a-z.]+) +-> ([a-z.]+) +([a-z]+)`)

func TestDocs_DemoScript(t *testing.T) {
	var out result
	t.Run("script", func(t *testing.T) { out = runCommand(t, nil, "demo", "--script") }) // it leaves its directory again
	if len(demoEvents(out.stdout)) == 0 {
		t.Fatalf("exit %d: %s%s", out.code, out.stdout, out.stderr)
	}
	var b strings.Builder
	for line := range strings.Lines(out.stdout) {
		if eventLinePattern.MatchString(line) {
			b.WriteString(line)
		}
	}
	checkSectionFunc(t, "README.md", "demo", "```text\n"+b.String()+"```\n", func(have string) bool {
		return slices.Equal(demoEvents(have), demoEvents(out.stdout))
	})
}

func TestHelp_FitsScreen(t *testing.T) {
	out := runCommand(t, nil, "help")
	if n := strings.Count(out.stdout, "\n"); n > 24 || n < 8 {
		t.Errorf("%d lines:\n%s", n, cmp.Or(out.stdout, out.stderr))
	}
}
