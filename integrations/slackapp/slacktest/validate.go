package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxProblems is the maximum number of problems that are reported.
const MaxProblems = 50

// A Problem is one error in a view, a message or blocks.
type Problem struct {
	Pointer string // JSON pointer such as /view/title/text; "" for none
	Message string // in Slack's words
}

// String returns the problem as Slack writes it, without "[ERROR] ".
func (p Problem) String() string {
	if p.Pointer == "" {
		return p.Message
	}
	return fmt.Sprintf("%s [json-pointer:%s]", p.Message, p.Pointer)
}

// ValidateView returns the problems that Slack reports for a modal or a home tab. The pointers begin
// with /view.
func ValidateView(view json.RawMessage) []Problem { return validateText("view", view) }

// ValidateBlocks returns the problems that Slack reports for a list of blocks, in any place.
func ValidateBlocks(blocks json.RawMessage) []Problem { return validateText("blocks", blocks) }

// ValidateMessage returns the problems that Slack reports for the blocks and attachments of a message,
// given as the JSON arguments of chat.postMessage or of a response_url.
func ValidateMessage(message json.RawMessage) []Problem { return validateText("message", message) }

func validateText(kind string, text json.RawMessage) []Problem {
	v, err := decodeJSON(text)
	if err != nil {
		return problemsOf(err)
	}
	return validators[kind](v)
}

// validators validate the arguments of blocks.validate.
var validators = map[string]func(v any) []Problem{
	"view": func(v any) []Problem {
		_, err := parseView(v, "/view", "modal", "home")
		return problemsOf(err)
	},
	"blocks": func(v any) []Problem { return validateBlocks("any_blocks", "/blocks", v) },
	"message": func(v any) []Problem {
		m, ok := v.(map[string]any)
		if !ok {
			return []Problem{{"", "must provide an object"}}
		}
		_, err := readResponse(m)
		return problemsOf(err)
	},
}

// validateBlocks validates blocks with one of the objects in blockkit.yaml.
func validateBlocks(object, pointer string, v any) []Problem {
	c := &checker{}
	blockRules("objects")[object](c, pointer, v)
	return c.problems
}

func problemsOf(err error) []Problem {
	if no, ok := errors.AsType[apiError](err); ok {
		return no.problems
	}
	if err != nil {
		return []Problem{{"", err.Error()}}
	}
	return nil
}

// validateAttachments validates the blocks of attachments. Slack ignores other properties that it does
// not know.
func validateAttachments(attachments []any, pointer string) []Problem {
	c := &checker{}
	for i, a := range attachments {
		pointer := fmt.Sprintf("%s/%d", pointer, i)
		attachment, ok := a.(map[string]any)
		if !ok {
			c.addProblem(pointer, "must provide an object")
			continue
		}
		if blocks := attachment["blocks"]; blocks != nil {
			blockRules("objects")["message_blocks"](c, pointer+"/blocks", blocks)
		}
	}
	return c.problems
}

// invalidArguments is the error of views.* methods.
func invalidArguments(problems ...Problem) error {
	return apiError{
		code: "invalid_arguments", problems: problems,
		details: reply{"response_metadata": map[string]any{"messages": errorLines("[ERROR] ", problems)}},
	}
}

// invalidBlocks is the error of chat.* methods.
func invalidBlocks(problems []Problem) error {
	no := invalidArguments(problems...).(apiError)
	no.code, no.details["errors"] = "invalid_blocks", errorLines("", problems)
	return no
}

func errorLines(prefix string, problems []Problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = prefix + p.String()
	}
	return out
}

// A checker collects problems.
type checker struct {
	problems []Problem
	isView   bool // some blocks are for messages only
	focused  bool // an element has focus_on_load
}

func (c *checker) addProblem(pointer, format string, args ...any) {
	if len(c.problems) < MaxProblems {
		c.problems = append(c.problems, Problem{pointer, fmt.Sprintf(format, args...)})
	}
}

// joinPointer appends a name to a JSON pointer.
func joinPointer(pointer, name string) string {
	if strings.ContainsAny(name, "~/") {
		name = pointerEscapes.Replace(name)
	}
	return pointer + "/" + name
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// validateView validates a view of one of the types kinds.
func validateView(body map[string]any, pointer string, kinds ...string) []Problem {
	kind, _ := body["type"].(string)
	c := &checker{isView: kind == "modal" || kind == "home"}
	switch {
	case body["type"] == nil:
		c.addProblem(pointer, "missing required field: type")
	case !slices.Contains(kinds, kind):
		c.addProblem(joinPointer(pointer, "type"), "unsupported type: %s", truncate(kind))
	default:
		blockRules("views")[kind](c, pointer, body)
	}
	content, _ := body["blocks"].([]any)
	checkUnique(c, joinPointer(pointer, "blocks"), "block_id", content)
	if kind == "modal" && body["submit"] == nil {
		for i, b := range content {
			if o, _ := b.(map[string]any); o["type"] == "input" {
				c.addProblem(fmt.Sprintf("%s/blocks/%d/input", pointer, i), "must define `submit` to use an `input` block in modals")
			}
		}
	}
	return c.problems
}

// maxValidateSize is the maximum size that blocks.validate accepts, in code points.
const maxValidateSize = 100_000

// blocksValidate validates blocks, a view or a message.
// https://docs.slack.dev/reference/methods/blocks.validate
func (s *Server) blocksValidate(c *call) (reply, error) {
	var name string
	for _, n := range []string{"blocks", "view", "message"} {
		switch {
		case c.args[n] == nil:
		case c.args[n] == any(invalidJSON{}):
			return nil, Error("invalid_json")
		case name != "":
			return nil, invalidArguments(Problem{Message: "Cannot provide both `" + name + "` and `" + n + "`"})
		default:
			name = n
		}
	}
	switch {
	case name == "":
		return nil, invalidArguments(Problem{Message: "missing required field: blocks"})
	case utf8.RuneCount(marshalJSON(c.args[name])) > maxValidateSize:
		return nil, invalidArguments(Problem{Pointer: "/" + name, Message: "must be less than 100001 characters"})
	}
	problems := validators[name](c.args[name])
	if len(problems) == 0 {
		return reply{}, nil
	}
	var out []any
	for _, p := range problems {
		out = append(out, map[string]any{
			"pointer": strings.TrimPrefix(p.Pointer, "/"+name), "code": "failed_constraint", "message": p.Message,
		})
	}
	return nil, newAPIError("invalid_"+name, reply{"errors": out})
}
