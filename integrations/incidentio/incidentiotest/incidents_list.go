package incidentiotest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// The number of items per page.
const (
	defaultPageSize = 25
	maxPageSize     = 250
)

const notSupported = "The filter is not supported"

var categories = []string{"triage", "declined", "merged", "canceled", "live", "learning", "closed", "paused"}

// A filter reports whether an incident is in a list.
type filter func(*Incident) bool

// listIncidents returns a page of the incidents that the key can see. A parameter that is unknown, not modeled or
// invalid is an error.
// https://docs.incident.io/api-reference/incidents-v2/list
func (s *Server) listIncidents(c *call) (int, any) {
	matches, errs := s.filterLocked(c)
	all := slices.Clone(s.incidents)
	switch c.query.Get("sort_by") {
	case "", "created_at_newest_first":
		slices.Reverse(all)
	case "created_at_oldest_first":
	default:
		errs = append(errs, newFieldError("sort_by", "invalid_value", "Sort by must be one of created_at_newest_first, created_at_oldest_first"))
	}
	if len(errs) > 0 {
		return invalid(errs...)
	}
	return page(c.query, "incidents", maxPageSize, all, func(i *Incident) string { return i.ID },
		func(i *Incident) bool { return c.canSee(i) && matches(i) }, s.toAPILocked)
}

// page is the answer with a page of the items that keep accepts. Its description has the key "after" only when there are
// more.
func page[T, U any](q url.Values, member string, maxSize int, items []T, id func(T) string, keep func(T) bool, show func(T) U) (int, any) {
	size, err := strconv.Atoi(cmp.Or(q.Get("page_size"), strconv.Itoa(defaultPageSize)))
	if err != nil || size < 1 || size > maxSize {
		return invalid(newFieldError("page_size", "invalid_value", fmt.Sprintf("Page size must be between 1 and %d", maxSize)))
	}
	if after := q.Get("after"); after != "" {
		n := slices.IndexFunc(items, func(item T) bool { return id(item) == after })
		if n < 0 {
			return invalid(newFieldError("after", "invalid_value", "The item of the cursor was not found"))
		}
		items = items[n+1:]
	}
	found, meta := slices.DeleteFunc(slices.Clone(items), func(item T) bool { return !keep(item) }), map[string]any{"page_size": size}
	if len(found) > size {
		found = found[:size]
		meta["after"] = id(found[size-1])
	}
	return http.StatusOK, map[string]any{member: convert(found, show), "pagination_meta": meta}
}

// filterLocked returns what the filters of a list accept together, and an error for each that is invalid.
func (s *Server) filterLocked(c *call) (filter, []apiError) {
	q := c.query
	var filters []filter
	var errs []apiError
	hasMode := false
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if slices.Contains([]string{"page_size", "after", "sort_by", "filter_mode"}, name) {
			continue
		}
		field, id, operator := parseFilter(name)
		f, message := s.newFilterLocked(field, id, operator, q[name])
		if message == notSupported {
			emulator.RefuseUnmodeled(c.Request, name)
		}
		if message != "" {
			errs = append(errs, newFieldError(name, "invalid_value", message))
		}
		filters, hasMode = append(filters, f), hasMode || field == "mode"
	}
	any := q.Get("filter_mode") == "any"
	if mode := q.Get("filter_mode"); !any && mode != "" && mode != "all" {
		errs = append(errs, newFieldError("filter_mode", "invalid_value", "Filter mode must be one of all, any"))
	}
	return func(i *Incident) bool {
		if !hasMode && i.Mode != "standard" && i.Mode != "retrospective" {
			return false
		}
		for _, f := range filters {
			if f(i) == any {
				return any
			}
		}
		return !any || len(filters) == 0
	}, errs
}

// filterName matches the name of a filter: status[one_of], or custom_field[ID][one_of].
var filterName = regexp.MustCompile(`^(\w+)(?:\[([^][]+)\])?\[(\w+)\]$`)

// parseFilter returns the parts of the name of a filter; without an operator for one that is not valid.
func parseFilter(name string) (field, id, operator string) {
	parts := filterName.FindStringSubmatch(name)
	if parts == nil {
		return name, "", ""
	}
	return parts[1], parts[2], parts[3]
}

// newFilterLocked returns a filter, or an error message. Only filters by a role or a custom field have its id.
func (s *Server) newFilterLocked(field, id, operator string, values []string) (filter, string) {
	if id != "" {
		return s.newFilterByIDLocked(field, id, operator, values)
	}
	switch field {
	case "status":
		return newChoice(operator, values, isItem(s.organization.Statuses), func(i *Incident) []string { return []string{i.status.ID} })
	case "status_category":
		return newChoice(operator, values, func(c string) bool { return slices.Contains(categories, c) },
			func(i *Incident) []string { return []string{i.status.Category} })
	case "incident_type":
		return newChoice(operator, values, isItem(s.organization.Types), func(i *Incident) []string { return []string{i.incidentType.ID} })
	case "mode":
		if operator == "one_of" {
			return newChoice(operator, values, func(m string) bool { return slices.Contains(modes, m) }, func(i *Incident) []string { return []string{i.Mode} })
		}
	case "severity":
		if operator == "gte" || operator == "lte" {
			return s.newRankFilterLocked(operator, values)
		}
		return newChoice(operator, values, isItem(s.organization.Severities), func(i *Incident) []string {
			if i.severity == nil {
				return nil
			}
			return []string{i.severity.ID}
		})
	case "created_at":
		return newTimeFilter(operator, values, func(i *Incident) time.Time { return i.CreatedAt })
	case "updated_at":
		return newTimeFilter(operator, values, func(i *Incident) time.Time { return i.UpdatedAt })
	}
	return nil, notSupported
}

func (s *Server) newFilterByIDLocked(field, id, operator string, values []string) (filter, string) {
	switch field {
	case "incident_role":
		return s.newRoleFilterLocked(id, operator, values)
	case "custom_field":
		return s.newFieldFilterLocked(id, operator, values)
	}
	return nil, notSupported
}

func (s *Server) newRoleFilterLocked(id, operator string, values []string) (filter, string) {
	if find(roles, id) == nil {
		return nil, "Incident role not found"
	}
	assignees := func(i *Incident) (out []string) {
		for _, a := range i.roleAssignments {
			if a.Role.ID == id {
				out = append(out, a.Assignee.ID)
			}
		}
		return out
	}
	switch operator {
	case "one_of":
		return newChoice(operator, values, isItem(s.usersLocked()), assignees)
	case "is_blank":
		blank, err := strconv.ParseBool(values[0])
		if err != nil || len(values) != 1 {
			return nil, "The value must be true or false"
		}
		return func(i *Incident) bool { return (len(assignees(i)) == 0) == blank }, ""
	}
	return nil, notSupported
}

func (s *Server) newFieldFilterLocked(id, operator string, values []string) (filter, string) {
	field := find(s.organization.CustomFields, id)
	if field == nil {
		return nil, "Custom field not found"
	}
	if len(field.Options) == 0 {
		return nil, notSupported
	}
	return newChoice(operator, values, isItem(field.options()), func(i *Incident) (out []string) {
		for _, e := range i.fields {
			for _, v := range e.Values {
				if e.FieldID == id {
					out = append(out, deref(v.OptionID))
				}
			}
		}
		return out
	})
}

// isItem reports whether an item has an id.
func isItem[T item](list []T) func(id string) bool {
	return func(id string) bool { return find(list, id) != nil }
}

// newChoice returns a filter by values of an incident.
func newChoice(operator string, values []string, isKnown func(string) bool, get func(*Incident) []string) (filter, string) {
	if operator != "one_of" && operator != "not_in" {
		return nil, notSupported
	}
	for _, v := range values {
		if !isKnown(v) {
			return nil, "The value was not found"
		}
	}
	return func(i *Incident) bool {
		has := slices.ContainsFunc(get(i), func(v string) bool { return slices.Contains(values, v) })
		return has == (operator == "one_of")
	}, ""
}

func (s *Server) newRankFilterLocked(operator string, values []string) (filter, string) {
	limit := find(s.organization.Severities, values[0])
	if len(values) != 1 || limit == nil {
		return nil, "Severity not found"
	}
	return func(i *Incident) bool {
		return i.severity != nil && (i.severity.Rank == limit.Rank || (i.severity.Rank > limit.Rank) == (operator == "gte"))
	}, ""
}

// newTimeFilter returns a filter by a time. A date stands for its first moment in UTC, also at the end of a range.
func newTimeFilter(operator string, values []string, get func(*Incident) time.Time) (filter, string) {
	from, to := values[0], values[0]
	switch operator {
	case "gte":
		to = "9999-12-31"
	case "lte":
		from = "0001-01-01"
	case "date_range":
		from, to, _ = strings.Cut(values[0], "~")
	default:
		return nil, notSupported
	}
	first, err1 := parseTime(from)
	last, err2 := parseTime(to)
	if err1 != nil || err2 != nil || len(values) != 1 || last.Before(first) {
		return nil, "The value must be a date or a time, or two of them with a tilde between for date_range"
	}
	return func(i *Incident) bool { return !get(i).Before(first) && !get(i).After(last) }, ""
}

func parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, text)
}
