package porttest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"foghorn/integrations/port/porttest"
)

// shapes has the statuses and the members of the answers of each route, after Port's OpenAPI document and its clients.
// "?" marks a member that may be absent, "[x]" a list of x, and "..." further members.
var shapes = readShapes()

type shapeFile struct {
	Types  map[string]map[string]string            `json:"types"`
	Routes map[string]map[string]map[string]string `json:"routes"`
}

func readShapes() (out shapeFile) {
	data, err := os.ReadFile("testdata/shapes.json")
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// seenShapes are the answers that were checked: a route and a status.
var seenShapes sync.Map

// A shapeRun fails if all tests ran, and an answer of testdata/shapes.json was in none.
type shapeRun struct{ *testing.M }

func (r shapeRun) Run() int {
	code := r.M.Run()
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list", "test.bench"} {
		if flag.Lookup(name).Value.String() != "" {
			return code
		}
	}
	for route, statuses := range shapes.Routes {
		for status := range statuses {
			if _, seen := seenShapes.Load(route + status); !seen {
				fmt.Printf("no test has the answer %s to %s\n", status, route)
				code = 1
			}
		}
	}
	return code
}

// checkShape checks the form of an answer. Every call of fixture.do is checked.
func checkShape(t *testing.T, method, path string, status int, answer map[string]any) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	members := shapes.Types["error"]
	if status < 400 {
		route := routeOf(method, path)
		members = shapes.Routes[route][strconv.Itoa(status)]
		seenShapes.Store(route+strconv.Itoa(status), true)
	} else if !slices.Contains([]int{401, 403, 404, 409, 413, 422}, status) {
		t.Errorf("%s %s: status %d", method, path, status)
	}
	if members == nil {
		t.Errorf("%s %s: testdata/shapes.json has no %d", method, path, status)
		return
	}
	rest := map[string]any{}
	for k, v := range answer {
		if k != "ok" {
			rest[k] = v
		}
	}
	checkMembers(t, method+" "+path, members, rest)
}

func checkMembers(t *testing.T, where string, members map[string]string, value map[string]any) {
	t.Helper()
	for name, kind := range members {
		key, optional := strings.CutSuffix(name, "?")
		if v, present := value[key]; present {
			checkKind(t, where+" "+key, kind, v)
		} else if !optional && key != "..." {
			t.Errorf("%s: %q is missing", where, key)
		}
	}
	for key := range value {
		if members[key] == "" && members[key+"?"] == "" && members["..."] == "" {
			t.Errorf("%s: %q is not documented", where, key)
		}
	}
}

func checkKind(t *testing.T, where, kind string, v any) {
	t.Helper()
	if item, isList := strings.CutPrefix(kind, "["); isList {
		list, ok := v.([]any)
		if !ok {
			t.Errorf("%s is %v", where, v)
		}
		for _, e := range list {
			checkKind(t, where, strings.TrimSuffix(item, "]"), e)
		}
		return
	}
	if members, named := shapes.Types[kind]; named {
		m, _ := v.(map[string]any)
		checkMembers(t, where, members, m)
		return
	}
	if kind != "any" && !slices.Contains(strings.Split(kind, "|"), kindOf(v)) {
		t.Errorf("%s is %v, want %s", where, v, kind)
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "list"
	}
	return "object"
}

// routeOf returns the modeled route of a path; a literal part comes before a parameter.
func routeOf(method, path string) string {
	for _, c := range porttest.Coverage() { // sorted so
		pattern, given := strings.Split(c.Route, "/"), strings.Split(path, "/")
		matches := func(i int) bool { return pattern[i] == given[i] || strings.HasPrefix(pattern[i], "{") }
		if c.Method != method || len(pattern) != len(given) {
			continue
		}
		if !slices.ContainsFunc(indices(pattern), func(i int) bool { return !matches(i) }) {
			return c.Method + " " + c.Route
		}
	}
	return ""
}

func indices(list []string) (out []int) {
	for i := range list {
		out = append(out, i)
	}
	return out
}
