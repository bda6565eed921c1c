package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"foghorn/bot/form"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// runPreview runs foghorn preview with standard input.
func runPreview(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	dir := t.TempDir()
	file := func(name, content string) *os.File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	c := &console{file("stdin", stdin), file("stdout", ""), file("stderr", ""), env, ignoreVariable}
	var p previewCmd
	parser, err := kong.New(&p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	err = p.Run(t.Context(), c)
	var o result
	if err != nil {
		_, _ = c.stderr.WriteString(err.Error())
		o.code = exitFailed
		if _, wrong := errors.AsType[*SettingError](err); wrong {
			o.code = exitUsage
		}
	}
	stdout, _ := os.ReadFile(c.stdout.Name())
	stderr, _ := os.ReadFile(c.stderr.Name())
	o.stdout, o.stderr = string(stdout), string(stderr)
	return o
}

// selfServiceAction returns an action with inputs.
func selfServiceAction(properties string) string {
	return "{\n \"identifier\": \"act\",\n \"trigger\": {\n  \"type\": \"self-service\",\n  \"operation\": \"CREATE\",\n  \"userInputs\": {\n   \"properties\": " + properties + "\n  }\n }\n}"
}

// views decodes the views of a preview and validates them as Slack does.
func (o result) views(t *testing.T) []json.RawMessage {
	t.Helper()
	var views []json.RawMessage
	if err := json.Unmarshal([]byte(o.stdout), &views); err != nil {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	for _, v := range views {
		if problems := slacktest.ValidateView(v); len(problems) > 0 {
			t.Error(problems)
		}
	}
	return views
}

func TestPreview_Guide(t *testing.T) {
	o := runPreview(t, nil, string(manifests.Guide().Action), "-")
	if views := o.views(t); o.code != 0 || o.stderr != "" || len(views) != 1 || !strings.Contains(string(views[0]), `"Severity"`) {
		t.Errorf("%+v", o)
	}
}

func TestPreview_UnsupportedAction(t *testing.T) {
	o := runPreview(t, nil, selfServiceAction(`{"key":{"type":"string","encryption":"aes256-gcm"},"n":{"type":"string"}}`), "-")
	if len(o.views(t)) != 0 || o.code != exitFailed || !strings.Contains(o.stderr, "\n  key: it is a secret") {
		t.Errorf("%+v", o)
	}
}

func TestPreview_ErrorLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", "line 1: it is empty"},
		"no JSON":             {"{\n \"identifier\": \"x\",\n oops\n}", "line 3: invalid character"},
		"cut off":             {"{\n \"identifier\": \"x\"", "line 2: unexpected end"},
		"cut off, new line":   {"{\n \"identifier\":\n\n", "line 2: unexpected end"},
		"two, one wrong":      {"{}\n{oops", "line 2: invalid character"},
		"an empty list":       {"[]", "line 1: it is not an action"},
		"numbers":             {"[1]", "line 1: it is not an object"},
		"no action":           {"{\"a\":1}", "line 1: it is not an action"},
		"input of a text":     {selfServiceAction("{\n\"a\":{\"type\":\"string\"},\n\"b\":\"string\"}"), "line 9: input \"b\" is a string and not an object"},
		"inputs in a list":    {selfServiceAction("[]"), "line 7: \"properties\" is not an object"},
		"order of one string": {strings.Replace(selfServiceAction("{}"), "\"userInputs\": {", "\"userInputs\": {\n\"order\":\"a\",", 1), "line 7: \"order\" cannot be a string"},
		"order in a step":     {strings.Replace(selfServiceAction("{}"), "\"userInputs\": {", "\"userInputs\": {\n\"steps\":[{\"title\":\"A\"},\n{\"order\":3}],", 1), "line 8: \"steps.order\" cannot be a number"},
		"too large":           {`{"a":"` + strings.Repeat("x", maxDefinition) + `"}`, "larger than 4 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			o := runPreview(t, nil, c.text, "-")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || o.stdout != "" {
				t.Errorf("code %d, want %q: %s%s", o.code, c.want, o.stdout, o.stderr)
			}
		})
	}
}

func TestPreview_Values(t *testing.T) {
	definition := selfServiceAction(`{"n":{"type":"number"},"f":{"type":"boolean"},"c":{"type":"number","enum":[1,2]},
		"l":{"type":"array","items":{"type":"string"}},"t":{"type":"string","visible":{"jqQuery":".form.n == 3 and .form.f == false and .form.c == 2 and .form.l == [\"a;b\"] and .user.email == \"ada@example.com\""}}}`)
	if o := runPreview(t, nil, definition, "-"); o.code != 0 || strings.Contains(o.stdout, `"f:t"`) {
		t.Errorf("%+v", o)
	}
	o := runPreview(t, nil, definition, "-", "--values", "n=3", "--values", "f=false", "--values", "c=2", "--values", "l=a;b", "--user", "ada@example.com")
	if o.code != 0 || !strings.Contains(o.stdout, `"f:t"`) || !strings.Contains(o.stderr, "Port is not configured") {
		t.Errorf("%+v", o)
	}
	for _, wrong := range []string{"nobody=1", "n=three", "f=perhaps"} {
		if o := runPreview(t, nil, definition, "-", "--values", wrong); o.code != exitUsage || !strings.Contains(o.stderr, "--values "+wrong[:1]) {
			t.Errorf("%s: %+v", wrong, o)
		}
	}
}

func TestPreview_FromPort(t *testing.T) {
	e := newGuideEnvironment(t)
	if o := runPreview(t, e.botSettings(), "", manifests.ActionID); o.code != 0 || len(o.views(t)) != 1 {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, e.botSettings(), "", "nobody"); o.code != exitUsage || !strings.Contains(o.stderr, "neither a file nor an action") {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, e.botSettings(), "", "--all"); o.code != 0 || !strings.Contains(o.stdout, "ok   "+manifests.ActionID) {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, nil, "", manifests.ActionID); o.code != exitUsage || !strings.Contains(o.stderr, "PORT_CLIENT_ID") {
		t.Errorf("%+v", o)
	}
}

func TestPreview_User(t *testing.T) {
	e := newGuideEnvironment(t)
	e.Port.AddUser("ada@example.com", "Payments")
	definition := selfServiceAction(`{"t":{"type":"string","visible":{"jqQuery":"[.user.teams[].name] == [\"Payments\"]"}}}`)
	if o := runPreview(t, e.botSettings(), definition, "-", "--user", "ada@example.com"); o.code != 0 || !strings.Contains(o.stdout, `"f:t"`) {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, e.botSettings(), definition, "-"); o.code != 0 || strings.Contains(o.stdout, `"f:t"`) {
		t.Errorf("%+v", o)
	}
	for user, want := range map[string]string{"nobody@example.com": "not a user of Port", "ada": "use an e-mail address"} {
		if o := runPreview(t, e.botSettings(), definition, "-", "--user", user); o.code != exitUsage || !strings.Contains(o.stderr, want) {
			t.Errorf("%s: %+v", user, o)
		}
	}
}

func TestPreview_Entity(t *testing.T) {
	e := newGuideEnvironment(t)
	if err := e.Port.PutBlueprint([]byte(`{"identifier":"service","title":"Service","schema":{"properties":{},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	if err := e.Port.PutEntity("service", []byte(`{"identifier":"api","title":"API","team":"sre"}`)); err != nil {
		t.Fatal(err)
	}
	if err := e.Port.SetScorecards("service", "api", []byte(`{"Ownership":{"level":"Gold","rules":[]}}`)); err != nil {
		t.Fatal(err)
	}
	definition := strings.Replace(selfServiceAction(`{"o":{"type":"string","format":"entity","blueprint":"service"},
		"t":{"type":"string","visible":{"jqQuery":".entity.scorecards.Ownership.level == \"Gold\" and .form.o.team == [\"sre\"]"}}}`),
		`"operation": "CREATE"`, `"operation": "DAY-2", "blueprintIdentifier": "service"`, 1)
	o := runPreview(t, e.botSettings(), definition, "-", "--values", "$targetEntity=api", "--values", "o=api")
	if o.code != 0 || !strings.Contains(o.stdout, `"f:t"`) {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, e.botSettings(), definition, "-", "--values", "$targetEntity=nothing"); o.code != exitUsage || !strings.Contains(o.stderr, "not an entity") {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, nil, definition, "-", "--values", "$targetEntity=api"); o.code != 0 || !strings.Contains(o.stderr, "Port is not configured") {
		t.Errorf("%+v", o)
	}
}

func TestPreview_ParseValues(t *testing.T) {
	f, err := form.Compile([]byte(selfServiceAction(`{
		"text":{"type":"string"},"number":{"type":"number"},"object":{"type":"object"},
		"choice":{"type":"object","enum":[{"title":"A","id":1}]},
		"list":{"type":"array","items":{"type":"string"}},"numbers":{"type":"array","items":{"type":"number"}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id, typed string
		want      any // nil: rejected
	}{
		{"text", "3", "3"}, {"number", "3", 3.0}, {"number", "x", nil}, {"object", `{"a":1}`, map[string]any{"a": 1.0}}, {"object", "x", nil},
		{"choice", "A", map[string]any{"title": "A", "id": 1.0}}, {"choice", "B", "B"},
		{"list", "a,b", []any{"a,b"}}, {"list", `["a","b"]`, []any{"a", "b"}}, {"numbers", "1", []any{1.0}}, {"numbers", "x", nil},
	} {
		got, ok := parseValue(f, f.Field(c.id), c.typed)
		if ok != (c.want != nil) || ok && !cmp.Equal(c.want, got) {
			t.Errorf("%s=%s is %v, %t", c.id, c.typed, got, ok)
		}
	}
}

func TestPreview_All(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.json": selfServiceAction("{}"), "b.json": selfServiceAction(`{"key":{"type":"string","encryption":"aes256-gcm"}}`),
		"c.json": string(manifests.Guide().Automation), "d.txt": "not read",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := runPreview(t, nil, "", "--all", dir)
	for _, want := range []string{"ok   a.json  act: 1 view\n", "no   b.json  key: it is a secret", "skip c.json  an automation\n"} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %q in %s", want, o.stdout)
		}
	}
	if o.code != exitFailed || strings.Count(o.stdout, "\n") != 3 || !strings.Contains(o.stderr, "1 of 2 actions") {
		t.Errorf("%+v", o)
	}
	if err := os.WriteFile(filepath.Join(dir, "e.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := runPreview(t, nil, "", "--all", dir); o.code != exitUsage || !strings.Contains(o.stdout, "bad  e.json  line 1: unexpected end") {
		t.Errorf("%+v", o)
	}
	for _, wrong := range [][]string{{dir}, {"--all", filepath.Join(dir, "nowhere")}, {filepath.Join(dir, "nothing.json")}, {}} {
		if o := runPreview(t, nil, "", wrong...); o.code != exitUsage {
			t.Errorf("%v: %+v", wrong, o)
		}
	}
}

// TestPreview_AllOfThousand lists 1,000 actions while Port limits the calls: one list, and the permissions of each.
func TestPreview_AllOfThousand(t *testing.T) {
	t.Parallel()
	e := newGuideEnvironment(t)
	const count = 1000
	for i := range count {
		definition := strings.Replace(selfServiceAction(`{"n":{"type":"string"}}`), `"act"`, fmt.Sprintf(`"act_%04d"`, i), 1)
		if err := e.Port.PutAction(json.RawMessage(strings.TrimSuffix(definition, "}") + `,"invocationMethod":{"type":"KAFKA"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Port.SetExecutePermissions("act_0999", `{"teams":["SRE"]}`); err != nil {
		t.Fatal(err)
	}
	const limited = 20
	e.Port.InjectFault(emulator.Fault{Path: "/permissions", Times: limited, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}})
	e.Port.InjectFault(emulator.Fault{Path: "/v1/actions/act_0500/permissions", Status: http.StatusForbidden, Body: `{"ok":false,"error":"forbidden","message":"Forbidden"}`})
	o := runPreview(t, e.botSettings(), "", "--all")
	if o.code != exitFailed || strings.Count(o.stdout, "every member") < count-2 || !strings.Contains(o.stderr, fmt.Sprintf("%d of %d actions", count, count+1)) {
		t.Errorf("exit %d: %s%.2000s", o.code, o.stderr, o.stdout)
	}
	for _, want := range []string{"ok   act_0999", "team SRE", "no   act_0500", "the credentials cannot read who may run it"} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %q", want)
		}
	}
	if lists, reads := countCalls(e, "/v1/actions"), len(e.Port.Calls("/permissions")); lists != 1 || reads > count+1+limited {
		t.Errorf("%d lists, %d reads of permissions", lists, reads)
	}
}

// countCalls counts the calls of Port with exactly this path.
func countCalls(e *environment, path string) (n int) {
	for _, c := range e.Port.Calls(path) {
		if c.Path == path {
			n++
		}
	}
	return n
}
