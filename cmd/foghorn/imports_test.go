package main

import (
	"encoding/json"
	"go/parser"
	gotoken "go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowedImports say which of our packages each package may import, tests not counted. A rule ends
// in "/..." when it holds for all below it.
var allowedImports = map[string][]string{
	"foghorn/bot":                                         {"foghorn/bot/...", "foghorn/integrations/slackapp", "foghorn/integrations/port", "foghorn/integrations/rest", "foghorn/integrations/incidentio"},
	"foghorn/bot/form":                                    {},
	"foghorn/bot/slacktext":                               {},
	"foghorn/bot/modal":                                   {"foghorn/bot/form", "foghorn/bot/slacktext"},
	"foghorn/bot/message":                                 {"foghorn/bot/slacktext", "foghorn/integrations/slackapp"},
	"foghorn/integrations/rest":                           {},
	"foghorn/integrations/rest/resttest":                  {"foghorn/integrations/rest"},
	"foghorn/integrations/port":                           {"foghorn/integrations/rest"},
	"foghorn/integrations/incidentio":                     {"foghorn/integrations/rest"},
	"foghorn/integrations/slackapp":                       {},
	"foghorn/integrations/emulator":                       {},
	"foghorn/integrations/slackapp/slacktest":             {"foghorn/integrations/emulator"},
	"foghorn/integrations/slackapp/slacktest/controltest": {},
	"foghorn/integrations/port/porttest":                  {"foghorn/integrations/emulator"},
	"foghorn/integrations/incidentio/incidentiotest":      {"foghorn/integrations/emulator"},
	"foghorn/manifests":                                   {},
}

// restrictedImports names who alone may import a package of somebody else's.
var restrictedImports = map[string][]string{
	"github.com/sirupsen/logrus":   {"foghorn/bot", "foghorn/cmd/foghorn"},
	"github.com/slack-go/slack":    {"foghorn/cmd/foghorn", "foghorn/bot", "foghorn/bot/modal", "foghorn/bot/message", "foghorn/integrations/slackapp", "foghorn/integrations/slackapp/slacktest/controltest"},
	"github.com/nats-io/nats.go":   {"foghorn/bot"},
	"github.com/alecthomas/kong":   {"foghorn/cmd/foghorn"},
	"github.com/joho/godotenv":     {"foghorn/cmd/foghorn"},
	"github.com/gorilla/websocket": {"foghorn/integrations/slackapp", "foghorn/integrations/slackapp/slacktest"},
}

func TestImports_Table(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "foghorn/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		allowed, ruled := allowedImports[p.ImportPath]
		if !ruled && !strings.HasPrefix(p.ImportPath, "foghorn/cmd/") {
			t.Errorf("%s has no rule: which floor is it on?", p.ImportPath)
		}
		for _, i := range p.Imports {
			if ruled && strings.HasPrefix(i, "foghorn/") && !slices.ContainsFunc(allowed, func(a string) bool { return matchesRule(a, i) }) {
				t.Errorf("%s must not import %s", p.ImportPath, i)
			}
			if owners, owned := restrictedImports[i]; owned && !slices.Contains(owners, p.ImportPath) {
				t.Errorf("%s must not import %s", p.ImportPath, i)
			}
		}
	}
}

// TestImports_EmulatorsOnlyInDemo holds the command's own files apart: what serves people
// knows no emulator.
func TestImports_EmulatorsOnlyInDemo(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		if strings.HasPrefix(name, "demo") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			path, _ := strconv.Unquote(i.Path.Value) // the parser has read it
			if strings.HasPrefix(path, "foghorn/integrations/") && (strings.HasSuffix(path, "test") || strings.HasSuffix(path, "/emulator")) {
				t.Errorf("%s must not import %s: only the demo does", name, path)
			}
		}
	}
}

func matchesRule(rule, path string) bool {
	if below, ok := strings.CutSuffix(rule, "/..."); ok {
		return strings.HasPrefix(path, below+"/")
	}
	return rule == path
}

func TestImports_NoTestingInBinary(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "foghorn/cmd/foghorn").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		if dep = strings.TrimSpace(dep); dep == "testing" || strings.HasSuffix(dep, "/resttest") {
			t.Errorf("the binary links %s", dep)
		}
	}
}
