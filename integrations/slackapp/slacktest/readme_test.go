package slacktest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"foghorn/integrations/slackapp/slacktest/controltest"
)

// exampleCommand matches a request to the control API in the README.
var exampleCommand = regexp.MustCompile(`^curl -s "\$\{SLACK_CONTROL_URL\}([^"]*)"(?: --json '([^']*)'| -X (DELETE))?$`)

// TestReadme_Examples runs the requests of the README in their order. The responses contain what it shows,
// which can be a part.
func TestReadme_Examples(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "<!-- examples -->")
	examples, _, ok2 := strings.Cut(rest, "<!-- end of examples -->")
	if !ok || !ok2 {
		t.Fatal("the README has no examples")
	}
	d := openControl(t)
	d.RunSlackGo()
	var answer controltest.Object
	ts, done, compared := "", 0, 0
	for line := range strings.Lines(examples) {
		line = strings.TrimSpace(line)
		if shown, ok := strings.CutPrefix(line, "# "); ok {
			var want any
			if err := json.Unmarshal([]byte(shown), &want); err != nil {
				t.Fatalf("%s: %v", shown, err)
			}
			if !isSubset(want, answer) {
				t.Errorf("the README shows %s, the answer is %v", shown, answer)
			}
			compared++
			continue
		}
		if !strings.HasPrefix(line, "curl") {
			continue
		}
		part := exampleCommand.FindStringSubmatch(line)
		if part == nil {
			t.Fatalf("%s: not understood", line)
		}
		path, body, method := part[1], strings.ReplaceAll(part[2], `"TS"`, fmt.Sprintf("%q", ts)), "GET"
		if body != "" {
			method = "POST"
		}
		if part[3] != "" {
			method = part[3]
		}
		answer = d.Do(method, path, body)
		if list, _ := answer["messages"].([]any); len(list) > 0 {
			ts, _ = list[0].(controltest.Object)["ts"].(string)
		}
		if id, _ := answer["ts"].(string); id != "" {
			ts = id
		}
		done++
	}
	if done < 20 || compared < 10 {
		t.Errorf("%d examples, %d answers", done, compared)
	}
}

// isSubset reports whether got contains everything in want. Of a list, only the first items count.
func isSubset(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		for k, v := range want {
			ok = ok && isSubset(v, have[k])
		}
		return ok
	case []any:
		have, _ := got.([]any)
		if len(have) < len(want) {
			return false
		}
		for i, v := range want {
			if !isSubset(v, have[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}
