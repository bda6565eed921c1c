package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Patterns of packages. A pattern that ends in "/..." matches the packages below a path.
var (
	botPackages = []string{
		"foghorn/bot/request", "foghorn/bot/store", "foghorn/bot/identity", "foghorn/bot/form", "foghorn/bot/modal", "foghorn/bot/message",
		"foghorn/bot/slacktext",
	}
	clients   = []string{"foghorn/integrations/slackapp", "foghorn/integrations/port", "foghorn/integrations/incidentio", "foghorn/integrations/rest"}
	emulators = []string{
		"foghorn/integrations/emulator", "foghorn/integrations/slackapp/slacktest",
		"foghorn/integrations/port/porttest", "foghorn/integrations/incidentio/incidentiotest",
	}
)

// allowedImports lists, for each package of this module, the packages of this module that it may import outside its
// tests. docs/architecture.md explains the table.
var allowedImports = map[string][]string{
	"foghorn/cmd/foghorn": slices.Concat(clients, []string{
		"foghorn/bot", "foghorn/bot/...", "foghorn/manifests", "foghorn/cmd/foghorn/demo", "foghorn/cmd/foghorn/earlylog", "foghorn/cmd/foghorn/stopsignal",
	}),
	"foghorn/cmd/foghorn/earlylog":     {},
	"foghorn/cmd/foghorn/stopsignal":   {},
	"foghorn/cmd/foghorn/demo":         slices.Concat(emulators, []string{"foghorn/bot/dialog", "foghorn/manifests", "foghorn/cmd/foghorn/demo/..."}),
	"foghorn/cmd/foghorn/demo/ui":      slices.Concat(emulators, []string{"foghorn/bot/message", "foghorn/bot/request"}), // the metadata of messages
	"foghorn/cmd/foghorn/demo/sandbox": slices.Concat(emulators, []string{"foghorn/manifests"}),

	"foghorn/bot":           slices.Concat(botPackages, clients, []string{"foghorn/bot/dialog", "foghorn/bot/workflow", "foghorn/bot/home"}),
	"foghorn/bot/dialog":    slices.Concat(botPackages, clients, []string{"foghorn/bot/home"}), // its buttons
	"foghorn/bot/workflow":  slices.Concat(botPackages, clients),
	"foghorn/bot/identity":  {"foghorn/integrations/slackapp", "foghorn/integrations/port", "foghorn/integrations/rest"},
	"foghorn/bot/store":     {"foghorn/bot/request"},
	"foghorn/bot/home":      {"foghorn/bot/request", "foghorn/bot/message", "foghorn/bot/slacktext", "foghorn/integrations/slackapp"}, // links to Port
	"foghorn/bot/request":   {},
	"foghorn/bot/form":      {"foghorn/integrations/jq", "foghorn/integrations/inputschema"},
	"foghorn/bot/slacktext": {},
	"foghorn/bot/modal":     {"foghorn/bot/form", "foghorn/bot/slacktext"},
	"foghorn/bot/message":   {"foghorn/bot/request", "foghorn/bot/slacktext", "foghorn/integrations/slackapp"}, // it renders what request records
	"foghorn/bot/testenv":   {"foghorn/..."},                                                                   // linked by tests only

	"foghorn/integrations/inputschema":                    {},
	"foghorn/integrations/jq":                             {},
	"foghorn/integrations/calltrace":                      {},
	"foghorn/integrations/rest":                           {"foghorn/integrations/calltrace"},
	"foghorn/integrations/rest/resttest":                  {"foghorn/integrations/rest"},
	"foghorn/integrations/port":                           {"foghorn/integrations/rest"},
	"foghorn/integrations/incidentio":                     {"foghorn/integrations/rest"},
	"foghorn/integrations/slackapp":                       {"foghorn/integrations/calltrace"},
	"foghorn/integrations/emulator":                       {},
	"foghorn/integrations/slackapp/slacktest":             {"foghorn/integrations/emulator"},
	"foghorn/integrations/slackapp/slacktest/controltest": {},
	"foghorn/integrations/port/porttest":                  {"foghorn/integrations/emulator", "foghorn/integrations/jq", "foghorn/integrations/inputschema"},
	"foghorn/integrations/incidentio/incidentiotest":      {"foghorn/integrations/emulator"},

	"foghorn/manifests": {"foghorn/integrations/incidentio"}, // its types of severities and statuses
}

// restrictedImports lists the packages that may import a module of others.
var restrictedImports = map[string][]string{
	"github.com/sirupsen/logrus":   {"foghorn/bot", "foghorn/bot/...", "foghorn/cmd/foghorn", "foghorn/cmd/foghorn/demo"},
	"github.com/slack-go/slack":    {"foghorn/cmd/foghorn", "foghorn/bot", "foghorn/bot/...", "foghorn/integrations/slackapp", "foghorn/integrations/slackapp/slacktest/controltest"},
	"github.com/nats-io/nats.go":   {"foghorn/bot/store"},
	"github.com/alecthomas/kong":   {"foghorn/cmd/foghorn"},
	"github.com/joho/godotenv":     {"foghorn/cmd/foghorn"},
	"github.com/gorilla/websocket": {"foghorn/integrations/slackapp", "foghorn/integrations/slackapp/slacktest"},

	"go.opentelemetry.io/otel/trace":                                  {"foghorn/bot", "foghorn/bot/dialog", "foghorn/bot/workflow", "foghorn/bot/request", "foghorn/integrations/calltrace", "foghorn/integrations/rest", "foghorn/cmd/foghorn"},
	"go.opentelemetry.io/otel/sdk/trace":                              {"foghorn/cmd/foghorn"},
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp": {"foghorn/cmd/foghorn"},
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc": {"foghorn/cmd/foghorn"},
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
		allowed, listed := allowedImports[p.ImportPath]
		if !listed {
			t.Errorf("allowedImports has no entry for %s", p.ImportPath)
		}
		for _, path := range p.Imports {
			if listed && strings.HasPrefix(path, "foghorn/") && !matchesAny(allowed, path) {
				t.Errorf("%s must not import %s", p.ImportPath, path)
			}
			if users, restricted := restrictedImports[path]; restricted && !matchesAny(users, p.ImportPath) {
				t.Errorf("%s must not import %s", p.ImportPath, path)
			}
		}
	}
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
			return strings.HasPrefix(path, parent+"/")
		}
		return pattern == path
	})
}

func TestImports_NoTestingInBinary(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "foghorn/cmd/foghorn").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		if dep = strings.TrimSpace(dep); dep == "testing" || strings.HasPrefix(dep, "testing/") || strings.HasPrefix(dep, "foghorn/bot/testenv") {
			t.Errorf("the binary links %s", dep)
		}
	}
}
