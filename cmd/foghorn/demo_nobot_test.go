package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/slackapp/slacktest/controltest"
)

// TestDemo_NoBot checks that the printed settings are those of the emulators.
func TestDemo_NoBot(t *testing.T) {
	t.Parallel()
	printed := startDemo(t, "SLACK_CONTROL_URL", "--no-bot")
	space := controltest.NewClient(t, printed["SLACK_CONTROL_URL"]).Get("")
	for name, key := range map[string]string{"SLACK_API_URL": "api_url", "SLACK_BOT_TOKEN": "bot_token", "SLACK_APP_TOKEN": "app_token"} {
		if printed[name] == "" || space[key] != printed[name] {
			t.Errorf("%s=%s is printed, the control API returns %v", name, printed[name], space[key])
		}
	}
	for name, call := range map[string]struct{ method, url, key, body string }{
		"Port":        {http.MethodPost, printed["PORT_BASE_URL"] + "/v1/auth/access_token", "", `{"clientId":"` + printed["PORT_CLIENT_ID"] + `","clientSecret":"` + printed["PORT_CLIENT_SECRET"] + `"}`},
		"incident.io": {http.MethodGet, printed["INCIDENT_IO_BASE_URL"] + "/v1/identity", printed["INCIDENT_IO_API_KEY"], ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), call.method, call.url, strings.NewReader(call.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+call.key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Errorf("%s responds with %s to the printed credentials", name, res.Status)
		}
	}
}

// TestDemo_NoBotInCI runs the example of docs/demo.md, with other ports.
func TestDemo_NoBotInCI(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		requireTool(t, "curl", "apt-get install curl")
	}
	dir, first := t.TempDir(), freePorts(t, 4)
	script := "foghorn() { exec " + binaryPath(t) + ` "$@"; }` + "\n" + codeBlock(t, "ci example")
	for i := range 4 {
		script = strings.ReplaceAll(script, fmt.Sprint("127.0.0.1:", 8080+i), fmt.Sprint("127.0.0.1:", first+i))
	}
	if err := os.WriteFile(filepath.Join(dir, "seed.yaml"), []byte(codeBlock(t, "seed example")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-x", "-c", script)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "demo.log"))
		t.Fatalf("%v\n%s\n%s", err, out, log)
	}
}

// codeBlock returns the code between two comments of docs/demo.md.
func codeBlock(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repoRoot, "docs/demo.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "<!-- "+name+" -->\n```")
	_, rest, _ = strings.Cut(rest, "\n")
	code, _, ok := strings.Cut(rest, "```\n<!-- end of "+name)
	if !ok {
		t.Fatalf("docs/demo.md has no %s", name)
	}
	return code
}

// freePorts returns the first of n ports that are free.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for first := 21000 + os.Getpid()%2000*5; ; first += n {
		if arePortsFree(first, n) {
			return first
		}
	}
}

func arePortsFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		ln, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err != nil {
			return false
		}
		_ = ln.Close()
	}
	return true
}

// TestDemo_SeedRefused has an error with the file, the key and a hint for each mistake.
func TestDemo_SeedRefused(t *testing.T) {
	for name, c := range map[string]struct{ seed, want string }{
		"unknown key":     {"slack:\n  userz: []\n", "userz"},
		"unknown member":  {"slack:\n  users: [{id: U1, name: a, emial: x}]\n", "emial"},
		"twice":           {"slack: {}\nslack: {}\n", "slack"},
		"type":            {"slack:\n  users: 7\n", "slack.users must be a list"},
		"type of a lead":  {"incident_io: {incidents: [{lead: x}]}", "incident_io.incidents.0.lead must be an object"},
		"fraction":        {"incident_io: {severities: [{name: x, rank: 1.5}]}", "incident_io.severities.0.rank must be a whole number"},
		"documents":       {"slack: {}\n---\nport: {}\n", "second document"},
		"user twice":      {"slack: {users: [{id: U1, name: a}, {id: U1, name: b}]}", "slack.users[1]"},
		"email twice":     {"slack: {users: [{id: U1, name: a, email: x@y.z}, {id: U2, name: b, email: x@y.z}]}", "slack.users[1]"},
		"member":          {"slack: {channels: [{id: C1, name: a, members: [U9]}]}", "slack.channels[0].members[0]"},
		"answer":          {"slack: {users: [{id: U1, name: a, answer_with: U9}]}", "slack.users[0].answer_with"},
		"scope twice":     {"slack:\n  scopes: [chat:write, chat:write]\n", "slack.scopes[1]"},
		"API key":         {`tokens: {incident_io_api_key: "inc_a hunter2"}`, "tokens.incident_io_api_key"},
		"client id":       {`tokens: {port_client_id: "a\nhunter2"}`, "tokens.port_client_id"},
		"no token":        {"tokens: {slack_app: xapp-}", "tokens.slack_app"},
		"role":            {"incident_io: {key_roles: [viewer, king]}", "incident_io.key_roles[1]"},
		"severity name":   {"incident_io: {severities: [{rank: 1}]}", "incident_io.severities[0]: name is required"},
		"severity twice":  {"incident_io: {severities: [{id: A, name: a}, {id: A, name: b}]}", "incident_io.severities[1]"},
		"status twice":    {"incident_io: {statuses: [{name: a, category: live}, {name: a, category: live}]}", "incident_io.statuses[1]"},
		"no default type": {"incident_io: {types: [{name: a}]}", "incident_io.types"},
		"field":           {"incident_io: {custom_fields: [{name: a, field_type: text, options: [b]}]}", "incident_io.custom_fields[0]"},
		"responder twice": {"incident_io: {users: [{name: a, email: x@y.z}, {name: b, email: x@y.z}]}", "incident_io.users[1]"},
		"Slack user":      {"incident_io: {users: [{name: a, slack_user_id: U9}]}", "incident_io.users[0].slack_user_id"},
		"lead":            {"incident_io: {incidents: [{severity: Minor, lead: {email: x}}]}", "incident_io.incidents[0].lead"},
		"unknown lead":    {"incident_io: {users: [{name: a}], incidents: [{severity: Minor, lead: {email: x}}]}", "incident_io.incidents[0]"},
		"visibility":      {"incident_io: {incidents: [{severity: Minor, visibility: open}]}", "incident_io.incidents[0]"},
		"key twice":       {"incident_io: {incidents: [{severity: Minor, idempotency_key: k}, {severity: Minor, idempotency_key: k}]}", "incident_io.incidents[1]"},
		"not YAML":        {"slack: [\n", "[1:"},
		"nested":          {"port: " + strings.Repeat("[", 1000), "nested too deeply"},
		"aliases":         {"port:\n  secrets: {a: &a x, b: [" + strings.Repeat("*a,", 99) + "]}\n", "too many aliases"},
		"large":           {"# " + strings.Repeat("x", 1<<20), "larger than 1 MiB"},
		"no id":           {"slack: {users: [{name: a}]}", "slack.users[0]"},
		"no name":         {"slack: {channels: [{id: C1}]}", "slack.channels[0]"},
		"no person":       {"slack: {users: []}", "slack.users"},
		"scope":           {"slack:\n  scopes: [chat:write, chat:wrote]\n", "slack.scopes[1]"},
		"event":           {"slack: {events: [app_home_opened, reaction_added]}", "slack.events[1]"},
		"command":         {"slack: {commands: [deploy]}", "slack.commands"},
		"token":           {"tokens: {slack_bot: hunter2}", "tokens.slack_bot"},
		"email":           {"port: {users: [{teams: [a]}]}", "port.users[0]"},
		"member twice":    {"port: {users: [{email: a@b.c}, {email: a@b.c}]}", "port.users[1]"},
		"team twice":      {"port: {users: [{email: a@b.c, teams: [x, x]}]}", "port.users[0]"},
		"action twice":    {`port: {blueprints: [&b {identifier: x, schema: {properties: {}}}, *b]}`, "port.blueprints[1]"},
		"blueprint":       {"port: {blueprints: [{}]}", "port.blueprints[0]"},
		"entity":          {"port: {entities: {none: [{identifier: x}]}}", "port.entities.none[0]"},
		"action":          {"port: {actions: [{identifier: x, what: y}]}", "port.actions[0]"},
		"severity":        {"incident_io: {incidents: [{name: x, severity: Huge}]}", "incident_io.incidents[0]"},
		"incident":        {"incident_io: {incidents: [{severity: Minor, mode: real}]}", "incident_io.incidents[0]"},
		"status category": {"incident_io: {statuses: [{name: x, category: y}]}", "incident_io"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "seed.yaml")
			if err := os.WriteFile(file, []byte(c.seed), 0o600); err != nil {
				t.Fatal(err)
			}
			o := runCommand(t, nil, "demo", "--no-bot", "--addr", "127.0.0.1:0", "--seed", file)
			if o.code != exitUsage || !strings.Contains(o.stderr, file) || !strings.Contains(o.stderr, c.want) || !strings.Contains(o.stderr, "docs/demo.md") || strings.Contains(o.stderr, "hunter2") || strings.Contains(o.stderr, "Go struct") {
				t.Errorf("exit %d: %s", o.code, o.stderr)
			}
		})
	}
}

// TestDemo_NoBotBolt and TestDemo_NoBotSlackGo run apps that were not written for the emulators.
func TestDemo_NoBotBolt(t *testing.T) {
	t.Parallel()
	d := controltest.NewClient(t, startDemo(t, "SLACK_CONTROL_URL", "--no-bot")["SLACK_CONTROL_URL"])
	d.RunBolt("../../integrations/slackapp/slacktest/testdata/bolt")
	d.RunScenario()
}

func TestDemo_NoBotSlackGo(t *testing.T) {
	t.Parallel()
	d := controltest.NewClient(t, startDemo(t, "SLACK_CONTROL_URL", "--no-bot")["SLACK_CONTROL_URL"])
	d.RunSlackGo()
	d.RunScenario()
}
