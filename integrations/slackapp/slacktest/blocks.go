package slacktest

import (
	"strings"
	"unicode/utf8"
)

// maxValidateSize is the maximum size that blocks.validate accepts, in code points.
const maxValidateSize = 100_000

// blocksValidate validates blocks, a view or a message.
// https://docs.slack.dev/reference/methods/blocks.validate
func (s *Server) blocksValidate(c *call) (reply, error) {
	name := ""
	for _, n := range []string{"blocks", "view", "message"} {
		if c.args[n] != nil {
			if name != "" {
				return nil, invalidArguments(Problem{Message: "Cannot provide both `" + name + "` and `" + n + "`"})
			}
			name = n
		}
	}
	if name == "" {
		return nil, invalidArguments(Problem{Message: "missing required field: blocks"})
	}
	if c.args[name] == (any)(invalidJSON{}) {
		return nil, Error("invalid_json")
	}
	text := marshalJSON(c.args[name])
	if utf8.RuneCount(text) > maxValidateSize {
		return nil, invalidArguments(Problem{Pointer: "/" + name, Message: "must be less than 100001 characters"})
	}
	validate := map[string]func() []Problem{
		"blocks":  func() []Problem { return ValidateBlocks(text) },
		"view":    func() []Problem { return ValidateView(text) },
		"message": func() []Problem { return ValidateMessage(text) },
	}
	problems := validate[name]()
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
