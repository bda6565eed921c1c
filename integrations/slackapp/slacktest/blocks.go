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
