package slacktest

import "fmt"

// A Problem is one thing that Slack refuses in a view, a message or blocks.
type Problem struct {
	Pointer string // JSON pointer such as /view/title/text; "" when it is about no place
	Message string // Slack's words
}

// String is the problem as Slack writes it, without "[ERROR] ".
func (p Problem) String() string {
	if p.Pointer == "" {
		return p.Message
	}
	return fmt.Sprintf("%s [json-pointer:%s]", p.Message, p.Pointer)
}

// invalid is how views.* refuse.
func invalid(problems ...Problem) error {
	return refuse("invalid_arguments", reply{"response_metadata": map[string]any{"messages": errorLines(problems)}})
}

// invalidBlocks is how chat.* refuse.
func invalidBlocks(problems []Problem) error {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	return refuse("invalid_blocks", reply{"errors": texts, "response_metadata": map[string]any{"messages": errorLines(problems)}})
}

func errorLines(problems []Problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = "[ERROR] " + p.String()
	}
	return out
}
func validateView(body map[string]any, prefix string, kinds ...string) []Problem { return nil }
func validateMessageBlocks(b []any, prefix string, repeats bool) []Problem       { return nil }
func validateAttachments(b []any, prefix string) []Problem                       { return nil }
func validateSuggestions(map[string]any) []Problem                               { return nil }

const MaxInput = 3000

func contains(options []any, o map[string]any) bool {
	for _, x := range options {
		if m, ok := x.(map[string]any); ok && m["value"] == o["value"] {
			return true
		}
	}
	return false
}
