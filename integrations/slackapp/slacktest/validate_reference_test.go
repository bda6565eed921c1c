//go:build reference

package slacktest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// referenceFixtures returns the folder with blocks that Slack accepts or rejects.
func referenceFixtures(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is not set")
	}
	return filepath.Join(dir, "corpus/blockkit/fixtures")
}

func TestReference_AcceptedBlocks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(referenceFixtures(t), "valid/*/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		kind := filepath.Base(filepath.Dir(file))
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(kind+"/"+name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			for _, p := range checkAccepted(kind, name, text, v) {
				t.Error(p)
			}
		})
	}
}

// checkAccepted returns the problems of a fixture, which is validated according to its kind.
func checkAccepted(kind, name string, text []byte, v any) []Problem {
	c := &checker{}
	blockRules("objects")
	switch kind {
	case "blocks":
		return ValidateBlocks(json.RawMessage("[" + string(text) + "]"))
	case "views":
		return ValidateView(text)
	case "messages":
		return ValidateMessage(text)
	case "attachments":
		return ValidateMessage(json.RawMessage(`{"attachments":[` + string(text) + `]}`))
	case "elements":
		typedRule("elements", nil)(c, "", v)
	case "rich_text":
		typedRule("rich_text", nil)(c, "", v)
	case "objects":
		specs := map[string]string{
			"option": "option", "text_plaintext": "plain 75", "text_markdown": "mrkdwn 75", "conversation_filter": "filter",
			"dispatch_action_configuration": "dispatch", "option_group": "option_group", "input_parameter": "input_parameter",
			"workflow": "workflow", "confirmation_dialogue": "confirm", "trigger": "trigger",
		}
		best := ""
		for prefix := range specs {
			if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
				best = prefix
			}
		}
		if best == "" {
			return []Problem{{"", "no rule for " + name}}
		}
		compileRule(specs[best])(c, "", v)
	default:
		return []Problem{{"", "unknown kind of fixture " + kind}}
	}
	return c.problems
}

func TestReference_InvalidBlockCases(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(referenceFixtures(t), "invalid/manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Cases []struct{ ID string } }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	cases := invalidBlockCases()
	for _, c := range manifest.Cases {
		if cases[c.ID] == "" {
			t.Errorf("case %s is not tested", c.ID)
		}
	}
}
