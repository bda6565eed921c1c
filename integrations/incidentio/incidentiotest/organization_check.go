package incidentiotest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SetOrganization replaces lists of the organization. It refuses a list that the vendor could not have, and one without
// an item that an incident uses.
func (s *Server) SetOrganization(o Organization) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := o.check(); err != nil {
		return err
	}
	for _, i := range s.incidents {
		if key := o.lacks(i); key != "" {
			return fmt.Errorf("%s: the list lacks the id of what %s has, or its value", key, i.Reference)
		}
	}
	s.storeLocked(o)
	return nil
}

// check returns the first error of a list.
func (o Organization) check() error {
	defaults := 0
	for _, t := range o.Types {
		if t.Default {
			defaults++
		}
	}
	switch {
	case o.Statuses != nil && len(o.Statuses) == 0:
		return errors.New("statuses: at least one is required")
	case len(o.Types) > 0 && defaults != 1:
		return fmt.Errorf("types: %d have is_default, but one must", defaults)
	}
	return cmp.Or(
		checkItems("severities", o.Severities, func(Severity) string { return "" }), checkItems("types", o.Types, func(Type) string { return "" }),
		checkItems("statuses", o.Statuses, func(v Status) string { return oneOf("category", v.Category, categories) }),
		checkItems("custom_fields", o.CustomFields, CustomField.check))
}

// check returns what is wrong with a field, or "".
func (f CustomField) check() string {
	isSelect := strings.HasSuffix(f.Type, "_select")
	switch {
	case !isSelect && (len(f.Options) > 0 || f.CatalogType != ""):
		return "only a select has options or a catalog_type_id"
	case slices.Contains(f.Options, "") || hasRepeated(f.Options, func(option string) string { return option }):
		return "an option is empty or there twice"
	}
	return oneOf("field_type", f.Type, fieldTypes)
}

// lacks returns the list that an incident does not fit, or "". A list that is nil stays as it is.
func (o Organization) lacks(i *Incident) string {
	switch {
	case o.Severities != nil && i.severity != nil && find(o.Severities, i.severity.ID) == nil:
		return "severities"
	case o.Statuses != nil && find(o.Statuses, i.status.ID) == nil:
		return "statuses"
	case len(o.Types) > 0 && find(o.Types, i.incidentType.ID) == nil:
		return "types"
	case o.CustomFields == nil:
		return ""
	}
	for _, e := range i.fields {
		if f := find(o.CustomFields, e.FieldID); f == nil || f.checkValues(e.Values) != "" {
			return "custom_fields"
		}
	}
	return ""
}

// checkItems returns the first error of a list.
func checkItems[T namedItem](key string, list []T, check func(T) string) error {
	seen := map[string]bool{}
	for n, v := range list {
		id, name := v.itemID(), v.itemName()
		message := check(v)
		switch {
		case name == "":
			message = "name is required"
		case id != "" && seen["id "+id]:
			message = "the id " + id + " is there twice"
		case seen["name "+name]:
			message = "the name " + name + " is there twice"
		}
		if message != "" {
			return fmt.Errorf("%s[%d]: %s", key, n, message)
		}
		seen["id "+id], seen["name "+name] = true, true
	}
	return nil
}

// oneOf returns what is wrong with a value, or "".
func oneOf(key, value string, known []string) string {
	if slices.Contains(known, value) {
		return ""
	}
	return fmt.Sprintf("%s is %q; it must be one of %s", key, value, strings.Join(known, ", "))
}
