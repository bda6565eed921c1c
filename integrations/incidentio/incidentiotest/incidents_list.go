package incidentiotest

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The number of items per page.
const (
	defaultPageSize = 25
	maxPageSize     = 250
)

var categories = []string{"triage", "declined", "merged", "canceled", "live", "learning", "closed", "paused"}

// A filter reports whether an incident is in a list.
type filter func(*Incident) bool

// listIncidents returns a page of the incidents that the key can see. A parameter that is unknown, not modeled or
// invalid is an error.
// https://docs.incident.io/api-reference/incidents-v2/list
func (s *Server) listIncidents(r *http.Request) (int, any) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	matches, errs := s.filterLocked(q)
	all := slices.Clone(s.incidents)
	switch q.Get("sort_by") {
	case "", "created_at_newest_first":
		slices.Reverse(all)
	case "created_at_oldest_first":
	default:
		errs = append(errs, newFieldError("sort_by", "invalid_value", "Sort by must be one of created_at_newest_first, created_at_oldest_first"))
	}
	if len(errs) > 0 {
		return invalid(errs...)
	}
	found, meta, errs := paginate(q, all, func(i *Incident) string { return i.ID },
		func(i *Incident) bool { return s.isVisibleLocked(r, i) && matches(i) })
	if len(errs) > 0 {
		return invalid(errs...)
	}
	out := []apiIncident{}
	for _, i := range found {
		out = append(out, s.toAPILocked(i))
	}
	return http.StatusOK, map[string]any{"incidents": out, "pagination_meta": meta}
}

// isVisibleLocked reports whether the key of a request can see an incident.
func (s *Server) isVisibleLocked(r *http.Request, i *Incident) bool {
	return i.Visibility != "private" || slices.Contains(s.keys[bearerKey(r)], roleGlobal)
}

// paginate returns the items of a page that keep accepts, and the description of the page. That has the key "after"
// only when there are more.
func paginate[T any](q url.Values, items []T, id func(T) string, keep func(T) bool) ([]T, map[string]any, []apiError) {
	size, err := strconv.Atoi(cmp.Or(q.Get("page_size"), strconv.Itoa(defaultPageSize)))
	if err != nil || size < 1 || size > maxPageSize {
		return nil, nil, []apiError{newFieldError("page_size", "invalid_value", "Page size must be between 1 and 250")}
	}
	if after := q.Get("after"); after != "" {
		n := slices.IndexFunc(items, func(item T) bool { return id(item) == after })
		if n < 0 {
			return nil, nil, []apiError{newFieldError("after", "invalid_value", "The item of the cursor was not found")}
		}
		items = items[n+1:]
	}
	out, meta := []T{}, map[string]any{"page_size": size}
	for _, item := range items {
		if !keep(item) {
			continue
		}
		if len(out) == size {
			meta["after"] = id(out[size-1])
			break
		}
		out = append(out, item)
	}
	return out, meta, nil
}

// filterLocked returns what the filters of a list accept together, and an error for each that is invalid.
func (s *Server) filterLocked(q url.Values) (filter, []apiError) {
	var filters []filter
	var errs []apiError
	hasMode := false
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if slices.Contains([]string{"page_size", "after", "sort_by", "filter_mode"}, name) {
			continue
		}
		field, operator, _ := strings.Cut(name, "[")
		f, message := s.newFilterLocked(field, strings.TrimSuffix(operator, "]"), q[name])
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

// newFilterLocked returns a filter such as status[one_of], or an error message.
func (s *Server) newFilterLocked(field, operator string, values []string) (filter, string) {
	switch field {
	case "status":
		return newChoice(operator, values, func(id string) bool {
			return slices.ContainsFunc(s.statuses, func(st Status) bool { return st.ID == id })
		}, func(i *Incident) string { return i.status.ID })
	case "status_category":
		return newChoice(operator, values, func(c string) bool { return slices.Contains(categories, c) },
			func(i *Incident) string { return i.status.Category })
	case "incident_type":
		return newChoice(operator, values, func(id string) bool { return s.typeLocked(&id) != nil }, func(i *Incident) string { return i.incidentType.ID })
	case "mode":
		if operator == "one_of" {
			return newChoice(operator, values, func(m string) bool { return slices.Contains(modes, m) }, func(i *Incident) string { return i.Mode })
		}
	case "severity":
		if operator == "gte" || operator == "lte" {
			return s.newRankFilterLocked(operator, values)
		}
		return newChoice(operator, values, func(id string) bool { return s.severityLocked(id) != nil }, func(i *Incident) string {
			if i.severity == nil {
				return ""
			}
			return i.severity.ID
		})
	case "created_at":
		return newTimeFilter(operator, values, func(i *Incident) time.Time { return i.CreatedAt })
	case "updated_at":
		return newTimeFilter(operator, values, func(i *Incident) time.Time { return i.UpdatedAt })
	}
	return nil, "The parameter is not supported"
}

// newChoice returns a filter by a value of an incident.
func newChoice(operator string, values []string, isKnown func(string) bool, get func(*Incident) string) (filter, string) {
	if operator != "one_of" && operator != "not_in" {
		return nil, "The operator is not supported"
	}
	for _, v := range values {
		if !isKnown(v) {
			return nil, "The value was not found"
		}
	}
	return func(i *Incident) bool { return slices.Contains(values, get(i)) == (operator == "one_of") }, ""
}

func (s *Server) newRankFilterLocked(operator string, values []string) (filter, string) {
	limit := s.severityLocked(values[0])
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
		return nil, "The operator is not supported"
	}
	first, err1 := parseTime(from)
	last, err2 := parseTime(to)
	if err1 != nil || err2 != nil || len(values) != 1 {
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
