package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// With -update, tests rewrite the generated parts of the documentation instead of comparing them:
//
//	go test ./cmd/foghorn -run 'TestDocs|TestSlackManifest' -update
var update = flag.Bool("update", false, "rewrite the generated parts of the documentation")

const repoRoot = "../.."

// checkSection compares a section of a document, between the comments <!-- name --> and <!-- end of name -->.
func checkSection(t *testing.T, document, name, want string) {
	t.Helper()
	checkSectionFunc(t, document, name, want, func(have string) bool { return have == want })
}

// checkSectionFunc is checkSection for a section with more than one valid text. -update writes want.
func checkSectionFunc(t *testing.T, document, name, want string, isValid func(have string) bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repoRoot, document))
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, hasBegin := strings.Cut(string(data), begin)
	have, after, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		t.Fatalf("%s has no section %q", document, name)
	}
	if !isValid(have) || *update {
		checkFile(t, document, before+begin+want+end+after)
	}
}

// checkFile compares a generated file.
func checkFile(t *testing.T, name, want string) {
	t.Helper()
	path := filepath.Join(repoRoot, name)
	if have, _ := os.ReadFile(path); string(have) == want {
		return
	}
	if !*update {
		t.Errorf("%s is out of date: run go test ./cmd/foghorn -update. Want\n%s", name, want)
		return
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
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
	checkSection(t, "docs/configuration.md", "settings", b.String())
}

func TestDocs_ExitCodes(t *testing.T) {
	checkSection(t, "docs/configuration.md", "exit codes", fmt.Sprintf(`| code | meaning |
|---|---|
| 0 | success |
| %d | the command failed, or its result is negative: a check of doctor fails, an action cannot be run from Slack |
| %d | a setting or an argument is wrong |
| %d | apply --dry-run found a difference |
`, exitFailed, exitUsage, exitChanges))
}

func TestDocs_Inputs(t *testing.T) {
	checkSection(t, "docs/inputs.md", "inputs", inputsTable(t))
}

func TestDocs_EnvExample(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Copy this file to .env and fill it in. Variables of the environment win over this file. Quotes around a value\n" +
		"# are optional, a # behind a space begins a comment. The file has secrets: chmod 600 .env\n")
	for _, s := range settings {
		required, comment := "", "#"
		if s.Required != "" {
			required, comment = " Required by "+s.Required+".", ""
		}
		fmt.Fprintf(&b, "\n# %s%s\n%s%s=%s\n", strings.ReplaceAll(s.Meaning, "`", ""), required, comment, s.Name, s.Default)
	}
	checkFile(t, ".env.example", b.String())
}

// TestDocs_ReadmeLength keeps the README an introduction: details belong in docs/.
func TestDocs_ReadmeLength(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repoRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	if len(lines) > 150 {
		t.Errorf("README.md has %d lines, want at most 150", len(lines))
	}
	for i, line := range lines {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("README.md:%d has %d columns, want at most 100", i+1, n)
		}
	}
}

// TestDocs_Links checks that relative links in the documentation name existing files.
func TestDocs_Links(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repoRoot, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#: ]+)(?:#[^)]*)?\)`)
	for _, file := range append(files, filepath.Join(repoRoot, "README.md"), filepath.Join(repoRoot, "manifests", "README.md")) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: broken link %s", file, m[1])
			}
		}
	}
}

func TestSlackManifest_File(t *testing.T) {
	text, err := yaml.Marshal(newAppManifest(Config{SlackCommand: "/incident"}))
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, "slack-app.yaml", manifestHeader+string(text))
}

// demoEvents returns the lines of a demo without the parts that vary: times, ids, and the order of concurrent events.
func demoEvents(output string) []string {
	var events []string
	for line := range strings.Lines(output) {
		if m := eventLinePattern.FindStringSubmatch(line); m != nil {
			events = append(events, strings.Join(m[1:], " "))
		}
	}
	slices.Sort(events)
	return slices.Compact(events)
}

var eventLinePattern = regexp.MustCompile(`^ *[0-9.]+ ms +([a-z.]+) +-> ([a-z.]+) +([a-z]+)`)

func TestDocs_DemoScript(t *testing.T) {
	var out result
	t.Run("script", func(t *testing.T) { out = runCommand(t, nil, "demo", "--script") }) // restores the working directory
	if len(demoEvents(out.stdout)) == 0 {
		t.Fatalf("exit %d: %s%s", out.code, out.stdout, out.stderr)
	}
	var b strings.Builder
	for line := range strings.Lines(out.stdout) {
		if eventLinePattern.MatchString(line) {
			b.WriteString(line)
		}
	}
	checkSectionFunc(t, "docs/demo.md", "demo", "```text\n"+b.String()+"```\n", func(have string) bool {
		return slices.Equal(demoEvents(have), demoEvents(out.stdout))
	})
}

func TestHelp_FitsScreen(t *testing.T) {
	out := runCommand(t, nil, "help")
	if n := strings.Count(out.stdout, "\n"); n > 24 || n < 8 {
		t.Errorf("%d lines:\n%s", n, cmp.Or(out.stdout, out.stderr))
	}
}
