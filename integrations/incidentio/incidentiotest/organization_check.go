package incidentiotest

import (
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
	for _, check := range []func(Organization) error{s.checkSeveritiesLocked, s.checkStatusesLocked, s.checkTypesLocked, s.checkCustomFieldsLocked} {
		if err := check(o); err != nil {
			return err
		}
	}
	s.storeLocked(o)
	return nil
}

func (s *Server) checkSeveritiesLocked(o Organization) error {
	return checkItems("severities", o.Severities, s.usedLocked(func(i *Incident) []string {
		if i.severity == nil {
			return nil
		}
		return []string{i.severity.ID}
	}), func(Severity) string { return "" })
}

func (s *Server) checkStatusesLocked(o Organization) error {
	if o.Statuses != nil && len(o.Statuses) == 0 {
		return errors.New("statuses: at least one is required")
	}
	return checkItems("statuses", o.Statuses, s.usedLocked(func(i *Incident) []string { return []string{i.status.ID} }), func(v Status) string {
		return oneOf("category", v.Category, categories)
	})
}

func (s *Server) checkTypesLocked(o Organization) error {
	defaults := 0
	for _, v := range o.Types {
		if v.Default {
			defaults++
		}
	}
	if len(o.Types) > 0 && defaults != 1 {
		return fmt.Errorf("types: %d have is_default, but one must", defaults)
	}
	return checkItems("types", o.Types, s.usedLocked(func(i *Incident) []string { return []string{i.incidentType.ID} }), func(Type) string { return "" })
}

func (s *Server) checkCustomFieldsLocked(o Organization) error {
	used := s.usedLocked(func(i *Incident) []string { return convert(i.fields, func(e fieldEntry) string { return e.FieldID }) })
	return checkItems("custom_fields", o.CustomFields, used, func(v CustomField) string {
		isSelect := strings.HasSuffix(v.Type, "_select")
		switch {
		case !slices.Contains(fieldTypes, v.Type):
			return oneOf("field_type", v.Type, fieldTypes)
		case !isSelect && (len(v.Options) > 0 || v.CatalogType != ""):
			return "only a select has options or a catalog_type_id"
		case slices.Contains(v.Options, "") || hasRepeated(v.Options, func(option string) string { return option }):
			return "an option is empty or there twice"
		}
		return s.removedOptionLocked(v)
	})
}

// removedOptionLocked returns what is wrong with the options of a field that incidents have.
func (s *Server) removedOptionLocked(f CustomField) string {
	for _, i := range s.incidents {
		for _, e := range i.fields {
			if message := f.checkValues(e.Values); e.FieldID == f.ID && message != "" {
				return i.Reference + " has a value that it would not have then"
			}
		}
	}
	return ""
}

// usedLocked returns the references of incidents by the ids that they use.
func (s *Server) usedLocked(ids func(*Incident) []string) map[string]string {
	out := map[string]string{}
	for _, i := range s.incidents {
		for _, id := range ids(i) {
			out[id] = i.Reference
		}
	}
	return out
}

// checkItems returns the first error of a list that is not nil. used has the references of incidents by the ids of items.
func checkItems[T namedItem](key string, list []T, used map[string]string, check func(T) string) error {
	if list == nil {
		return nil
	}
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
		delete(used, id)
	}
	for id, incident := range used {
		return fmt.Errorf("%s: %s uses the one with the id %s, which the list must have", key, incident, id)
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
