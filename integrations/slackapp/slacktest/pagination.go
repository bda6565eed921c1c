package slacktest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// maxPageSize is the maximum of the argument limit.
// https://docs.slack.dev/apis/web-api/pagination
const maxPageSize = 1000

// pages describes a list that has pages. A cursor has the key of the first item of the next page, so that items which
// are added in the meantime move none to another page.
type pages[T any] struct {
	all     []T
	most    int    // the maximum size of a page, to which a larger limit is reduced; 0 means maxPageSize
	prefix  string // of the text in a cursor, such as "next_ts:"
	key     func(T) string
	reached func(key, cursor string) bool // the item with the key is the first of the page; nil: it has the key of the cursor
	toJSON  func(T) any
}

// reply returns the page that the arguments of a call select as a member of a response.
func (p pages[T]) reply(c *call, member string) (reply, error) {
	part, next, err := p.paginate(c)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, item := range part {
		out = append(out, p.toJSON(item))
	}
	return reply{member: out, "response_metadata": next}, nil
}

// paginate returns the page of a list that the arguments cursor and limit select, and its response_metadata. The cursor
// of another list is invalid.
func (p pages[T]) paginate(c *call) ([]T, map[string]any, error) {
	start, list := 0, fmt.Sprintf(" %s %v %v %v", c.method, c.args["channel"], c.args["ts"], c.args["types"])
	if cursor := c.args.stringArg("cursor"); cursor != "" {
		b, err := base64.StdEncoding.DecodeString(cursor)
		at, ok := strings.CutPrefix(string(b), p.prefix)
		at, sameList := strings.CutSuffix(at, list)
		if err != nil || !ok || !sameList {
			return nil, nil, Error("invalid_cursor")
		}
		start = slices.IndexFunc(p.all, func(item T) bool {
			if p.reached == nil {
				return p.key(item) == at
			}
			return p.reached(p.key(item), at)
		})
		if start < 0 && p.reached == nil {
			return nil, nil, Error("invalid_cursor")
		} else if start < 0 { // all were deleted
			start = len(p.all)
		}
	}
	limit := 100
	if c.args["limit"] != nil {
		limit = c.args.intArg("limit")
	}
	if limit < 1 || limit > maxPageSize {
		return nil, nil, Error("invalid_limit")
	}
	limit = min(limit, cmp.Or(p.most, maxPageSize))
	end, next := len(p.all), ""
	if len(p.all)-start > limit {
		end = start + limit
		next = base64.StdEncoding.EncodeToString([]byte(p.prefix + p.key(p.all[end]) + list))
	}
	return p.all[start:end], map[string]any{"next_cursor": next}, nil
}
