package slacktest

import (
	"encoding/base64"
	"slices"
	"strconv"
)

// maxPageSize is the most that a list method gives at a time.
// https://docs.slack.dev/apis/web-api/pagination
const maxPageSize = 1000

// paginate is the part of a list that a call asks for with cursor and limit, and the
// response_metadata that leads to the next part.
func paginate[T any](c *call, all []T) ([]T, map[string]any, error) {
	start := 0
	if cursor := c.args.stringArg("cursor"); cursor != "" {
		b, err := base64.StdEncoding.DecodeString(cursor)
		n, err2 := strconv.Atoi(string(b))
		if err != nil || err2 != nil || n < 0 || n > len(all) {
			return nil, nil, Error("invalid_cursor")
		}
		start = n
	}
	limit := c.args.intArg("limit", 100)
	if limit < 1 || limit > maxPageSize {
		return nil, nil, Error("invalid_limit")
	}
	end, next := len(all), ""
	if len(all)-start > limit {
		end = start + limit
		next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	return slices.Clone(all[start:end]), map[string]any{"next_cursor": next}, nil
}
