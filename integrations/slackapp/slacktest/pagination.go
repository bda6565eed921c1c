package slacktest

import (
	"encoding/base64"
	"slices"
	"strconv"
)

// maxPageSize is the maximum of the argument limit.
// https://docs.slack.dev/apis/web-api/pagination
const maxPageSize = 1000

// paginate returns the page of a list that the arguments cursor and limit select, and its
// response_metadata.
func paginate[T any](c *call, all []T) ([]T, map[string]any, error) {
	return paginateBy(c, all, maxPageSize)
}

// paginateBy is paginate with another maximum, to which a larger limit is reduced.
func paginateBy[T any](c *call, all []T, most int) ([]T, map[string]any, error) {
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
	limit = min(limit, most)
	end, next := len(all), ""
	if len(all)-start > limit {
		end = start + limit
		next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	return slices.Clone(all[start:end]), map[string]any{"next_cursor": next}, nil
}
